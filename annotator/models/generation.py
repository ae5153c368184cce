from __future__ import annotations

import uuid
from datetime import datetime

from django.db import models

from annotator.enums import GenerationStatus
from annotator.models.condition import Condition
from annotator.models.prompt import Prompt, Word
from annotator.models.study import Study


class GenerationQuerySet(models.QuerySet["Generation"]):
    def queued(self) -> GenerationQuerySet:
        return self.filter(status=GenerationStatus.QUEUED)

    def unfinished(self) -> GenerationQuerySet:
        return self.filter(status__in=(GenerationStatus.QUEUED, GenerationStatus.RUNNING))

    def done(self) -> GenerationQuerySet:
        return self.filter(status=GenerationStatus.DONE)

    def failed(self) -> GenerationQuerySet:
        return self.filter(status=GenerationStatus.FAILED)

    def stuck(self, since: datetime) -> GenerationQuerySet:
        """Unfinished and untouched since then: the message or the worker was lost."""
        return self.unfinished().filter(touched_at__lt=since)


class Generation(models.Model):
    """One run: prompt, seed, model, settings → a picture and its heat maps.

    `status` is changed by `domain.material.generations` only, by conditional updates.
    """

    study = models.ForeignKey(Study, models.CASCADE, related_name="generations")
    prompt = models.ForeignKey(
        Prompt, models.CASCADE, related_name="generations", related_query_name="generation"
    )
    # Empty: the study's.
    model = models.CharField(max_length=300, blank=True, default="")
    status = models.CharField(
        max_length=8, choices=GenerationStatus.choices, default=GenerationStatus.QUEUED
    )
    # Drawn anew at every claim; a worker may record only under the claim it holds.
    claim = models.UUIDField(null=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    touched_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    seconds = models.FloatField(null=True)
    error = models.TextField(blank=True)

    # Under MEDIA_ROOT. Names are random: a name must not tell a rater which item it belongs to.
    image_file = models.CharField(max_length=200, blank=True)
    maps_file = models.CharField(max_length=200, blank=True)
    # The map of a word that is not in the prompt, where the study has such controls.
    absent_word = models.CharField(max_length=200, blank=True)
    absent_map_file = models.CharField(max_length=200, blank=True)
    # Of conditions whose maps are not the paper's sum: a file each, by the condition's name, with
    # the same rows as `maps_file`.
    condition_files = models.JSONField(default=dict)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    provenance = models.JSONField(default=dict)

    objects = GenerationQuerySet.as_manager()

    class Meta:
        indexes = (models.Index(fields=("study", "status"), name="generation_by_status"),)
        constraints = (
            models.UniqueConstraint(fields=("prompt", "model"), name="one_picture_per_model"),
        )

    def __str__(self) -> str:
        return f"{self.prompt_id}: {self.status}"

    @property
    def painter(self) -> str:
        """The model that paints it."""
        return self.model or self.study.model

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Those of the study's conditions whose picture this is."""
        model = self.study.model
        return tuple(one for one in self.study.compared if one.model_in(model) == self.painter)


class HeatMap(models.Model):
    """Where one word's attribution lies in its picture's file of maps.

    `peak` and `floor` are the largest and smallest value of the stored map (a share of attention),
    so that a map served between 0 and 255 can be read back in its own unit.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    generation = models.ForeignKey(Generation, models.CASCADE, related_name="heat_maps")
    word = models.ForeignKey(
        Word, models.CASCADE, related_name="heat_maps", related_query_name="heat_map"
    )
    row = models.PositiveSmallIntegerField()
    peak = models.FloatField()
    floor = models.FloatField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("generation", "row"), name="one_map_per_row_of_the_file"
            ),
            models.UniqueConstraint(fields=("word", "generation"), name="one_map_per_word"),
        )

    def __str__(self) -> str:
        return f"{self.generation_id}/{self.row}"
