from __future__ import annotations

import uuid
from math import sqrt
from typing import Any

from django.db import models
from django.db.models import F, FloatField, PositiveIntegerField
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Cast, NullIf

from annotator.enums import ItemKind
from annotator.models.generation import HeatMap
from annotator.models.study import SCORES, Study

_N_SCORES: CombinedExpression = (
    F("count_1") + F("count_2") + F("count_3") + F("count_4") + F("count_5")
)
_N_OPT_OUTS: CombinedExpression = F("count_image_too_poor") + F("count_word_too_abstract")
# Of the scores, exact: whole numbers in floating point, which no product here can overflow.
_N = Cast(_N_SCORES, FloatField())
_SUM = Cast(
    F("count_1") + 2 * F("count_2") + 3 * F("count_3") + 4 * F("count_4") + 5 * F("count_5"),
    FloatField(),
)
_SQUARES = Cast(
    F("count_1") + 4 * F("count_2") + 9 * F("count_3") + 16 * F("count_4") + 25 * F("count_5"),
    FloatField(),
)


def _computed(
    expression: models.Expression, field: models.Field[Any, Any]
) -> models.GeneratedField:
    return models.GeneratedField(expression=expression, output_field=field, db_persist=True)


class ItemQuerySet(models.QuerySet["Item"]):
    def needing_ratings(self) -> ItemQuerySet:
        return self.filter(free_slots__gt=0)


class Item(models.Model):
    """What is judged: a picture, a word and a heat map."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    study = models.ForeignKey(Study, models.CASCADE, related_name="items")
    # Of the judged word, whatever is shown: a control shows another map in its place.
    heat_map = models.ForeignKey(HeatMap, models.PROTECT, related_name="items")
    kind = models.CharField(max_length=20, choices=ItemKind.choices, default=ItemKind.REAL)
    # The name of the condition under which it is shown; empty where the study compares none.
    condition = models.CharField(max_length=40, blank=True, default="")
    # Copied from the word: the stratum it was drawn for.
    pos = models.CharField(max_length=5)
    # Place in the study's own order, from its seed. Gold items have none: they are given apart.
    position = models.PositiveIntegerField(null=True)

    # The shown map where it is not the word's own: a file of maps below MEDIA_ROOT and its row.
    map_file = models.CharField(max_length=200, blank=True)
    map_row = models.PositiveIntegerField(default=0)
    # How a control's map was made, so that it can be made again.
    made_from = models.JSONField(default=dict)

    # Of a gold item: the scores that are right, both ends included, and why (shown in training).
    accepted_low = models.PositiveSmallIntegerField(null=True)
    accepted_high = models.PositiveSmallIntegerField(null=True)
    feedback = models.TextField(blank=True)

    # Of `ratings_wanted`, how many are neither given nor promised. Kept by
    # `domain.rating.assignments`.
    ratings_wanted = models.PositiveSmallIntegerField()
    free_slots = models.PositiveSmallIntegerField()

    # How often each answer was given. Kept by `domain.rating.tally`, which says what counts.
    count_1 = PositiveIntegerField(default=0)
    count_2 = PositiveIntegerField(default=0)
    count_3 = PositiveIntegerField(default=0)
    count_4 = PositiveIntegerField(default=0)
    count_5 = PositiveIntegerField(default=0)
    count_image_too_poor = PositiveIntegerField(default=0)
    count_word_too_abstract = PositiveIntegerField(default=0)
    # Computed by the database from these: what lists are sorted by. The mean needs a score, the
    # variance two (of a sample, divided by n - 1); else null.
    n_scores = _computed(_N_SCORES, PositiveIntegerField())
    n_opt_outs = _computed(_N_OPT_OUTS, PositiveIntegerField())
    mean_score = _computed(_SUM / NullIf(_N, 0.0), FloatField(null=True))
    score_variance = _computed(
        (_N * _SQUARES - _SUM * _SUM) / NullIf(_N * (_N - 1.0), 0.0), FloatField(null=True)
    )

    objects = ItemQuerySet.as_manager()

    class Meta:
        ordering = ("study_id", "position")
        constraints = (
            models.UniqueConstraint(
                fields=("study", "heat_map", "kind", "condition"), name="item_once_per_condition"
            ),
            models.UniqueConstraint(fields=("study", "position"), name="item_place_once_per_study"),
            models.CheckConstraint(
                condition=models.Q(free_slots__gte=0, free_slots__lte=models.F("ratings_wanted")),
                name="item_slots_within_wanted",
            ),
            models.CheckConstraint(
                condition=~models.Q(kind=ItemKind.GOLD)
                | models.Q(
                    accepted_low__gte=SCORES[0],
                    accepted_low__lte=models.F("accepted_high"),
                    accepted_high__isnull=False,
                    accepted_low__isnull=False,
                    accepted_high__lte=SCORES[-1],
                ),
                name="gold_item_has_accepted_scores",
            ),
            models.CheckConstraint(
                condition=models.Q(kind=ItemKind.GOLD, ratings_wanted=0)
                | models.Q(position__isnull=False),
                name="item_with_ratings_has_a_place",
            ),
        )
        indexes = (
            # A draw looks this index up at a place: its cost does not grow with the study.
            models.Index(
                fields=("study", "position"),
                condition=models.Q(free_slots__gt=0),
                name="item_with_free_slots",
            ),
            models.Index(
                fields=("study",), condition=models.Q(kind=ItemKind.GOLD), name="gold_items"
            ),
            # For lists in these orders, either way, from any place on.
            models.Index(fields=("study", "score_variance", "id"), name="items_by_disagreement"),
            models.Index(fields=("study", "mean_score", "id"), name="items_by_mean_score"),
            models.Index(fields=("study", "n_opt_outs", "id"), name="items_by_opt_outs"),
        )

    def __str__(self) -> str:
        return f"{self.study_id}/{self.position}"

    @property
    def score_counts(self) -> list[int]:
        """Of each point of the scale, from the worst."""
        return [getattr(self, f"count_{score}") for score in SCORES]

    @property
    def standard_deviation(self) -> float | None:
        """Of the item's scores; None with fewer than two."""
        return None if self.score_variance is None else sqrt(self.score_variance)
