"""Tokens for programs: shown once, stored as a digest, limited in time, scope and pace."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Case, F, QuerySet, Value, When
from django.utils import timezone

from annotator.enums import Scope
from annotator.errors import ScopeMissing, TokenRefused, TooManyRequests
from annotator.models import ApiToken

# So that a token lying about in a file or a log is known for one, by people and by scanners.
_PREFIX = "daam_"
_SHOWN_LETTERS = len(_PREFIX) + 4


@dataclass(frozen=True)
class IssuedToken:
    """A new token and its secret, which is not kept: this is the only time it can be shown."""

    token: ApiToken
    secret: str


def issue_token(*, user: User, name: str, scopes: Sequence[str], days: int) -> IssuedToken:
    secret = _PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user,
        name=name,
        digest=_digest(secret),
        beginning=secret[:_SHOWN_LETTERS],
        scopes=[scope for scope in Scope.values if scope in scopes],
        expires_at=timezone.now() + timedelta(days=days),
    )
    return IssuedToken(token, secret)


def revoke_token(*, token: ApiToken) -> None:
    """From now on. Revoked again, it keeps the moment of the first time."""
    ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())


def usable_tokens(*, user: User, at: datetime | None = None) -> QuerySet[ApiToken]:
    return ApiToken.objects.filter(user=user).valid(at or timezone.now())


def use_token(*, secret: str, scope: Scope, at: datetime | None = None) -> ApiToken:
    """The token with this secret, with one request of this minute spent.

    Raises `TokenRefused`, `TooManyRequests` and `ScopeMissing`, in this order: a program that asks
    for what it may not have is counted too.
    """
    now = at or timezone.now()
    valid = ApiToken.objects.valid(now).select_related("user")
    token = valid.filter(digest=_digest(secret)).first()
    if token is None:
        raise TokenRefused("This token is not known, has expired or was revoked. Make a new one.")
    _spend_request(token, now)
    if scope not in token.scopes:
        raise ScopeMissing(f"This needs a token with the scope {scope.value}. Make a new one.")
    return token


def _spend_request(token: ApiToken, now: datetime) -> None:
    """Counted in the token's row by one conditional update: right for any number of processes."""
    minute = now.replace(second=0, microsecond=0)
    mine = ApiToken.objects.filter(pk=token.pk)
    spent = mine.with_request_left(minute, settings.API_REQUESTS_PER_MINUTE).update(
        window_requests=Case(
            When(window_start=minute, then=F("window_requests") + 1), default=Value(1)
        ),
        window_start=minute,
        last_used_at=now,
    )
    if not spent:
        raise TooManyRequests(wait_seconds=60 - now.second)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
