"""Files of ratings in the database: kept while they are looked at, then their arrays alone.

A small file is read within the request, a large one by a worker. The row says what is to be done
with it; whoever does it tells how far they are, and records only what is still wanted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from annotator import queue
from annotator.domain.elsewhere.arrays import choices_of, packed
from annotator.domain.elsewhere.choices import Choices, recognised
from annotator.domain.elsewhere.columns import OPT_OUT
from annotator.domain.elsewhere.inspection import inspect
from annotator.domain.elsewhere.opening import open_table
from annotator.domain.elsewhere.preview import Preview, preview_of, without_rows
from annotator.domain.elsewhere.reading import Report
from annotator.domain.results.stored_numbers import from_json, to_json
from annotator.enums import UploadStatus
from annotator.errors import UploadRefused, WrongStatus
from annotator.models import ImportedRatings

# Lines that are read within a request: a tenth of a second.
AT_ONCE = 30_000
SILENT_AFTER = timedelta(seconds=20)
STUCK_AFTER = timedelta(minutes=3)
MOST_ATTEMPTS = 3
KEPT_FOR = timedelta(days=14)


# -- the researcher's side -----------------------------------------------------------------------


def keep_file(*, user: User, name: str, file_name: str, content: bytes) -> ImportedRatings:
    """Take a file in and have it read. Raises `UploadRefused` where nothing of it can be used."""
    if len(content) > settings.MAX_RATINGS_BYTES:
        limit = settings.MAX_RATINGS_BYTES // 1024**2
        raise UploadRefused(
            f"The file is larger than {limit} MB, which is room for more than a million ratings. "
            "Leave out columns that are not needed, or split the file."
        )
    table, _rows = open_table(content)
    kept = ImportedRatings.objects.create(
        owner=user,
        name=name,
        file_name=file_name[-200:],
        content=content,
        preview=to_json(without_rows(table, recognised(table, Choices()))),
        # Old spreadsheets end a line by a carriage return alone.
        rows_total=max(content.count(b"\n"), content.count(b"\r")),
    )
    _start(kept)
    return kept


def preview(imported: ImportedRatings) -> Preview:
    return from_json(Preview, imported.preview)


def is_silent(imported: ImportedRatings) -> bool:
    """It waits for a worker, and none has touched it for long."""
    return imported.touched_at < timezone.now() - SILENT_AFTER


def choose(*, imported: ImportedRatings, choices: Choices) -> None:
    """Have the file read this way. Nothing else happens until it is imported."""
    _wait_for(imported, UploadStatus.INSPECTING, choices=asdict(choices))


def request_import(*, imported: ImportedRatings) -> None:
    """Have the ratings imported. Asked twice, it is done once.

    Raises `WrongStatus` while it is read, and where no rating can be used.
    """
    if imported.status == UploadStatus.INSPECTING:
        raise WrongStatus("The file is still being read. Wait until it is, and look at it first.")
    if imported.status == UploadStatus.READY and not (found := preview(imported)).n_ratings:
        raise WrongStatus(found.problem or _why_none(found))
    _wait_for(imported, UploadStatus.IMPORTING)


def _why_none(found: Preview) -> str:
    if found.n_known:
        return "Every task has a known answer: nothing is left unless they count in other numbers."
    return "No line of this file is a rating that can be used."


def refusals_of(imported: ImportedRatings) -> Iterator[tuple[int, str, str]]:
    """As `Inspection.refusals`. None once it is imported: the file is no longer there."""
    if imported.status == UploadStatus.IMPORTED:
        return iter(())
    return inspect(bytes(imported.content), choices_of(imported)).refusals()


def forget(*, imported: ImportedRatings) -> None:
    imported.delete()


def _wait_for(imported: ImportedRatings, status: UploadStatus, **fields: Any) -> None:
    ready = ImportedRatings.objects.filter(pk=imported.pk, status__in=_LOOKED_AT)
    fields |= {"status": status, "rows_read": 0, "attempts": 0, "error": ""}
    fields["touched_at"] = timezone.now()
    if ready.update(**fields):
        imported.refresh_from_db()
        _start(imported)


_LOOKED_AT = (UploadStatus.READY, UploadStatus.REFUSED)


def _start(imported: ImportedRatings) -> None:
    if imported.rows_total > AT_ONCE:
        queue.enqueue(_TASKS[UploadStatus(imported.status)], imported.pk)
    elif imported.status == UploadStatus.INSPECTING:
        look(imported)
    else:
        store(imported)
    imported.refresh_from_db()


_TASKS = {
    UploadStatus.INSPECTING: queue.READ_RATINGS,
    UploadStatus.IMPORTING: queue.STORE_RATINGS,
}


# -- what is done with a file --------------------------------------------------------------------


def begin(key: int, status: UploadStatus) -> ImportedRatings | None:
    """The file, if that is what it waits for; None: forgotten, or done by somebody else.

    Counted before the work: a worker that dies of it can count nothing afterwards.
    """
    found = ImportedRatings.objects.filter(pk=key, status=status)
    found.update(attempts=F("attempts") + 1, touched_at=timezone.now())
    return found.first()


def look(imported: ImportedRatings, report: Report | None = None) -> None:
    """Find out what is in the file under its choices."""
    content, choices = bytes(imported.content), choices_of(imported)
    try:
        found = preview_of(inspect(content, choices, report))
    except UploadRefused as refusal:
        table, _rows = open_table(content)
        found = without_rows(table, recognised(table, choices), str(refusal))
    _record(imported, {"status": UploadStatus.READY, "preview": to_json(found)})


def store(imported: ImportedRatings, report: Report | None = None) -> None:
    """Keep the ratings and what was refused in numbers; the file itself is forgotten."""
    found = inspect(bytes(imported.content), choices_of(imported), report)
    summary = {
        "ratings": found.n_ratings,
        "refused": found.refused_by_reason(),
        "left_out": found.left_out,
        "unused": found.unused,
        "split": found.n_split,
        "repeats": found.n_repeats,
        "known": found.n_known,
        "span": found.span,
        "reasons": found.table.column(OPT_OUT) is not None,
    }
    _record(
        imported,
        {
            "status": UploadStatus.IMPORTED,
            "choices": asdict(found.choices),
            "summary": summary,
            "arrays": packed(found),
            "content": b"",
            "preview": {},
            "imported_at": timezone.now(),
        },
    )


@transaction.atomic
def _record(imported: ImportedRatings, fields: dict[str, Any]) -> None:
    """Unless the file is to be read in another way by now."""
    held = ImportedRatings.objects.select_for_update().defer("content", "arrays")
    now = held.filter(pk=imported.pk, status=imported.status).first()
    if now is not None and now.choices == imported.choices:
        held.filter(pk=imported.pk).update(**fields, touched_at=timezone.now())


def record_progress(*, imported: ImportedRatings, rows_read: int) -> None:
    """How far a worker is; also its sign of life."""
    ImportedRatings.objects.filter(pk=imported.pk).update(
        rows_read=rows_read, touched_at=timezone.now()
    )


def fail(*, imported: ImportedRatings, reason: str) -> None:
    """`reason` is a sentence for its page; it can be read again, or forgotten."""
    _record(imported, {"status": UploadStatus.REFUSED, "error": reason[:2000]})


# -- housekeeping --------------------------------------------------------------------------------


@transaction.atomic
def resend_stuck(*, at: datetime | None = None) -> int:
    """Send again what no worker has touched for long; give up on what keeps killing them.

    Returns how many were sent.
    """
    now = at or timezone.now()
    stuck = ImportedRatings.objects.filter(touched_at__lt=now - STUCK_AFTER, status__in=_TASKS)
    stuck.filter(attempts__gte=MOST_ATTEMPTS).update(
        status=UploadStatus.REFUSED,
        touched_at=now,
        error=f"The worker stopped {MOST_ATTEMPTS} times during this file, perhaps for want of "
        "memory. Split it, and import the parts one by one.",
    )
    found = list(stuck.values_list("pk", "status"))
    for key, status in found:
        queue.enqueue(_TASKS[UploadStatus(status)], key)
    ImportedRatings.objects.filter(pk__in=[key for key, _ in found]).update(touched_at=now)
    return len(found)


def drop_old(*, at: datetime | None = None) -> int:
    """Forget files that nobody imported. Returns how many."""
    old = ImportedRatings.objects.filter(created_at__lt=(at or timezone.now()) - KEPT_FOR)
    return old.exclude(status=UploadStatus.IMPORTED).delete()[0]
