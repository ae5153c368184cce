"""One row of a file of prompts: can it be imported, and if not, why. Pure."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

MAX_PROMPT_CHARACTERS = 2000
# What a word and an external id may have in the database; a word holds no white space.
MAX_WORD_CHARACTERS = 200
MAX_EXTERNAL_ID_CHARACTERS = 200
MAX_SEED = 2**63 - 1

_LINE_BREAKS_AND_TAB = "\n\r\t"
# Half of a character: bytes that are not UTF-8 are read as these, and JSON can spell them out.
_SURROGATE = re.compile("[\ud800-\udfff]")
_ENDLESS_WORD = re.compile(rf"\S{{{MAX_WORD_CHARACTERS + 1},}}")


@dataclass(frozen=True)
class Fields:
    """One row as it stands in the file, before it is judged.

    An empty line has no prompt at all; `problem` says why a row could not be split.
    """

    line: int
    prompt: str | None = None
    seed: Any = None
    external_id: Any = None
    problem: str = ""


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


def judge(fields: Fields, study_seed: int) -> Row | RefusedRow:
    prompt = fields.prompt or ""
    problem = (
        fields.problem
        or _problem_of_text(prompt)
        or _problem_of_seed(fields.seed)
        or _problem_of_external_id(fields.external_id)
    )
    if problem:
        return RefusedRow(fields.line, readable(prompt[:MAX_PROMPT_CHARACTERS]), problem)
    text = prompt.strip()
    seed = derived_seed(study_seed=study_seed, text=text) if fields.seed is None else fields.seed
    external_id = "" if fields.external_id is None else str(fields.external_id).strip()
    return Row(fields.line, text, seed, external_id)


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


def duplicate(row: Row, earlier: int) -> RefusedRow:
    return RefusedRow(
        row.line,
        row.text,
        f"The same prompt with the same seed is on line {earlier} already. "
        "Give it another seed for another picture of it.",
    )


def _is_control(letter: str) -> bool:
    return unicodedata.category(letter) == "Cc" and letter not in _LINE_BREAKS_AND_TAB
