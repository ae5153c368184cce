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
import hashlib
import io
import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from annotator.errors import UploadRefused

MAX_PROMPT_CHARACTERS = 2000
# What a word and an external id may have in the database; a word holds no white space.
MAX_WORD_CHARACTERS = 200
MAX_EXTERNAL_ID_CHARACTERS = 200
MAX_SEED = 2**63 - 1

_COLUMNS = ("prompt", "seed", "external_id")
_LINE_BREAKS_AND_TAB = "\n\r\t"
_DIGITS = re.compile(r"[0-9]{1,19}", re.ASCII)
_SURROGATE = re.compile("[\ud800-\udfff]")
_ENDLESS_WORD = re.compile(rf"\S{{{MAX_WORD_CHARACTERS + 1},}}")


@dataclass(frozen=True)
class Row:
    """A prompt that can be imported. `line` is where it begins in the file, from 1."""

    line: int
    text: str
    seed: int
    external_id: str = ""


@dataclass(frozen=True)
class RefusedRow:
    """A row that cannot be imported, and why, in a sentence."""

    line: int
    prompt: str
    reason: str


@dataclass(frozen=True)
class Contents:
    """Everything a file holds: each of its rows is in exactly one of the two, in file order."""

    rows: tuple[Row, ...]
    refused: tuple[RefusedRow, ...]
    note: str = ""


@dataclass(frozen=True)
class _Fields:
    """One row as it stands in the file, before it is judged; `problem` if it could not be split."""

    line: int
    prompt: Any = None
    seed: Any = None
    external_id: Any = None
    problem: str = ""


def read_prompts(*, file_name: str, content: bytes, study_seed: int) -> Contents:
    """Raises `UploadRefused` where no row can be read at all."""
    text = _decode(content)
    reader = _READERS[_format(file_name, text)]
    note, found = reader(text)
    rows: list[Row] = []
    refused: list[RefusedRow] = []
    first_line: dict[tuple[str, int], int] = {}
    for fields in _without_blank_end(found):
        row = _judge(fields, study_seed)
        if isinstance(row, RefusedRow):
            refused.append(row)
        elif (row.text, row.seed) in first_line:
            refused.append(_duplicate(row, first_line[row.text, row.seed]))
        else:
            first_line[row.text, row.seed] = row.line
            rows.append(row)
    return Contents(tuple(rows), tuple(refused), note)


def derived_seed(*, study_seed: int, text: str) -> int:
    """The seed of a prompt that has none: 32 bits of SHA-256 over "study seed, NUL, text"."""
    digest = hashlib.sha256(f"{study_seed}\0{text}".encode()).digest()
    return int.from_bytes(digest[:4], "big")


def readable(text: str) -> str:
    """`text` as every database and browser takes it: what is not a character becomes U+FFFD."""
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if _SURROGATE.match(letter) or _is_control(letter) else letter
        for letter in text
    )


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


def _without_blank_end(found: Iterator[_Fields]) -> Iterator[_Fields]:
    """Empty lines at the end of a file are nothing; anywhere else they are missing prompts."""
    blank: list[_Fields] = []
    for fields in found:
        if not str(fields.prompt).strip() and fields == _Fields(fields.line, fields.prompt):
            blank.append(fields)
            continue
        yield from blank
        blank.clear()
        yield fields


# -- formats -------------------------------------------------------------------------------------


def _read_text(text: str) -> tuple[str, Iterator[_Fields]]:
    return "", (_Fields(line, prompt=prompt) for line, prompt in _lines(text))


def _lines(text: str) -> Iterator[tuple[int, str]]:
    # Not `splitlines`, which also breaks at characters that may stand in a prompt.
    stream = io.StringIO(text, newline=None)
    return ((number, line.rstrip("\n")) for number, line in enumerate(stream, start=1))


def _read_jsonl(text: str) -> tuple[str, Iterator[_Fields]]:
    return "", (_json_fields(line, source) for line, source in _lines(text))


def _json_fields(line: int, source: str) -> _Fields:
    if not source.strip():
        return _Fields(line, prompt="")
    try:
        found = json.loads(source)
    except (ValueError, RecursionError):  # ValueError: numbers of more digits than Python reads too
        return _Fields(line, source, problem='This line is not JSON such as {"prompt": "a cat"}.')
    if not isinstance(found, dict):
        return _Fields(line, source, problem='This line is not an object like {"prompt": "a cat"}.')
    if "prompt" not in found:
        return _Fields(line, source, problem="This object has no “prompt”.")
    if not isinstance(found["prompt"], str):
        return _Fields(line, source, problem="The prompt is not a text; put it in quotes.")
    return _Fields(line, found["prompt"], found.get("seed"), found.get("external_id"))


def _read_csv(text: str) -> tuple[str, Iterator[_Fields]]:
    header = next(iter(_lines(text)))[1]
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


def _csv_rows(reader: Any, columns: list[str]) -> Iterator[_Fields]:
    while True:
        line = reader.line_num + 1
        try:
            yield _csv_fields(line, next(reader), columns)
        except StopIteration:
            return
        except csv.Error:
            yield _Fields(
                line,
                problem="The quotation marks of this row do not match, so it cannot be read (nor "
                "what follows, if one is never closed). Double a mark that belongs to the prompt.",
            )


def _csv_fields(line: int, values: list[str], columns: list[str]) -> _Fields:
    if not values:
        return _Fields(line, prompt="")
    fields = dict(zip(columns, values, strict=False))
    if len(values) > len(columns):
        return _Fields(
            line,
            fields["prompt"],
            problem=f"This row has {len(values)} fields and the header names {len(columns)}. "
            "Put a prompt with a separator in it between quotation marks.",
        )
    seed: str | int = fields.get("seed", "").strip()
    if _DIGITS.fullmatch(str(seed)):
        seed = int(seed)
    prompt, external_id = fields.get("prompt", ""), fields.get("external_id", "")
    return _Fields(line, prompt, None if seed == "" else seed, external_id or None)


_READERS = {"csv": _read_csv, "jsonl": _read_jsonl, "text": _read_text}
_EXTENSIONS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".json": "jsonl",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".txt": "text",
}


# -- one row -------------------------------------------------------------------------------------


def _judge(fields: _Fields, study_seed: int) -> Row | RefusedRow:
    shown = readable(str(fields.prompt or ""))[:MAX_PROMPT_CHARACTERS]
    problem = fields.problem or (
        _problem_of_text(fields.prompt)
        or _problem_of_seed(fields.seed)
        or _problem_of_external_id(fields.external_id)
    )
    if problem:
        return RefusedRow(fields.line, shown, problem)
    text = fields.prompt.strip()
    seed = derived_seed(study_seed=study_seed, text=text) if fields.seed is None else fields.seed
    return Row(fields.line, text, seed, str(fields.external_id or "").strip())


def _problem_of_text(text: str) -> str:
    if _SURROGATE.search(text):
        return "This row is not UTF-8. Save the file as UTF-8 and upload it again."
    if not text.strip():
        return "The prompt is empty."
    if any(map(_is_control, text)):
        return "The prompt has a control character in it, such as NUL or a form feed. Remove it."
    if len(text) > MAX_PROMPT_CHARACTERS:
        return f"The prompt has {len(text)} characters; at most {MAX_PROMPT_CHARACTERS} are read."
    if _ENDLESS_WORD.search(text):
        return f"The prompt has more than {MAX_WORD_CHARACTERS} characters without a space."
    return ""


def _problem_of_seed(seed: Any) -> str:
    if seed is None:
        return ""
    if isinstance(seed, int) and not isinstance(seed, bool) and 0 <= seed <= MAX_SEED:
        return ""
    return f"The seed “{readable(str(seed))[:40]}” is not a whole number from 0 to 2⁶³ − 1."


def _problem_of_external_id(external_id: Any) -> str:
    if external_id is None:
        return ""
    if isinstance(external_id, bool) or not isinstance(external_id, str | int):
        return "The external_id is neither a text nor a whole number."
    text = str(external_id)
    if _SURROGATE.search(text) or any(map(_is_control, text)):
        return "The external_id has characters in it that are not UTF-8 text. Remove them."
    if len(text) > MAX_EXTERNAL_ID_CHARACTERS:
        return f"The external_id is longer than {MAX_EXTERNAL_ID_CHARACTERS} characters."
    return ""


def _duplicate(row: Row, earlier: int) -> RefusedRow:
    return RefusedRow(
        row.line,
        row.text,
        f"The same prompt with the same seed is on line {earlier} already. "
        "Give it another seed for another picture of it.",
    )


def _is_control(letter: str) -> bool:
    return unicodedata.category(letter) == "Cc" and letter not in _LINE_BREAKS_AND_TAB
