from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def valid(self, at: datetime) -> ApiTokenQuerySet:
        """Neither revoked nor expired, and of an account that may still log in."""
        return self.filter(revoked_at=None, expires_at__gt=at, user__is_active=True)

    def with_request_left(self, minute: datetime, limit: int) -> ApiTokenQuerySet:
        return self.filter(~Q(window_start=minute) | Q(window_requests__lt=limit))


class ApiToken(models.Model):
    """What a program shows instead of a password. Only its digest is kept.

    Made, spent and revoked by `domain.api_tokens`.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=120)
    # SHA-256, in hexadecimal. A token is 256 random bits: there is nothing to guess slowly.
    digest = models.CharField(max_length=64, unique=True)
    # How it begins, so that its owner can tell it from others.
    beginning = models.CharField(max_length=12)
    scopes: models.JSONField[list[str]] = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    # The requests of the minute that began then.
    window_start = models.DateTimeField(null=True)
    window_requests = models.PositiveIntegerField(default=0)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return self.name
