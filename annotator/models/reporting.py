from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from annotator.models.study import Study


class Reporting(models.Model):
    """What a methods section must say and the site cannot know."""

    study = models.OneToOneField(Study, models.CASCADE, related_name="reporting")
    platform = models.TextField(_("where raters were found"), blank=True)
    filters = models.TextField(_("who could take part"), blank=True)
    pay = models.TextField(_("pay"), blank=True)
    ethics = models.TextField(_("ethics approval"), blank=True)
    data = models.TextField(_("where the data can be had"), blank=True)

    def __str__(self) -> str:
        return f"reporting of {self.study_id}"
