from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models

from annotator.enums import ExperimentKind, ExperimentStatus


class ExperimentQuerySet(models.QuerySet["Experiment"]):
    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> ExperimentQuerySet:
        """Their own; an admin's are all."""
        if getattr(user, "is_superuser", False):
            return self.all()
        return self.filter(owner=user.pk)

    def queued(self) -> ExperimentQuerySet:
        return self.filter(status=ExperimentStatus.QUEUED)

    def unfinished(self) -> ExperimentQuerySet:
        return self.filter(status__in=(ExperimentStatus.QUEUED, ExperimentStatus.RUNNING))

    def stuck(self, since: datetime) -> ExperimentQuerySet:
        """Unfinished and untouched since then: the message or the worker was lost."""
        return self.unfinished().filter(touched_at__lt=since)


class Experiment(models.Model):
    """One of the paper's experiments on one model: asked for, run by a worker, kept.

    `status` is changed by `domain.experiments` only, by conditional updates.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="experiments")
    kind = models.CharField(max_length=12, choices=ExperimentKind.choices)
    model = models.CharField(max_length=300)
    # {"limit", "seed", "steps", "guidance", "tau", "unreal", "segmenters"}
    parameters = models.JSONField(default=dict)
    # The texts of files that were handed in, by what they hold: "prompts", "masks", "ontology".
    inputs = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    status = models.CharField(
        max_length=8, choices=ExperimentStatus.choices, default=ExperimentStatus.QUEUED
    )
    # Drawn anew at every claim; a worker may record only under the claim it holds.
    claim = models.UUIDField(null=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    touched_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)  # of the last attempt
    finished_at = models.DateTimeField(null=True)
    pictures_made = models.PositiveIntegerField(default=0)
    pictures_total = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)

    # {"tables", "charts", "remarks", "provenance"}: daam_engine.experiments.Outcome.as_json
    result = models.JSONField(default=dict)
    # {the name it is downloaded by: its name under MEDIA_ROOT}
    files = models.JSONField(default=dict)

    objects = ExperimentQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return f"{self.kind} of {self.model}"

    @property
    def charts(self) -> list[dict[str, Any]]:
        """What `daam_engine.experiments.chart` says is to be drawn."""
        found: list[dict[str, Any]] = self.result.get("charts", [])
        return found

    @property
    def tables(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.result.get("tables", [])
        return found
