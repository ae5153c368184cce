"""Uploaded files: read, checked against the model's text encoder, cut into words, imported."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from functools import partial
from itertools import chain
from typing import TypeVar

from django.conf import settings

from annotator import queue
from annotator.domain.material import prompts
from annotator.domain.material.prompt_rows import RefusedRow, Row
from annotator.domain.material.prompts import ParsedRow, ParsedWord
from annotator.enums import UploadStatus
from annotator.models import PromptBatch, PromptUpload
from daam_engine import count_tokens, load_tokenizer, parse_all, token_limit
from workers.edge import attempt
from workers.pace import PROGRESS_SECONDS, at_most_every

T = TypeVar("T")
# Told (rows done, rows in all).
Report = Callable[[int, int], None]


@queue.app.task(name=queue.INSPECT_UPLOAD)
def inspect_upload(key: int) -> None:
    """Find out what a staged file holds."""
    _work_on(key, UploadStatus.INSPECTING, inspect)


@queue.app.task(name=queue.IMPORT_UPLOAD)
def import_upload(key: int) -> None:
    """Put a file's good rows into its study."""
    _work_on(key, UploadStatus.IMPORTING, import_)


def _work_on(
    key: int, status: UploadStatus, work: Callable[[PromptUpload, Report], object]
) -> None:
    upload = prompts.find_upload(key, status)
    if upload is None:
        return
    report = at_most_every(PROGRESS_SECONDS, partial(_record_progress, upload))
    reason = attempt(partial(work, upload, report))
    if reason is not None:
        prompts.refuse_upload(upload=upload, reason=reason)


def _record_progress(upload: PromptUpload, rows_read: int, rows_total: int) -> None:
    prompts.record_progress(upload=upload, rows_read=rows_read, rows_total=rows_total)


def inspect(upload: PromptUpload, report: Report) -> None:
    """Sort the rows into ready and refused, and cut the first ones into words for the preview.

    Raises `UploadRefused`, and `ModelLoadError` where the study's model has no tokenizer to count
    with.
    """
    contents = prompts.read_upload(upload)
    ready: list[Row] = []
    too_long: list[RefusedRow] = []
    tokenizer = load_tokenizer(upload.study.model)
    limit = token_limit(tokenizer)
    for row in _counted(contents.rows, len(contents.rows), report):
        tokens = count_tokens(tokenizer, row.text)
        if tokens <= limit:
            ready.append(row)
        else:
            too_long.append(_too_long(row, tokens, limit))
    prompts.record_inspection(
        upload=upload,
        ready=ready,
        refused=chain(contents.refused, too_long),
        preview=_parsed(ready[: prompts.PREVIEW_ROWS]),
        note=contents.note,
    )


def import_(upload: PromptUpload, report: Report) -> PromptBatch | None:
    """Import what the inspection found ready: just the rows the researcher has agreed to."""
    refused = {row.line for row in prompts.refused_rows(upload)}
    rows = [row for row in prompts.read_upload(upload).rows if row.line not in refused]
    parsed = list(_counted(_parsed(rows), len(rows), report))
    return prompts.import_rows(upload=upload, rows=parsed)


def _parsed(rows: Sequence[Row]) -> Iterator[ParsedRow]:
    found = parse_all((row.text for row in rows), settings.LANGUAGE_PIPELINE)
    for row, words in zip(rows, found, strict=True):
        yield ParsedRow(row, [ParsedWord(**asdict(word)) for word in words])


def _counted(rows: Iterable[T], total: int, report: Report) -> Iterator[T]:
    for number, row in enumerate(rows, start=1):
        yield row
        report(number, total)


def _too_long(row: Row, tokens: int, limit: int) -> RefusedRow:
    reason = f"Too long for the text encoder: {tokens} tokens, at most {limit}. Shorten the prompt."
    return RefusedRow(row.line, row.text, reason)
