"""Prolific: signed addresses, completion codes, submissions by webhook and by polling.

Names and rules are those of Prolific's API reference (docs.prolific.com): submissions, webhooks
("Verifying", "Idempotency and the X-Event-ID Header", "Handling event order with X-Timestamp") and
well-known endpoints (the key set of signed addresses, and that the claim `prolific` holds what the
study's address asks for). How the parameter with the signed token is called is not said there:
public study software reads `prolific_token`, and so do we.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

import jwt
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from annotator.domain.raters.panels.passage import Arrival, Completion, Outcome, identifier
from annotator.domain.raters.stopping import resume, stop
from annotator.enums import Panel, Phase, Stop
from annotator.errors import ArrivalRefused, PanelUnreachable
from annotator.models import PanelEvent, PanelLink, Participant, Rater, Study

PARAMETERS = ("PROLIFIC_PID", "STUDY_ID", "SESSION_ID")
# What Prolific fills in where this stands in a study's address.
ADDRESS_QUERY = "?" + "&".join(f"{name}={{{{%{name}%}}}}" for name in PARAMETERS)
# After these nobody is going to answer what is reserved.
RELEASING = frozenset({"RETURNED", "TIMED-OUT", "REJECTED", "SCREENED OUT"})
_PAGE_SIZE = 100
_SECONDS = 20
_KEYS_SECONDS = 86_400  # "update them at least daily"

# -- coming and going ----------------------------------------------------------------------------


def arrival(query: Mapping[str, str], host: str) -> Arrival:
    """Raises `ArrivalRefused`. Where keys are configured, only a signed address is taken."""
    names = _signed_names(query, host) if settings.PROLIFIC_KEYS_URL else query
    participant, study, session = (identifier(names, name) for name in PARAMETERS)
    return Arrival(
        panel=Panel.PROLIFIC,
        identifier=participant,
        panel_study=study,
        submission=session,
        signed=names is not query,
    )


def _signed_names(query: Mapping[str, str], host: str) -> Mapping[str, str]:
    """The names that Prolific signed; those in the address must be the same."""
    token = query.get("prolific_token", "")
    try:
        key = _keys(settings.PROLIFIC_KEYS_URL).get_signing_key_from_jwt(token)
        claims = jwt.decode(
            token,
            key.key,
            algorithms=["RS256"],
            audience=[host, f"https://{host}"],
            options={"require": ["exp", "aud"]},
        )
    except jwt.PyJWKClientConnectionError as error:
        raise PanelUnreachable from error
    except jwt.PyJWTError as error:
        raise ArrivalRefused from error
    names = claims.get("prolific")
    if not isinstance(names, dict):
        raise ArrivalRefused
    if any(query.get(name, names.get(name)) != names.get(name) for name in PARAMETERS):
        raise ArrivalRefused
    return {name: str(names.get(name, "")) for name in PARAMETERS}


@lru_cache(maxsize=4)
def _keys(address: str) -> jwt.PyJWKClient:
    return jwt.PyJWKClient(address, lifespan=_KEYS_SECONDS, timeout=_SECONDS)


def completion(link: PanelLink, participant: Participant, outcome: Outcome) -> Completion:
    codes = {
        Outcome.FINISHED: link.finished_code,
        Outcome.SCREENED_OUT: link.screened_out_code,
        Outcome.FAILED_CHECKS: link.failed_checks_code,
    }
    # Without a code of its own an outcome is reviewed by hand.
    code = codes[outcome] or "NOCODE"
    query = urlencode({"cc": code})
    return Completion(
        panel=Panel.PROLIFIC,
        address=f"{settings.PROLIFIC_SITE}/submissions/complete?{query}",
        code=code,
    )


# -- what becomes of submissions -----------------------------------------------------------------


@transaction.atomic
def take_status(*, submission: str, status: str, at: datetime | None = None) -> bool:
    """Keep a submission's status since `at`, unless a later one is known already.

    Where it has ended without an answer its rater is stopped, and what is reserved goes back; where
    it runs again, they may go on. Returns whether the submission is one of ours.
    """
    ours = Participant.objects.select_for_update(of=("self",), no_key=True)
    participant = (
        ours.select_related("rater__study")
        .filter(panel=Panel.PROLIFIC, submission=submission)
        .first()
    )
    if participant is None:
        return False
    now = at or timezone.now()
    if participant.status_at is None or participant.status_at <= now:
        participant.status, participant.status_at = _spelled(status), now
        participant.save(update_fields=["status", "status_at"])
        _follow(participant.rater, participant.status)
    return True


def _follow(rater: Rater, status: str) -> None:
    if rater.phase in (Phase.FINISHED, Phase.SCREENED_OUT):
        return
    if status in RELEASING:
        stop(rater=rater, why=Stop.RETURNED)
    elif status == "ACTIVE" and rater.stopped == Stop.RETURNED:
        resume(rater=rater)


def _spelled(status: str) -> str:
    """Prolific writes TIMED-OUT and TIMED_OUT, SCREENED OUT and SCREENED_OUT."""
    words = status.upper().replace("_", " ").replace("-", " ")
    return "TIMED-OUT" if words == "TIMED OUT" else words[:20]


# -- webhooks ------------------------------------------------------------------------------------


def is_authentic(*, body: bytes, timestamp: str, signature: str) -> bool:
    """Base64 of HMAC-SHA256 over timestamp and raw body. Age is no reason: they try for 48 hours,
    and an event that comes again is passed over by its id."""
    secret = settings.PROLIFIC_WEBHOOK_SECRET
    if not secret:
        return False
    digest = hmac.new(secret.encode(), timestamp.encode() + body, hashlib.sha256).digest()
    return hmac.compare_digest(base64.b64encode(digest), signature.encode())


def event_time(header: str) -> datetime | None:
    """Of the header X-Timestamp, in seconds since 1970 or as ISO 8601; None where there is none."""
    try:
        return datetime.fromtimestamp(float(header), UTC)
    except (ValueError, OverflowError, OSError):
        found = parse_datetime(header)
        return found.replace(tzinfo=found.tzinfo or UTC) if found else None


@transaction.atomic
def take_event(*, event_id: str, event: Mapping[str, Any], at: datetime | None = None) -> None:
    """Act on an event of the time `at` once. They need not come in order."""
    _event, is_new = PanelEvent.objects.get_or_create(panel=Panel.PROLIFIC, event_id=event_id)
    if is_new and event.get("event_type") == "submission.status.change":
        submission, status = str(event.get("resource_id", "")), str(event.get("status", ""))
        take_status(submission=submission, status=status, at=at)


# -- polling -------------------------------------------------------------------------------------


def sync(*, study: Study | None = None) -> int:
    """Ask Prolific for the status of every submission we know. Returns how many were ours.

    Raises `PanelUnreachable`.
    """
    ours = Participant.objects.filter(panel=Panel.PROLIFIC).exclude(panel_study="")
    if study is not None:
        ours = ours.filter(study=study)
    return sum(
        take_status(submission=str(found.get("id", "")), status=str(found.get("status", "")))
        for panel_study in ours.order_by().values_list("panel_study", flat=True).distinct()
        for found in _submissions(panel_study)
    )


def _submissions(panel_study: str) -> Iterator[dict[str, Any]]:
    page = 1
    while True:
        query = urlencode({"study": panel_study, "page": page, "page_size": _PAGE_SIZE})
        results = _get(f"/api/v1/submissions/?{query}").get("results", [])
        yield from results
        if len(results) < _PAGE_SIZE:
            return
        page += 1


def _get(path: str) -> dict[str, Any]:
    headers = {"Authorization": f"Token {settings.PROLIFIC_TOKEN}"}
    request = urllib.request.Request(settings.PROLIFIC_API + path, headers=headers)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as response:  # noqa: S310
            found = json.load(response)
    except (urllib.error.URLError, TimeoutError, ValueError) as error:
        raise PanelUnreachable(f"Prolific did not answer as expected: {error}") from error
    return found if isinstance(found, dict) else {}
