from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower

from annotator.enums import UploadStatus
from annotator.models.study import Study


class PromptUpload(models.Model):
    """A file on its way in: read by a worker, looked at by a person, then imported or dropped.

    Nothing of it is in the study until `domain.material.prompts.import_rows` has put all of it
    there.
    """

    study = models.ForeignKey(Study, models.CASCADE, related_name="uploads")
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # When a worker last gave a sign of life; what is silent for long is sent again.
    touched_at = models.DateTimeField(auto_now_add=True)
    file_name = models.CharField(max_length=200)
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    status = models.CharField(
        max_length=12, choices=UploadStatus.choices, default=UploadStatus.INSPECTING
    )
    error = models.TextField(blank=True)
    # What a person should know though nothing is wrong, such as columns that are not used.
    note = models.TextField(blank=True)
    rows_read = models.PositiveIntegerField(default=0)
    rows_total = models.PositiveIntegerField(default=0)
    rows_ready = models.PositiveIntegerField(default=0)
    # [{"line", "prompt", "reason"}]; every refused row, so that it can be mended and sent again.
    refused = models.JSONField(default=list)
    # The first rows with their words: [{"line", "prompt", "seed", "external_id", "words": [...]}].
    preview = models.JSONField(default=list)

    class Meta:
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return self.file_name


class PromptBatch(models.Model):
    """Prompts uploaded together."""

    study = models.ForeignKey(Study, models.CASCADE, related_name="batches")
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    imported_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    imported_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("imported_at", "id")
        verbose_name_plural = "prompt batches"
        constraints = (
            models.UniqueConstraint(fields=("study", "sha256"), name="same_file_once_per_study"),
        )

    def __str__(self) -> str:
        return self.file_name


class Prompt(models.Model):
    """Text given to the model, with the seed of its picture."""

    study = models.ForeignKey(Study, models.CASCADE, related_name="prompts")
    batch = models.ForeignKey(PromptBatch, models.CASCADE, related_name="prompts")
    line = models.PositiveIntegerField()
    text = models.TextField()
    seed = models.BigIntegerField()
    external_id = models.CharField(max_length=200, blank=True)
    # Of a second picture, made only for its maps: the prompt whose words they are shown for.
    control_of = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="twins"
    )

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=("study", "text", "seed"), name="same_prompt_and_seed_once_per_study"
            ),
        )

    def __str__(self) -> str:
        return self.text


class Word(models.Model):
    """A word of a prompt, by its place in it: a repeated word is several words."""

    prompt = models.ForeignKey(Prompt, models.CASCADE, related_name="words")
    index = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=200)
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    lemma = models.CharField(max_length=200)
    pos = models.CharField(max_length=5)
    dependency = models.CharField(max_length=40)
    head_index = models.PositiveSmallIntegerField()
    # Cut off by the text encoder's limit: the model never saw it, so it has no heat map.
    truncated = models.BooleanField(default=False)

    class Meta:
        ordering = ("prompt_id", "index")
        indexes = (
            models.Index(Lower("text"), name="words_by_text"),
            models.Index(Lower("lemma"), name="words_by_lemma"),
        )
        constraints = (
            models.UniqueConstraint(fields=("prompt", "index"), name="word_once_per_place"),
            models.CheckConstraint(
                condition=models.Q(end__gt=models.F("start")), name="word_has_letters"
            ),
        )

    def __str__(self) -> str:
        return self.text
