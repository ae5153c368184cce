"""Heat maps against what raters drew, and against how others rated the same nouns.

Computed by a worker, since overlaps are the engine's to measure. While newer numbers are computed,
the last ones stay to be read.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone

from annotator import queue
from annotator.domain.results.data_version import data_version
from annotator.enums import AnalysisStatus, Task
from annotator.models import MaskComparison, Prompt, Study

# To be raised when the same answers give other tables or charts.
_NUMBERS = 1
SILENT_AFTER = timedelta(seconds=20)
STUCK_AFTER = timedelta(minutes=5)
# While raters draw and somebody watches, a worker measures this often at most.
_REST = timedelta(seconds=30)
MOST_ATTEMPTS = 3
# What stopped its workers would stop them again while somebody watches.
_REST_OF_KILLERS = timedelta(hours=1)


@dataclass(frozen=True)
class State:
    """What is known now: the last result, if any, and whether a newer one is on its way."""

    analysis: MaskComparison
    version: str

    @property
    def is_current(self) -> bool:
        return self.analysis.version == self.version

    @property
    def is_waiting(self) -> bool:
        return self.analysis.status in (AnalysisStatus.QUEUED, AnalysisStatus.RUNNING)

    @property
    def is_silent(self) -> bool:
        """It waits for a worker, and none has touched it for long."""
        return self.is_waiting and self.analysis.touched_at < timezone.now() - SILENT_AFTER


def rated_studies(*, user: User, study: Study) -> QuerySet[Study]:
    """Studies that the user may see and whose raters score maps of some of the same pictures."""
    ours = Prompt.objects.filter(study=study, text=OuterRef("text"), seed=OuterRef("seed"))
    shared = Prompt.objects.filter(Exists(ours), study=OuterRef("pk"))
    visible = Study.objects.visible_to(user).filter(task=Task.RATING)
    return visible.filter(Exists(shared)).order_by("name", "pk")


def state(*, study: Study, rated: Study | None = None, at: datetime | None = None) -> State:
    """The last result, and a newer one asked for if there are newer answers."""
    now = at or timezone.now()
    analysis, _ = MaskComparison.objects.get_or_create(study=study, rated=rated)
    found = State(analysis, _version(analysis))
    if not (found.is_current or found.is_waiting or _rests(analysis, now)):
        _request(analysis, now)
    return found


def _version(analysis: MaskComparison) -> str:
    studies = (analysis.study, *([analysis.rated] if analysis.rated else []))
    return "/".join([f"{_NUMBERS}", *(str(data_version(study=one)) for one in studies)])


def _rests(analysis: MaskComparison, now: datetime) -> bool:
    """A failure is tried again too, later."""
    failed = analysis.status == AnalysisStatus.FAILED
    last = analysis.touched_at if failed else analysis.computed_at
    killed = failed and analysis.attempts >= MOST_ATTEMPTS
    return last is not None and now < last + (_REST_OF_KILLERS if killed else _REST)


@transaction.atomic
def _request(analysis: MaskComparison, now: datetime) -> None:
    idle = MaskComparison.objects.filter(
        pk=analysis.pk, status__in=(AnalysisStatus.DONE, AnalysisStatus.FAILED)
    )
    asked = {"status": AnalysisStatus.QUEUED, "claim": None, "attempts": 0, "touched_at": now}
    if idle.update(**asked, steps_done=0, steps_total=0):
        queue.enqueue(queue.COMPARE_MASKS, analysis.pk)
    analysis.refresh_from_db(
        fields=["status", "attempts", "touched_at", "steps_done", "steps_total"]
    )


# -- what a worker does --------------------------------------------------------------------------


def claim(key: int) -> tuple[MaskComparison, str] | None:
    """What waits for a worker, and the version of the answers as they are now; None: nothing."""
    mark = uuid.uuid4()
    MaskComparison.objects.filter(pk=key, status=AnalysisStatus.QUEUED).update(
        status=AnalysisStatus.RUNNING,
        claim=mark,
        attempts=F("attempts") + 1,
        touched_at=timezone.now(),
    )
    rows = MaskComparison.objects.select_related("study", "rated").defer("result")
    found = rows.filter(claim=mark).first()
    return (found, _version(found)) if found else None


def _held(analysis: MaskComparison) -> QuerySet[MaskComparison]:
    return MaskComparison.objects.filter(
        pk=analysis.pk, status=AnalysisStatus.RUNNING, claim=analysis.claim
    )


def advance(*, analysis: MaskComparison, done: int, total: int) -> None:
    _held(analysis).update(steps_done=done, steps_total=total, touched_at=timezone.now())


def record(*, analysis: MaskComparison, version: str, result: Mapping[str, Any]) -> bool:
    """`version` is from before it was computed: what came meanwhile is news.

    False: the claim was lost, and nothing is stored.
    """
    now = timezone.now()
    return bool(
        _held(analysis).update(
            status=AnalysisStatus.DONE,
            version=version,
            result=dict(result),
            computed_at=now,
            touched_at=now,
            error="",
        )
    )


def fail(*, analysis: MaskComparison, reason: str) -> None:
    """The last result stays; it is tried again when somebody looks later."""
    _held(analysis).update(status=AnalysisStatus.FAILED, error=reason, touched_at=timezone.now())


@transaction.atomic
def resend_stuck(*, at: datetime | None = None) -> int:
    """Send again what no worker has touched for long; give up on what keeps dying. How many."""
    now = at or timezone.now()
    stuck = MaskComparison.objects.stuck(now - STUCK_AFTER)
    stuck.filter(attempts__gte=MOST_ATTEMPTS).update(
        status=AnalysisStatus.FAILED,
        claim=None,
        touched_at=now,
        error=f"The worker stopped {MOST_ATTEMPTS} times while it compared the masks. Look at the "
        "worker's log; it is tried again in an hour, or run `drawn_masks` by hand.",
    )
    keys = list(stuck.values_list("pk", flat=True))
    MaskComparison.objects.filter(pk__in=keys).update(
        status=AnalysisStatus.QUEUED, claim=None, touched_at=now
    )
    for key in keys:
        queue.enqueue(queue.COMPARE_MASKS, key)
    return len(keys)
