"""What a column is. Every table and its codebook read the same description."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Type = Literal["integer", "number", "text", "code", "boolean", "time"]
Row = list[Any]


@dataclass(frozen=True)
class Column:
    """One column. `source` is a path from the table's model; `key`, where it leads to JSON.

    Cells are int, float, str, bool or datetime, by the type; None where there is nothing.
    """

    name: str
    source: str
    type: Type
    meaning: str
    unit: str = ""
    allowed: str = ""
    key: str = ""

    @property
    def values(self) -> str:
        """What a cell can hold: the column's own values, or those of its type."""
        return self.allowed or _VALUES.get(self.type, "")


_VALUES: dict[str, str] = {
    "text": "any text; in CSV, an apostrophe stands before one that begins like a formula (=+-@)",
    "time": "ISO 8601 with milliseconds, or empty",
    "boolean": "true | false",
}


def codes(values: list[str]) -> str:
    return " | ".join(values)
