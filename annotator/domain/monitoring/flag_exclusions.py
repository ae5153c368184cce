"""Leaving out all raters who have a flag: of a small study at once, else by a worker.

Every rater's answers are read for it, and every item of an excluded rater is counted anew.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from annotator import queue
from annotator.domain.monitoring import quality
from annotator.domain.results.data_version import data_version
from annotator.enums import AnalysisStatus, Flag
from annotator.models import FlagExclusion, Study

# Answers that are looked through within a request.
AT_ONCE = 2_000
# A worker records its progress after every rater, once a second at most.
STUCK_AFTER = timedelta(minutes=3)
MOST_ATTEMPTS = 3


def request(*, study: Study, user: AbstractBaseUser, flag: Flag) -> FlagExclusion:
    """Exclude by a rule: every rater who has this flag. What is under way is not begun again."""
    found, _ = FlagExclusion.objects.get_or_create(study=study, flag=flag)
    if not _ask(found, user):
        return found
    if data_version(study=study).size <= AT_ONCE:
        claimed = claim(key=found.pk)
        if claimed is not None:
            run(exclusion=claimed)
    else:
        queue.enqueue(queue.EXCLUDE_FLAGGED, found.pk)
    found.refresh_from_db()
    return found


def _ask(exclusion: FlagExclusion, user: AbstractBaseUser) -> bool:
    now = timezone.now()
    idle = FlagExclusion.objects.filter(
        pk=exclusion.pk, status__in=(AnalysisStatus.DONE, AnalysisStatus.FAILED)
    )
    asked = {"asked_by": user, "asked_at": now, "touched_at": now, "error": ""}
    fresh = {"claim": None, "attempts": 0, "raters_done": 0, "raters_total": 0, "n_excluded": 0}
    return bool(idle.update(status=AnalysisStatus.QUEUED, **asked, **fresh))


# -- what a worker does --------------------------------------------------------------------------


def claim(*, key: int) -> FlagExclusion | None:
    """Take it, if it is still queued, for the caller alone. None: somebody else has it."""
    mark = uuid.uuid4()
    FlagExclusion.objects.filter(pk=key, status=AnalysisStatus.QUEUED).update(
        status=AnalysisStatus.RUNNING,
        claim=mark,
        attempts=F("attempts") + 1,
        touched_at=timezone.now(),
    )
    return FlagExclusion.objects.select_related("study", "asked_by").filter(claim=mark).first()


def run(
    *, exclusion: FlagExclusion, report: Callable[[int, int], None] = lambda done, total: None
) -> None:
    """Exclude those who have the flag now; `report` is told (raters looked at, of all).

    One transaction per rater: the items of two are not locked in the one order of their keys. Who
    was excluded by a worker that died stays so, and is counted in `n_excluded`.
    """
    reason = f"{Flag(exclusion.flag).label} (by rule)"
    included = list(exclusion.study.raters.filter(excluded_at=None))
    for done, found in enumerate(quality.quality_in_pieces(included), start=1):
        if any(measure.flag == exclusion.flag for measure in found.flags):
            quality.exclude(rater=found.rater, user=exclusion.asked_by, reason=reason)
        report(done, len(included))
    excluded = exclusion.study.raters.filter(
        exclusion_reason=reason, excluded_at__gte=exclusion.asked_at
    )
    _held(exclusion).update(
        status=AnalysisStatus.DONE, n_excluded=excluded.count(), touched_at=timezone.now()
    )


def record_progress(exclusion: FlagExclusion, done: int, total: int) -> None:
    _held(exclusion).update(raters_done=done, raters_total=total, touched_at=timezone.now())


def fail(*, exclusion: FlagExclusion, reason: str) -> None:
    """Who is excluded by now stays so; asked for again, it goes on with the others."""
    _held(exclusion).update(status=AnalysisStatus.FAILED, error=reason, touched_at=timezone.now())


def _held(exclusion: FlagExclusion) -> QuerySet[FlagExclusion]:
    return FlagExclusion.objects.filter(
        pk=exclusion.pk, status=AnalysisStatus.RUNNING, claim=exclusion.claim
    )


@transaction.atomic
def resend_stuck(*, at: datetime | None = None) -> int:
    """Send again what no worker has touched for long; give up on what keeps dying. How many."""
    now = at or timezone.now()
    stuck = FlagExclusion.objects.stuck(now - STUCK_AFTER)
    stuck.filter(attempts__gte=MOST_ATTEMPTS).update(
        status=AnalysisStatus.FAILED,
        touched_at=now,
        error=f"The worker stopped {MOST_ATTEMPTS} times while it looked through the answers. Let "
        "its administrator look at the worker's log, then ask for it again.",
    )
    keys = list(stuck.values_list("pk", flat=True))
    FlagExclusion.objects.filter(pk__in=keys).update(status=AnalysisStatus.QUEUED, touched_at=now)
    for key in keys:
        queue.enqueue(queue.EXCLUDE_FLAGGED, key)
    return len(keys)
