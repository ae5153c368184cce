"""Prompts on their way in: a file is staged, read by a worker, looked at by a person, imported.

Staged → inspected → imported, each step repeatable: a lost message or a killed worker is made good
by sending the upload's id again. Nothing is in the study until `import_rows` has put all of it
there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from annotator import queue
from annotator.domain.material import generations
from annotator.domain.material.prompt_files import Contents, read_prompts
from annotator.domain.material.prompt_rows import RefusedRow, Row
from annotator.domain.study_log import log
from annotator.enums import StudyStatus, UploadStatus
from annotator.errors import AlreadyImported, UploadRefused, WrongStatus
from annotator.models import Prompt, PromptBatch, PromptUpload, Study, Word

PREVIEW_ROWS = 20
# An upload nobody has worked on for this long has lost its message or its worker.
STUCK_AFTER = timedelta(minutes=2)
# A staged file that nobody came back for.
KEPT_FOR = timedelta(days=1)
_NOT_IMPORTED = {
    UploadStatus.INSPECTING: "This file is still being read. Wait until it is ready to import.",
    UploadStatus.REFUSED: "This file was refused as a whole. Mend it and send it again.",
}


@dataclass(frozen=True)
class ParsedWord:
    """A word of a prompt: `start` and `end` are character offsets, `head` is a word's index."""

    index: int
    text: str
    start: int
    end: int
    lemma: str
    pos: str
    dependency: str
    head: int


@dataclass(frozen=True)
class ParsedRow:
    """A row that can be imported, and its words in order."""

    row: Row
    words: Sequence[ParsedWord]


# -- the researcher's side -----------------------------------------------------------------------


@transaction.atomic
def stage_upload(
    *, study: Study, user: AbstractBaseUser | None, file_name: str, content: bytes
) -> PromptUpload:
    """Take a file in and have a worker read it. The same file again is the upload there is already.

    Raises `AlreadyImported`, and `UploadRefused` where nothing could ever be imported.
    """
    upload = keep_upload(study=study, user=user, file_name=file_name, content=content)
    queue.enqueue(queue.INSPECT_UPLOAD, upload.pk)
    return upload


@transaction.atomic
def keep_upload(
    *, study: Study, user: AbstractBaseUser | None, file_name: str, content: bytes
) -> PromptUpload:
    """As `stage_upload`, without asking a worker: for callers that read the file themselves."""
    if study.status == StudyStatus.CLOSED:
        raise UploadRefused("This study is closed. Upload the prompts to another one.")
    if len(content) > settings.MAX_UPLOAD_BYTES:
        limit = settings.MAX_UPLOAD_BYTES // 1024**2
        raise UploadRefused(f"The file is larger than {limit} MB. Upload it in several parts.")
    if not content.strip():
        raise UploadRefused("The file is empty. Upload one with a prompt in it.")
    sha256 = hashlib.sha256(content).hexdigest()
    if study.batches.filter(sha256=sha256).exists():
        raise AlreadyImported
    staged = study.uploads.filter(sha256=sha256).exclude(status=UploadStatus.REFUSED).first()
    return (
        staged
        or PromptUpload.objects.create(
            study=study,
            uploaded_by=user,  # type: ignore[misc]
            file_name=file_name[-200:],
            content=content,
            sha256=sha256,
        )
    )


@transaction.atomic
def request_import(*, upload: PromptUpload, user: AbstractBaseUser | None) -> None:
    """Have a worker import the good rows. Asked twice, it is done once.

    Raises `WrongStatus` where there is nothing to import, or nothing yet.
    """
    upload.refresh_from_db(fields=["status", "rows_ready"])
    if upload.status in _NOT_IMPORTED:
        raise WrongStatus(_NOT_IMPORTED[UploadStatus(upload.status)])
    if upload.status == UploadStatus.READY and not upload.rows_ready:
        raise WrongStatus("No row of this file can be imported. Mend them and send it again.")
    asked = PromptUpload.objects.filter(pk=upload.pk, status=UploadStatus.READY).update(
        status=UploadStatus.IMPORTING, uploaded_by=user, rows_read=0, touched_at=timezone.now()
    )
    if asked:
        queue.enqueue(queue.IMPORT_UPLOAD, upload.pk)


@transaction.atomic
def cancel_upload(*, upload: PromptUpload) -> None:
    """Leave nothing of it behind. What has been imported already stays imported."""
    PromptUpload.objects.filter(pk=upload.pk).delete()


def refused_rows(upload: PromptUpload) -> list[RefusedRow]:
    """Every row that is not imported, in the order of the file."""
    return [RefusedRow(**row) for row in upload.refused]


# -- the worker's side ---------------------------------------------------------------------------


def find_upload(key: int, status: UploadStatus) -> PromptUpload | None:
    """The upload, if that is what it waits for; None: cancelled, or done by somebody else."""
    found = PromptUpload.objects.select_related("study", "uploaded_by")
    return found.filter(pk=key, status=status).first()


def read_upload(upload: PromptUpload) -> Contents:
    """The rows of the file that are not in the study yet. Raises `UploadRefused`."""
    contents = read_prompts(
        file_name=upload.file_name,
        content=bytes(upload.content),
        study_seed=upload.study.seed,
    )
    known = _known(upload.study)
    fresh = tuple(row for row in contents.rows if (row.text, row.seed) not in known)
    stale = (row for row in contents.rows if (row.text, row.seed) in known)
    refused = (*contents.refused, *map(_known_row, stale))
    return Contents(fresh, refused, contents.note)


def record_progress(*, upload: PromptUpload, rows_read: int, rows_total: int) -> None:
    """How far a worker is; also its sign of life."""
    PromptUpload.objects.filter(pk=upload.pk).update(
        rows_read=rows_read, rows_total=rows_total, touched_at=timezone.now()
    )


@transaction.atomic
def record_inspection(
    *,
    upload: PromptUpload,
    ready: Sequence[Row],
    refused: Iterable[RefusedRow],
    preview: Iterable[ParsedRow],
    note: str = "",
) -> None:
    """What was found in the file: for the preview page, and for the import to follow."""
    by_line = sorted(refused, key=lambda row: row.line)
    _held(upload, UploadStatus.INSPECTING).update(
        status=UploadStatus.READY,
        touched_at=timezone.now(),
        rows_read=len(ready) + len(by_line),
        rows_total=len(ready) + len(by_line),
        rows_ready=len(ready),
        refused=[asdict(row) for row in by_line],
        preview=[_preview(parsed) for parsed in preview],
        note=note,
    )


def refuse_upload(*, upload: PromptUpload, reason: str) -> None:
    """The file as a whole cannot be used; `reason` is a sentence for its page."""
    unfinished = (UploadStatus.INSPECTING, UploadStatus.IMPORTING)
    PromptUpload.objects.filter(pk=upload.pk, status__in=unfinished).update(
        status=UploadStatus.REFUSED, error=reason[:2000], touched_at=timezone.now()
    )


@transaction.atomic
def import_rows(*, upload: PromptUpload, rows: Sequence[ParsedRow]) -> PromptBatch | None:
    """All rows with their words and queued generations, or none: one transaction.

    Rows that came into the study by another file in the meantime are passed over. None: the upload
    was cancelled, or somebody else has imported it.
    """
    # The study is locked first, so that two files of the same prompts come one after the other.
    study = Study.objects.select_for_update().get(pk=upload.study_id)
    status = (UploadStatus.READY, UploadStatus.IMPORTING)
    if not PromptUpload.objects.filter(pk=upload.pk, status__in=status).exists():
        return None
    batch = PromptBatch.objects.create(
        study=study,
        file_name=upload.file_name,
        sha256=upload.sha256,
        imported_by=upload.uploaded_by,
    )
    known = _known(study)
    fresh = [parsed for parsed in rows if (parsed.row.text, parsed.row.seed) not in known]
    prompts = _create_prompts(batch, fresh)
    generations.request_generations(study=study, prompts=prompts)
    PromptUpload.objects.filter(pk=upload.pk).update(
        status=UploadStatus.IMPORTED,
        rows_ready=len(prompts),
        rows_read=len(rows),
        content=b"",
        touched_at=timezone.now(),
    )
    log(
        study=study,
        user=upload.uploaded_by,
        text=f"Imported {len(prompts)} prompts from {upload.file_name}",
        refused=len(upload.refused),
        sha256=upload.sha256,
    )
    return batch


def _create_prompts(batch: PromptBatch, rows: Sequence[ParsedRow]) -> list[Prompt]:
    prompts = Prompt.objects.bulk_create(
        [
            Prompt(
                study=batch.study,
                batch=batch,
                line=parsed.row.line,
                text=parsed.row.text,
                seed=parsed.row.seed,
                external_id=parsed.row.external_id,
            )
            for parsed in rows
        ],
        batch_size=500,
    )
    words = [
        _word(prompt, word)
        for prompt, parsed in zip(prompts, rows, strict=True)
        for word in parsed.words
    ]
    Word.objects.bulk_create(words, batch_size=500)
    return prompts


def _word(prompt: Prompt, word: ParsedWord) -> Word:
    fields = asdict(word)
    return Word(prompt=prompt, head_index=fields.pop("head"), **fields)


def _preview(parsed: ParsedRow) -> dict[str, Any]:
    row = parsed.row
    return {
        "line": row.line,
        "prompt": row.text,
        "seed": row.seed,
        "external_id": row.external_id,
        "words": [asdict(word) for word in parsed.words],
    }


def _known(study: Study) -> set[tuple[str, int]]:
    return set(study.prompts.values_list("text", "seed"))


def _known_row(row: Row) -> RefusedRow:
    return RefusedRow(
        row.line, row.text, "The same prompt with the same seed is in this study already."
    )


def _held(upload: PromptUpload, status: UploadStatus) -> Any:
    return PromptUpload.objects.filter(pk=upload.pk, status=status)


# -- housekeeping --------------------------------------------------------------------------------


@transaction.atomic
def resend_stuck(*, at: datetime | None = None) -> int:
    """Send again what no worker has touched for long. Returns how many."""
    now = at or timezone.now()
    stuck = PromptUpload.objects.filter(touched_at__lt=now - STUCK_AFTER)
    tasks = {
        UploadStatus.INSPECTING: queue.INSPECT_UPLOAD,
        UploadStatus.IMPORTING: queue.IMPORT_UPLOAD,
    }
    found = list(stuck.filter(status__in=tasks).values_list("pk", "status"))
    for key, status in found:
        queue.enqueue(tasks[UploadStatus(status)], key)
    PromptUpload.objects.filter(pk__in=[key for key, _ in found]).update(touched_at=now)
    return len(found)


def drop_old_uploads(*, at: datetime | None = None) -> int:
    """Forget files that nobody came back for. Returns how many."""
    old = PromptUpload.objects.filter(created_at__lt=(at or timezone.now()) - KEPT_FOR)
    return old.delete()[0]
