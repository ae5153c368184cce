from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models

from annotator.enums import AnalysisStatus
from annotator.models.study import Study


class MaskComparisonQuerySet(models.QuerySet["MaskComparison"]):
    def stuck(self, since: datetime) -> MaskComparisonQuerySet:
        """Unfinished and untouched since then: the message or the worker was lost."""
        unfinished = (AnalysisStatus.QUEUED, AnalysisStatus.RUNNING)
        return self.filter(status__in=unfinished, touched_at__lt=since)


class MaskComparison(models.Model):
    """A study's heat maps against what its raters drew, and against what `rated`'s raters scored.

    `result` is of the state of the answers called `version`, and stays while a newer one is
    computed. Nothing here is a source: whatever is lost is computed again.
    """

    study = models.ForeignKey(Study, models.CASCADE, related_name="mask_comparisons")
    rated = models.ForeignKey(Study, models.CASCADE, null=True, related_name="+")
    status = models.CharField(
        max_length=7, choices=AnalysisStatus.choices, default=AnalysisStatus.DONE
    )
    # Drawn anew at every claim; a worker may record only under the claim it holds.
    claim = models.UUIDField(null=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    touched_at = models.DateTimeField(auto_now_add=True)
    # Nouns measured, and in all.
    steps_done = models.PositiveIntegerField(default=0)
    steps_total = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)

    version = models.CharField(max_length=200, blank=True)
    computed_at = models.DateTimeField(null=True)
    # {"tables", "charts", "remarks"}: daam_engine.experiments.Outcome.as_json
    result: models.JSONField[dict[str, Any] | None] = models.JSONField(null=True)

    objects = MaskComparisonQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("study", "rated"), name="masks_compared_once"),
            # A constraint takes two rows without `rated` for different ones.
            models.UniqueConstraint(
                fields=("study",),
                condition=models.Q(rated=None),
                name="masks_compared_once_without_ratings",
            ),
        )

    def __str__(self) -> str:
        return f"{self.study_id} and {self.rated_id}: {self.version}"
