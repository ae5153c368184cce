"""Large files of ratings made elsewhere: looked through, and imported."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from annotator import queue
from annotator.domain.elsewhere import files
from annotator.domain.elsewhere.reading import Report
from annotator.enums import UploadStatus
from annotator.models import ImportedRatings
from workers.edge import attempt
from workers.pace import PROGRESS_SECONDS, at_most_every


@queue.app.task(name=queue.READ_RATINGS)
def read_ratings(key: int) -> None:
    """Find out what is in a file, for a person to confirm."""
    _work_on(key, UploadStatus.INSPECTING, files.look)


@queue.app.task(name=queue.STORE_RATINGS)
def store_ratings(key: int) -> None:
    """Import the ratings of a file that was confirmed."""
    _work_on(key, UploadStatus.IMPORTING, files.store)


def _work_on(
    key: int, status: UploadStatus, work: Callable[[ImportedRatings, Report], None]
) -> None:
    imported = files.begin(key, status)
    if imported is None:
        return
    report = at_most_every(PROGRESS_SECONDS, partial(_record_progress, imported))
    reason = attempt(partial(work, imported, report))
    if reason is not None:
        files.fail(imported=imported, reason=reason)


def _record_progress(imported: ImportedRatings, rows_read: int) -> None:
    files.record_progress(imported=imported, rows_read=rows_read)
