from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models

from annotator.enums import AnalysisStatus
from annotator.models.imported import ImportedRatings
from annotator.models.study import Study


class AnalysisQuerySet(models.QuerySet["Analysis"]):
    def unfinished(self) -> AnalysisQuerySet:
        return self.filter(status__in=(AnalysisStatus.QUEUED, AnalysisStatus.RUNNING))

    def stuck(self, since: datetime) -> AnalysisQuerySet:
        """Unfinished and untouched since then: the message or the worker was lost."""
        return self.unfinished().filter(touched_at__lt=since)


class Analysis(models.Model):
    """The numbers of an import, or of a study under one filter: computed once, read by everybody.

    `results` are of the state of the ratings called `version`, and stay while newer ones are
    computed. Nothing here is a source: whatever is lost is computed again.
    """

    study = models.ForeignKey(Study, models.CASCADE, null=True, related_name="analyses")
    imported = models.ForeignKey(
        ImportedRatings, models.CASCADE, null=True, related_name="analyses"
    )
    filter_key = models.CharField(max_length=64)
    filter: models.JSONField[dict[str, Any]] = models.JSONField(default=dict)

    status = models.CharField(
        max_length=7, choices=AnalysisStatus.choices, default=AnalysisStatus.DONE
    )
    touched_at = models.DateTimeField(auto_now_add=True)
    steps_done = models.PositiveIntegerField(default=0)
    steps_total = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)

    version = models.CharField(max_length=100, blank=True)
    computed_at = models.DateTimeField(null=True)
    seconds = models.FloatField(default=0)
    results: models.JSONField[dict[str, Any] | None] = models.JSONField(null=True)

    objects = AnalysisQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "analyses"
        constraints = (
            models.UniqueConstraint(
                fields=("study", "filter_key"), name="analysis_once_per_filter"
            ),
            models.UniqueConstraint(fields=("imported",), name="analysis_once_per_import"),
            models.CheckConstraint(
                condition=models.Q(study=None, imported__isnull=False)
                | models.Q(study__isnull=False, imported=None),
                name="analysis_of_a_study_or_an_import",
            ),
        )

    def __str__(self) -> str:
        return f"{self.study_id or self.imported_id}: {self.version}"
