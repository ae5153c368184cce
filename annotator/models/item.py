from __future__ import annotations

import uuid

from django.db import models

from annotator.enums import ItemKind
from annotator.models.generation import HeatMap
from annotator.models.study import Study


class ItemQuerySet(models.QuerySet["Item"]):
    def needing_ratings(self) -> ItemQuerySet:
        return self.filter(free_slots__gt=0)


class Item(models.Model):
    """What is judged: a picture, a word and a heat map."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    study = models.ForeignKey(Study, models.CASCADE, related_name="items")
    heat_map = models.ForeignKey(HeatMap, models.PROTECT, related_name="items")
    kind = models.CharField(max_length=10, choices=ItemKind.choices, default=ItemKind.REAL)
    # Copied from the word: the stratum it was drawn for.
    pos = models.CharField(max_length=5)
    # Place in the study's own order, from its seed; raters start at different places of it.
    position = models.PositiveIntegerField()
    # Of `ratings_wanted`, how many are neither given nor promised. Kept by `domain.assignments`.
    ratings_wanted = models.PositiveSmallIntegerField()
    free_slots = models.PositiveSmallIntegerField()

    objects = ItemQuerySet.as_manager()

    class Meta:
        ordering = ("study_id", "position")
        constraints = (
            models.UniqueConstraint(
                fields=("study", "heat_map", "kind"), name="item_once_per_study"
            ),
            models.UniqueConstraint(fields=("study", "position"), name="item_place_once_per_study"),
            models.CheckConstraint(
                condition=models.Q(free_slots__gte=0, free_slots__lte=models.F("ratings_wanted")),
                name="item_slots_within_wanted",
            ),
        )
        indexes = (
            # The draw walks this index from a rater's place: its cost does not grow with the study.
            models.Index(
                fields=("study", "position"),
                condition=models.Q(free_slots__gt=0),
                name="item_with_free_slots",
            ),
        )

    def __str__(self) -> str:
        return f"{self.study_id}/{self.position}"
