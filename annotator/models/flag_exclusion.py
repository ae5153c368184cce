from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models

from annotator.enums import AnalysisStatus, Flag
from annotator.models.study import Study


class FlagExclusionQuerySet(models.QuerySet["FlagExclusion"]):
    def unfinished(self) -> FlagExclusionQuerySet:
        return self.filter(status__in=(AnalysisStatus.QUEUED, AnalysisStatus.RUNNING))

    def stuck(self, since: datetime) -> FlagExclusionQuerySet:
        """Unfinished and untouched since then: the message or the worker was lost."""
        return self.unfinished().filter(touched_at__lt=since)


class FlagExclusion(models.Model):
    """The last time that all raters with a flag were left out by rule, or are being left out.

    Changed by `domain.monitoring.flag_exclusions` only, by conditional updates.
    """

    study = models.ForeignKey(Study, models.CASCADE, related_name="flag_exclusions")
    flag = models.CharField(max_length=20, choices=Flag.choices)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    asked_at = models.DateTimeField(auto_now_add=True)
    status = models.CharField(
        max_length=7, choices=AnalysisStatus.choices, default=AnalysisStatus.DONE
    )
    # Drawn anew by every worker that begins; only its holder may record.
    claim = models.UUIDField(null=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    touched_at = models.DateTimeField(auto_now_add=True)
    # Raters looked at, and in all.
    raters_done = models.PositiveIntegerField(default=0)
    raters_total = models.PositiveIntegerField(default=0)
    n_excluded = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)

    objects = FlagExclusionQuerySet.as_manager()

    class Meta:
        ordering = ("-asked_at", "-id")
        constraints = (
            models.UniqueConstraint(fields=("study", "flag"), name="flag_excluded_once_at_a_time"),
        )

    def __str__(self) -> str:
        return f"{self.study_id}: {self.flag}"

    @property
    def is_unfinished(self) -> bool:
        return self.status in (AnalysisStatus.QUEUED, AnalysisStatus.RUNNING)
