"""A file of prompts, read: the rows that can be used, and why the others cannot. Pure.

Three formats, in UTF-8 with or without a byte-order mark:

* CSV with a header that names a column `prompt`, optionally `seed` and `external_id`; separated by
  commas, semicolons (as spreadsheets write in half of Europe) or tabs;
* JSON Lines: one object per line with the same names;
* plain text: one prompt per line.

A prompt without a seed gets one of its own from the study's seed and its text, so that the same
file in the same study always means the same pictures.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from annotator.domain.material.prompt_rows import (
    Fields,
    RefusedRow,
    Row,
    duplicate,
    judge,
    readable,
)
from annotator.errors import UploadRefused

_COLUMNS = ("prompt", "seed", "external_id")
_DIGITS = re.compile(r"[0-9]{1,19}", re.ASCII)


@dataclass(frozen=True)
class Contents:
    """Everything a file holds: each of its rows is in exactly one of the two, in file order."""

    rows: tuple[Row, ...]
    refused: tuple[RefusedRow, ...]
    note: str = ""


def read_prompts(*, file_name: str, content: bytes, study_seed: int) -> Contents:
    """Raises `UploadRefused` where no row can be read at all."""
    text = _decode(content)
    reader = _READERS[_format(file_name, text)]
    note, found = reader(text)
    rows: list[Row] = []
    refused: list[RefusedRow] = []
    first_line: dict[tuple[str, int], int] = {}
    for fields in _without_blank_end(found):
        row = judge(fields, study_seed)
        if isinstance(row, RefusedRow):
            refused.append(row)
        elif (row.text, row.seed) in first_line:
            refused.append(duplicate(row, first_line[row.text, row.seed]))
        else:
            first_line[row.text, row.seed] = row.line
            rows.append(row)
    return Contents(tuple(rows), tuple(refused), note)


# -- the whole file ------------------------------------------------------------------------------


def _decode(content: bytes) -> str:
    """The text; bytes that are not UTF-8 stay in it as surrogates, for their row to be refused."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UploadRefused("The file is saved as UTF-16. Save it as UTF-8 and upload it again.")
    if content.startswith(b"PK\x03\x04"):
        raise UploadRefused(
            "The file is a spreadsheet or an archive. Save the sheet as “CSV UTF-8” and upload it."
        )
    text = content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", errors="surrogateescape")
    if not text.strip():
        raise UploadRefused("The file is empty. Upload one with a prompt in it.")
    return text


def _format(file_name: str, text: str) -> str:
    by_extension = _EXTENSIONS.get(PurePath(file_name).suffix.lower())
    if by_extension:
        return by_extension
    if text.lstrip().startswith("{"):
        return "jsonl"
    first_line = text.lstrip().splitlines()[0]
    names = re.split(r"[,;\t]", first_line.lower().replace('"', ""))
    return "csv" if "prompt" in map(str.strip, names) else "text"


def _without_blank_end(found: Iterator[Fields]) -> Iterator[Fields]:
    """Empty lines at the end of a file are nothing; anywhere else they are missing prompts."""
    blank: list[Fields] = []
    for fields in found:
        if fields == Fields(fields.line):
            blank.append(fields)
            continue
        yield from blank
        blank.clear()
        yield fields


# -- formats -------------------------------------------------------------------------------------


def _read_text(text: str) -> tuple[str, Iterator[Fields]]:
    return "", (Fields(line, prompt) for line, prompt in _lines(text))


def _lines(text: str) -> Iterator[tuple[int, str | None]]:
    """The lines and their numbers, white space around them left out; None for an empty one."""
    # Not `splitlines`, which also breaks at characters that may stand in a prompt.
    stream = io.StringIO(text, newline=None)
    return ((number, line.strip() or None) for number, line in enumerate(stream, start=1))


def _read_jsonl(text: str) -> tuple[str, Iterator[Fields]]:
    return "", (_json_fields(line, source) for line, source in _lines(text))


def _json_fields(line: int, source: str | None) -> Fields:
    if source is None:
        return Fields(line)
    try:
        found = json.loads(source)
    except (ValueError, RecursionError):  # ValueError: numbers of more digits than Python reads too
        return Fields(line, source, problem='This line is not JSON such as {"prompt": "a cat"}.')
    if not isinstance(found, dict):
        return Fields(line, source, problem='This line is not an object like {"prompt": "a cat"}.')
    if "prompt" not in found:
        return Fields(line, source, problem="This object has no “prompt”.")
    if not isinstance(found["prompt"], str):
        return Fields(line, source, problem="The prompt is not a text; put it in quotes.")
    return Fields(line, found["prompt"], found.get("seed"), found.get("external_id"))


def _read_csv(text: str) -> tuple[str, Iterator[Fields]]:
    header = next(_lines(text))[1] or ""
    separator = max(",;\t", key=header.count)
    # strict: a stray quotation mark is an error of its row, not a licence to swallow the next rows.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    columns, note = _columns(reader)
    return note, _csv_rows(reader, columns)


def _columns(reader: Any) -> tuple[list[str], str]:
    try:
        columns = [name.strip().lower() for name in next(reader)]
    except csv.Error:
        columns = []
    if columns.count("prompt") != 1:
        raise UploadRefused(
            "The first line does not name the columns. One of them must be “prompt”; "
            "“seed” and “external_id” can be given too."
        )
    for name in _COLUMNS:
        if columns.count(name) > 1:
            raise UploadRefused(f"The column “{name}” is there twice. Remove one of them.")
    unknown = [readable(name) for name in columns if name not in _COLUMNS]
    return columns, f"Columns not used: {', '.join(unknown)}." if unknown else ""


def _csv_rows(reader: Any, columns: list[str]) -> Iterator[Fields]:
    while True:
        line = reader.line_num + 1
        try:
            yield _csv_fields(line, next(reader), columns)
        except StopIteration:
            return
        except csv.Error:
            yield Fields(
                line,
                problem="The quotation marks of this row do not match, so it cannot be read (nor "
                "what follows, if one is never closed). Double a mark that belongs to the prompt.",
            )


def _csv_fields(line: int, values: list[str], columns: list[str]) -> Fields:
    if not values:
        return Fields(line)
    fields = dict(zip(columns, values, strict=False))
    if len(values) > len(columns):
        return Fields(
            line,
            fields["prompt"],
            problem=f"This row has {len(values)} fields and the header names {len(columns)}. "
            "Put a prompt with a separator in it between quotation marks.",
        )
    seed: str | int = fields.get("seed", "").strip()
    if _DIGITS.fullmatch(str(seed)):
        seed = int(seed)
    external_id = fields.get("external_id") or None
    return Fields(line, fields.get("prompt", ""), None if seed == "" else seed, external_id)


_READERS = {"csv": _read_csv, "jsonl": _read_jsonl, "text": _read_text}
_EXTENSIONS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".json": "jsonl",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".txt": "text",
}
