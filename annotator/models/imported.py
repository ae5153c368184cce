from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models
from django.utils import timezone

from annotator.enums import UploadStatus


class ImportedRatingsQuerySet(models.QuerySet["ImportedRatings"]):
    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> ImportedRatingsQuerySet:
        """Their own; an admin sees all."""
        if not user.is_authenticated:
            return self.none()
        return self if getattr(user, "is_superuser", False) else self.filter(owner=user)


class ImportedRatings(models.Model):
    """Ratings made elsewhere. The file is kept until it is imported, then its arrays alone.

    `status` says what is done with it: read, looked at by a person, imported.

    Changed by `domain.elsewhere.files` only.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="imports")
    name = models.CharField(max_length=120)
    file_name = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)
    imported_at = models.DateTimeField(null=True)
    status = models.CharField(
        max_length=10, choices=UploadStatus.choices, default=UploadStatus.INSPECTING
    )
    touched_at = models.DateTimeField(default=timezone.now)
    # Of workers, since a person last decided something.
    attempts = models.PositiveSmallIntegerField(default=0)
    rows_read = models.PositiveIntegerField(default=0)
    rows_total = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    content = models.BinaryField()
    # As `domain.elsewhere.preview.Preview`, while the file is looked at.
    preview: models.JSONField[dict[str, Any]] = models.JSONField(default=dict)
    # As `domain.elsewhere.choices.Choices`.
    choices: models.JSONField[dict[str, Any]] = models.JSONField(default=dict)
    # Of the import: how many ratings, and how many lines were refused or left out, by reason.
    summary: models.JSONField[dict[str, Any]] = models.JSONField(default=dict)
    arrays = models.BinaryField(default=bytes)

    objects = ImportedRatingsQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        verbose_name_plural = "imported ratings"

    def __str__(self) -> str:
        return self.name
