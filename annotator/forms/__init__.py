"""What may be typed. One file per page or so, as in `views`."""
