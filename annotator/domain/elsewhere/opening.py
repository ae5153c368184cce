"""A file's bytes as a table: its encoding, its separator, its header, its numbered rows. Pure."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from annotator.domain.elsewhere import columns
from annotator.domain.elsewhere.columns import Table
from annotator.domain.elsewhere.foreign import what_else
from annotator.domain.material.prompt_rows import readable
from annotator.errors import UploadRefused

_SAMPLE = 100
_FIRST_LINE = 65_536
_LONGEST_NAME = 200
_PORTION = 1 << 20
_SHOWN_LETTERS = 60
# Of the task, of the worker, of the label.
_FEWEST_COLUMNS = 3
_EMPTY = "The file is empty. Upload one with a header and a rating per line."


def open_table(content: bytes) -> tuple[Table, Iterator[tuple[int, list[str]]]]:
    """What the header says, and the rows with their lines. Raises `UploadRefused`."""
    _check(content)
    text = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline="")
    numbered = _numbered(csv.reader(text, delimiter=_separator(content)))
    header = _header(row for _, row in numbered)
    _check_header(header)

    sample = list(islice(numbered, _SAMPLE))
    table = columns.recognise(header, (row for _, row in sample))

    def again() -> Iterator[tuple[int, list[str]]]:
        yield from sample
        yield from numbered

    return table, again()


def _check_header(header: Sequence[str]) -> None:
    twice = [name for name, count in Counter(header).items() if count > 1]
    if twice:
        raise UploadRefused(f"The column “{readable(twice[0])}” is there twice. Remove one.")
    if max(map(len, header)) > _LONGEST_NAME:
        raise UploadRefused(
            f"A column's name has more than {_LONGEST_NAME} letters. The first line has to be a "
            "header that names the columns, such as task,worker,label."
        )
    if len(header) < _FEWEST_COLUMNS:
        unclosed = " A quotation mark may never be closed." if "\n" in "".join(header) else ""
        raise UploadRefused(
            f"The first line has {len(header)} of the three columns or more that are needed, for "
            f"the task, the worker and the label: {', '.join(map(_short, header))}. Separate them "
            f"by commas, semicolons or tabs.{unclosed}"
        )


def _short(name: str) -> str:
    shown = " ".join(readable(name).split())
    return shown if len(shown) <= _SHOWN_LETTERS else f"{shown[:_SHOWN_LETTERS]}…"


def _separator(content: bytes) -> str:
    """The commonest in the first line that is not empty."""
    lines = content[:_FIRST_LINE].decode("utf-8-sig", errors="replace").lstrip().splitlines()
    return max(",;\t", key=lines[0].count) if lines else ","


def _header(rows: Iterator[list[str]]) -> list[str]:
    """The first row that is not empty, nor Excel's note of what separates its cells.

    Columns without a name, such as pandas' index, are called by their place.
    """
    for row in rows:
        if any(map(str.strip, row)) and not row[0].lower().startswith("sep="):
            return [name.strip() or f"column {n}" for n, name in enumerate(row, start=1)]
    raise UploadRefused(_EMPTY)


def _numbered(reader: Any) -> Iterator[tuple[int, list[str]]]:
    """Every row that is not empty, with the line it begins on."""
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise UploadRefused(
                f"Line {line} cannot be read: a quotation mark is never closed, or a cell is far "
                "too long. Mend it and upload the file again."
            ) from error
        if row is None:
            return
        if row:
            yield line, row


def _check(content: bytes) -> None:
    """Raises `UploadRefused` for what is no text in UTF-8."""
    if else_ := what_else(content):
        raise UploadRefused(else_)
    if (place := content.find(b"\0")) >= 0:
        raise UploadRefused(
            f"Line {_line_of(content, place)} holds a byte that is zero: the file is in UTF-16, or "
            "damaged. Save it as “CSV UTF-8” and upload that."
        )
    decoder = codecs.getincrementaldecoder("utf-8")()
    for start in range(0, len(content), _PORTION):
        held = len(decoder.getstate()[0])
        try:
            end = start + _PORTION
            decoder.decode(content[start:end], final=end >= len(content))
        except UnicodeDecodeError as error:
            line = _line_of(content, start - held + error.start)
            raise UploadRefused(
                f"Line {line} is not UTF-8. Save the file as “CSV UTF-8”."
            ) from error
    if not content.removeprefix(codecs.BOM_UTF8).strip():
        raise UploadRefused(_EMPTY)


def _line_of(content: bytes, place: int) -> int:
    return content.count(b"\n", 0, place) + 1
