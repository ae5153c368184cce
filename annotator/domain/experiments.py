"""The paper's experiments: asked for, claimed by a worker, recorded or failed."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from annotator import queue
from annotator.domain.export.bundles import Entry
from annotator.enums import ExperimentKind, ExperimentStatus
from annotator.models import Experiment

# A worker gives a sign of life every twenty seconds, whatever it is at.
STUCK_AFTER = timedelta(minutes=3)
SILENT_AFTER = timedelta(minutes=1)
MOST_ATTEMPTS = 3


@transaction.atomic
def request_experiment(
    *,
    owner: User,
    kind: ExperimentKind | str,
    model: str,
    parameters: Mapping[str, Any],
    inputs: Mapping[str, str],
) -> Experiment:
    """A queued experiment, and the message that nudges a worker with a GPU."""
    experiment = Experiment.objects.create(
        owner=owner, kind=kind, model=model, parameters=dict(parameters), inputs=dict(inputs)
    )
    queue.enqueue(queue.RUN_EXPERIMENT, experiment.pk)
    return experiment


def claim(*, key: int) -> Experiment | None:
    """Take it for the caller alone. None: somebody else has it, or it is gone."""
    mark, now = uuid.uuid4(), timezone.now()
    Experiment.objects.queued().filter(pk=key).update(
        status=ExperimentStatus.RUNNING,
        claim=mark,
        attempts=F("attempts") + 1,
        started_at=now,
        touched_at=now,
        pictures_made=0,
        pictures_total=0,
        error="",
    )
    return Experiment.objects.filter(claim=mark).first()


def advance(*, experiment: Experiment, made: int, total: int) -> bool:
    """So far it is. False: the claim was lost, or the experiment removed; stop working on it."""
    return bool(
        _held(experiment).update(
            pictures_made=made, pictures_total=total, touched_at=timezone.now()
        )
    )


def touch(*, experiment: Experiment) -> None:
    """It is being worked on, however long the next picture takes."""
    _held(experiment).update(touched_at=timezone.now())


def record(*, experiment: Experiment, result: Mapping[str, Any], files: Mapping[str, str]) -> bool:
    """Store what was found, under the claim it was found for. False: the claim was lost."""
    now = timezone.now()
    return bool(
        _held(experiment).update(
            status=ExperimentStatus.DONE,
            touched_at=now,
            finished_at=now,
            result=dict(result),
            files=dict(files),
        )
    )


def fail(*, experiment: Experiment, reason: str) -> None:
    """It cannot be done; `reason` is a sentence for its page."""
    _held(experiment).update(
        status=ExperimentStatus.FAILED, touched_at=timezone.now(), error=reason[:2000]
    )


@transaction.atomic
def retry_experiment(*, experiment: Experiment) -> None:
    """Queue one that failed once more."""
    failed = Experiment.objects.filter(pk=experiment.pk, status=ExperimentStatus.FAILED)
    if failed.update(
        status=ExperimentStatus.QUEUED, claim=None, attempts=0, touched_at=timezone.now()
    ):
        queue.enqueue(queue.RUN_EXPERIMENT, experiment.pk)


def release(*, experiment: Experiment) -> None:
    """What was running when its worker was stopped is queued again, and its message sent."""
    released = _held(experiment).update(
        status=ExperimentStatus.QUEUED, claim=None, touched_at=timezone.now()
    )
    if released:
        queue.enqueue(queue.RUN_EXPERIMENT, experiment.pk)


@transaction.atomic
def remove_experiment(*, experiment: Experiment) -> None:
    """Row and files; a worker that is at it stops at its next sign of life."""
    paths = [Path(settings.MEDIA_ROOT) / name for name in experiment.files.values()]
    experiment.delete()
    for path in paths:
        transaction.on_commit(lambda path=path: path.unlink(missing_ok=True))  # type: ignore[misc]


@transaction.atomic
def resend_stuck(*, at: datetime | None = None) -> int:
    """Queue and send again what no worker has touched for long; give up on what keeps dying."""
    now = at or timezone.now()
    stuck = Experiment.objects.stuck(now - STUCK_AFTER)
    stuck.filter(attempts__gte=MOST_ATTEMPTS).update(
        status=ExperimentStatus.FAILED,
        touched_at=now,
        error=f"The worker stopped {MOST_ATTEMPTS} times during this experiment. Look at the "
        "worker's log, then start it again.",
    )
    keys = list(stuck.values_list("pk", flat=True))
    Experiment.objects.filter(pk__in=keys).update(
        status=ExperimentStatus.QUEUED, claim=None, touched_at=now
    )
    for key in keys:
        queue.enqueue(queue.RUN_EXPERIMENT, key)
    return len(keys)


def entries(*, experiment: Experiment) -> Iterator[Entry]:
    """All its files, for a bundle."""
    for name, stored in sorted(experiment.files.items()):
        path = Path(settings.MEDIA_ROOT) / stored
        yield Entry(name, [path.read_bytes()] if path.is_file() else None)


def is_silent(experiment: Experiment, *, at: datetime | None = None) -> bool:
    """Whether it waits so long that probably no worker runs."""
    waited = (at or timezone.now()) - experiment.touched_at
    return experiment.status == ExperimentStatus.QUEUED and waited > timedelta(seconds=20)


def is_abandoned(experiment: Experiment, *, at: datetime | None = None) -> bool:
    """Whether its worker probably is no more; after `STUCK_AFTER` another one gets it."""
    waited = (at or timezone.now()) - experiment.touched_at
    return experiment.status == ExperimentStatus.RUNNING and waited > SILENT_AFTER


def seconds_left(experiment: Experiment, *, at: datetime | None = None) -> float | None:
    """Until its last picture, at the pace so far; None before the first."""
    made, total = experiment.pictures_made, experiment.pictures_total
    if experiment.status != ExperimentStatus.RUNNING or not made or not experiment.started_at:
        return None
    return ((at or timezone.now()) - experiment.started_at).total_seconds() / made * (total - made)


def _held(experiment: Experiment) -> QuerySet[Experiment]:
    return Experiment.objects.filter(
        pk=experiment.pk, claim=experiment.claim, status=ExperimentStatus.RUNNING
    )
