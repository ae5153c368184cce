"""What a report is made of: points of a checklist, each with its sentence."""

from __future__ import annotations

from dataclasses import dataclass

MISSING = "not recorded, fill in"


@dataclass(frozen=True)
class Row:
    """One point of the checklist. An empty answer is a fact that nobody has recorded.

    `cites` are keys of `references.ENTRIES` for the sentence.
    """

    asked: str
    answer: str
    sentence: str = ""
    cites: tuple[str, ...] = ()

    @property
    def recorded(self) -> bool:
        return bool(self.answer)


@dataclass(frozen=True)
class Topic:
    title: str
    rows: tuple[Row, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """What is asked and not recorded."""
        return tuple(row.asked for row in self.rows if not row.recorded)


def closed(text: str) -> str:
    """What a person wrote, closed by a full stop."""
    written = " ".join(text.split())
    return written if not written or written[-1] in ".!?。！？" else f"{written}."


def count(n: int, thing: str) -> str:
    return f"{n} {thing}" if n == 1 else f"{n} {thing}s"
