from __future__ import annotations

import uuid

from django.db import models

from annotator.enums import ItemKind
from annotator.models.generation import HeatMap
from annotator.models.study import SCORES, Study


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
        )

    def __str__(self) -> str:
        return f"{self.study_id}/{self.position}"
