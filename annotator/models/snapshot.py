from __future__ import annotations

from datetime import datetime
from functools import partial
from pathlib import Path

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _

from annotator.enums import SnapshotStatus
from annotator.models.study import Study

NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}"


class SnapshotQuerySet(models.QuerySet["Snapshot"]):
    def unfinished(self) -> SnapshotQuerySet:
        return self.filter(status__in=(SnapshotStatus.QUEUED, SnapshotStatus.WRITING))

    def stuck(self, since: datetime) -> SnapshotQuerySet:
        """Unfinished and untouched since then: the message or the worker was lost."""
        return self.unfinished().filter(touched_at__lt=since)


class Snapshot(models.Model):
    """All of a study's data at one moment, under a name that a paper can cite.

    Its file never changes, but for one reason: a rater asked for their data to be deleted. Changed
    by `domain.export.snapshots` only, by conditional updates.
    """

    study = models.ForeignKey(Study, models.CASCADE, related_name="snapshots")
    name = models.CharField(
        _("name"),
        max_length=40,
        validators=[
            RegexValidator(
                f"^{NAME}$", _("Use letters, digits, point, hyphen and underscore, such as “v1”.")
            )
        ],
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    status = models.CharField(
        max_length=8, choices=SnapshotStatus.choices, default=SnapshotStatus.QUEUED
    )
    # Drawn anew by every worker that begins; only its holder may record.
    claim = models.UUIDField(null=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0)  # since it was last written
    touched_at = models.DateTimeField(auto_now_add=True)
    rows_done = models.PositiveIntegerField(default=0)
    rows_total = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)

    # Of the finished file, below MEDIA_ROOT.
    file = models.CharField(max_length=200, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.BigIntegerField(default=0)
    n_ratings = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    # Pseudonyms whose rows are still to be struck out; empty again once they are.
    to_strike: models.JSONField[list[str]] = models.JSONField(default=list)
    struck_at = models.DateTimeField(null=True)
    n_struck = models.PositiveIntegerField(default=0)

    objects = SnapshotQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(fields=("study", "name"), name="snapshot_once_per_name"),
        )

    def __str__(self) -> str:
        return self.name


@receiver(post_delete, sender=Snapshot)
def delete_file(instance: Snapshot, **_: object) -> None:
    """With its row, also where a whole study goes; not before that is committed."""
    if instance.file:
        path = Path(settings.MEDIA_ROOT) / instance.file
        transaction.on_commit(partial(path.unlink, missing_ok=True))
