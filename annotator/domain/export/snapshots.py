"""Snapshots: asked for, claimed by a worker, written once; a deleted rater is struck out of them.

queued → writing → ready, or failed with a reason. Who is erased goes out of every snapshot: from
that moment on it cannot be downloaded, until a worker has written it anew without them; and if
that cannot be done, its file is deleted.
"""

from __future__ import annotations

import os
import uuid
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from annotator import queue
from annotator.domain.export import snapshot_file
from annotator.domain.export.snapshot_file import Report, Written
from annotator.domain.study_log import log
from annotator.enums import SnapshotStatus
from annotator.errors import SnapshotFailed, SnapshotRefused
from annotator.models import Snapshot, Study

# A worker gives a sign of life every twenty seconds, whatever it is at.
STUCK_AFTER = timedelta(minutes=2)
MOST_ATTEMPTS = 3
_FOLDER = "snapshots"


@transaction.atomic
def request(*, study: Study, user: AbstractBaseUser | None, name: str) -> Snapshot:
    """A snapshot of that name, to be written by a worker; one that failed is tried again.

    Raises `SnapshotRefused` where the name is taken.
    """
    failed = Snapshot.objects.filter(study=study, name=name, status=SnapshotStatus.FAILED)
    failed.delete()
    try:
        with transaction.atomic():
            found = Snapshot.objects.create(study=study, name=name, created_by=user)  # type: ignore[misc]
    except IntegrityError as error:
        raise SnapshotRefused(
            f"There is a snapshot {name} already, and it stays as it is. Choose another name."
        ) from error
    log(study=study, user=user, text=f"Snapshot {name} asked for")
    queue.enqueue(queue.WRITE_SNAPSHOT, found.pk)
    return found


def strike(*, study: Study, pseudonym: str) -> None:
    """Have a rater's rows taken out of all snapshots of their study, within the transaction."""
    for found in study.snapshots.select_for_update().exclude(status=SnapshotStatus.FAILED):
        found.to_strike = [*found.to_strike, pseudonym]
        if found.status == SnapshotStatus.READY:
            found.status, found.touched_at = SnapshotStatus.QUEUED, timezone.now()
            queue.enqueue(queue.WRITE_SNAPSHOT, found.pk)
        found.save(update_fields=["to_strike", "status", "touched_at"])


def path_of(snapshot: Snapshot) -> Path:
    return Path(settings.MEDIA_ROOT) / snapshot.file


# -- the worker's side ---------------------------------------------------------------------------


def claim(*, key: int) -> Snapshot | None:
    """Take it, if it is still queued, for the caller alone. None: somebody else has it."""
    mark = uuid.uuid4()
    taken = Snapshot.objects.filter(pk=key, status=SnapshotStatus.QUEUED).update(
        status=SnapshotStatus.WRITING,
        claim=mark,
        attempts=F("attempts") + 1,
        touched_at=timezone.now(),
        rows_done=0,
    )
    if not taken:
        return None
    return Snapshot.objects.select_related("study", "created_by").filter(claim=mark).first()


def write(*, snapshot: Snapshot, report: Report) -> bool:
    """Write its file: from the study, or from the file there is, without the raters to strike.

    Raises `SnapshotFailed`; nothing half written is left. False: the claim was lost meanwhile.
    """
    name = f"{_FOLDER}/{snapshot.claim}.zip"
    path = Path(settings.MEDIA_ROOT) / name
    recorded = False
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if snapshot.file:
            written = snapshot_file.strike(path_of(snapshot), path, snapshot.to_strike, report)
        else:
            written = snapshot_file.write(snapshot, path, report)
        recorded = _record(snapshot, name, written)
    except OSError as error:
        raise SnapshotFailed(
            f"The snapshot could not be written: {os.strerror(error.errno or 0)}. Make room on "
            "the server's disk, or let its administrator look, and ask for it again."
        ) from error
    finally:
        if not recorded:
            _discard(path)
    return recorded


def _discard(path: Path) -> None:
    # The folder itself may be what is wrong.
    with suppress(OSError):
        path.unlink()


@transaction.atomic
def _record(snapshot: Snapshot, name: str, written: Written) -> bool:
    held = Snapshot.objects.select_for_update().filter(
        pk=snapshot.pk, claim=snapshot.claim, status=SnapshotStatus.WRITING
    )
    row = held.first()
    if row is None:
        return False
    old, now = row.file, timezone.now()
    # Whoever was erased since this was begun is still in it.
    left = [one for one in row.to_strike if not old or one not in snapshot.to_strike]
    row.status = SnapshotStatus.QUEUED if left else SnapshotStatus.READY
    row.to_strike, row.file = left, name
    row.sha256, row.size, row.n_ratings = written.sha256, written.size, written.n_ratings
    row.touched_at, row.attempts = now, 0
    row.finished_at = row.finished_at or now
    if written.n_struck:
        row.struck_at, row.n_struck = now, row.n_struck + written.n_struck
    row.save()
    if left:
        queue.enqueue(queue.WRITE_SNAPSHOT, row.pk)
    if old:
        transaction.on_commit((Path(settings.MEDIA_ROOT) / old).unlink)
    return True


def record_progress(*, snapshot: Snapshot, rows_done: int, rows_total: int) -> None:
    """How far a worker is; also its sign of life."""
    Snapshot.objects.filter(pk=snapshot.pk, claim=snapshot.claim).update(
        rows_done=rows_done, rows_total=rows_total, touched_at=timezone.now()
    )


def touch(*, snapshot: Snapshot) -> None:
    """It is being worked on, however long its numbers take after the last row."""
    Snapshot.objects.filter(pk=snapshot.pk, claim=snapshot.claim).update(touched_at=timezone.now())


def fail(*, snapshot: Snapshot, reason: str) -> None:
    """It could not be written. What file there was is deleted: it held data that must go."""
    failed = Snapshot.objects.filter(
        pk=snapshot.pk, claim=snapshot.claim, status=SnapshotStatus.WRITING
    ).update(status=SnapshotStatus.FAILED, error=reason[:2000], file="", to_strike=[])
    if failed and snapshot.file:
        transaction.on_commit(partial(path_of(snapshot).unlink, missing_ok=True))


# -- housekeeping --------------------------------------------------------------------------------


@transaction.atomic
def resend_stuck(*, at: datetime | None = None) -> int:
    """Let another worker begin again what nobody has touched for long; give up on what keeps
    dying. Returns how many are begun again."""
    now = at or timezone.now()
    stuck = Snapshot.objects.stuck(now - STUCK_AFTER)
    for given_up in stuck.filter(status=SnapshotStatus.WRITING, attempts__gte=MOST_ATTEMPTS):
        fail(
            snapshot=given_up,
            reason=f"The worker stopped {MOST_ATTEMPTS} times while writing this snapshot. Let its "
            "administrator look at the worker's log, then ask for it again.",
        )
    keys = list(stuck.values_list("pk", flat=True))
    Snapshot.objects.unfinished().filter(pk__in=keys).update(
        status=SnapshotStatus.QUEUED, touched_at=now
    )
    for key in keys:
        queue.enqueue(queue.WRITE_SNAPSHOT, key)
    return len(keys)
