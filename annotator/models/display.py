from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from annotator.enums import ColourMap

# In the order of the study's form.
DISPLAY_FIELDS = (
    "opacity",
    "opacity_locked",
    "colour_map",
    "colour_map_locked",
    "contour",
    "contour_locked",
    "tau",
    "hiding_locked",
    "side_by_side",
)
LEAST_OPACITY = 0.1  # what is fainter cannot be judged; hiding is something else


class Display(models.Model):
    """How a study shows a heat map over its picture.

    What is locked is the same for every rater and every item. The rest each rater can change, and
    what they saw is stored with each rating.
    """

    colour_map = models.CharField(
        _("colours of the heat map"),
        max_length=10,
        choices=ColourMap.choices,
        default=ColourMap.TURBO,
    )
    colour_map_locked = models.BooleanField(_("locked"), default=True)
    opacity = models.FloatField(
        _("opacity"),
        default=0.8,
        validators=[MinValueValidator(LEAST_OPACITY), MaxValueValidator(1)],
    )
    opacity_locked = models.BooleanField(_("locked"), default=False)
    contour = models.BooleanField(_("outline of the hard map"), default=False)
    contour_locked = models.BooleanField(_("locked"), default=True)
    # The share of its peak from which on a heat map counts as hard; the paper's 0.4.
    tau = models.FloatField(
        _("share of the peak (τ)"),
        default=0.4,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
    )
    # Locked: the map is always seen.
    hiding_locked = models.BooleanField(_("locked: the map is always visible"), default=False)
    side_by_side = models.BooleanField(_("the picture alone beside it"), default=True)

    class Meta:
        abstract = True
