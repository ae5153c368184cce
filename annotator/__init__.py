"""The site: studies, raters, ratings, results."""

__version__ = "0.1.0"
