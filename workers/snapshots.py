"""Snapshots of a study's data, written while nobody waits."""

from __future__ import annotations

from functools import partial

from annotator import queue
from annotator.domain.export import snapshots
from annotator.models import Snapshot
from workers.edge import attempt
from workers.pace import PROGRESS_SECONDS, at_most_every, signs_of_life


@queue.app.task(name=queue.WRITE_SNAPSHOT)
def write_snapshot(key: int) -> None:
    found = snapshots.claim(key=key)
    if found is None:
        return
    reason = attempt(partial(_write, found))
    if reason is not None:
        snapshots.fail(snapshot=found, reason=reason)


def _write(found: Snapshot) -> None:
    record = at_most_every(PROGRESS_SECONDS, partial(_record_progress, found))
    with signs_of_life(partial(snapshots.touch, snapshot=found)) as progressed:

        def report(rows_done: int, rows_total: int) -> None:
            progressed()
            record(rows_done, rows_total)

        snapshots.write(snapshot=found, report=report)


def _record_progress(snapshot: Snapshot, rows_done: int, rows_total: int) -> None:
    snapshots.record_progress(snapshot=snapshot, rows_done=rows_done, rows_total=rows_total)
