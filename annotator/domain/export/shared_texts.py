"""Cells as CSV text, made once for all rows that share them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from annotator.domain.export.columns import Column
from annotator.domain.export.formats import csv_cells

_MOST = 10_000


class SharedTexts(dict[tuple[Any, ...], str]):
    """The text of each combination of values that the columns have had, within bounds."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns

    def __missing__(self, values: tuple[Any, ...]) -> str:
        if len(self) >= _MOST:
            self.clear()
        self[values] = csv_text(self._columns, values)
        return self[values]


def csv_text(columns: Sequence[Column], cells: Sequence[Any]) -> str:
    """The cells of these columns within a line."""
    return csv_line(csv_cells(columns, cells)).removesuffix("\r\n")


def csv_line(cells: Iterable[Any]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()
