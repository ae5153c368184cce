"""What an experiment found: tables, remarks, pictures; as text, CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from daam_engine.analysis.intervals import Estimate
from daam_engine.errors import InvalidRequestError
from daam_engine.experiments.chart import Chart

Cell = str | int | float | bool | Estimate | None
_PAPER = (255, 255, 255)


@dataclass(frozen=True)
class Table:
    """`name` is a file name without its ending. A cell of None is what could not be measured."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def as_text(self) -> str:
        """In columns, an estimate as "0.51 (0.44 to 0.58)"."""
        lines = [self.columns, *([_shown(cell) for cell in row] for row in self.rows)]
        widths = [max(len(line[place]) for line in lines) for place in range(len(self.columns))]
        aligned = [
            "  ".join(
                text.ljust(width) if place == 0 else text.rjust(width)
                for place, (text, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in lines
        ]
        return "\n".join([self.title, aligned[0], "-" * len(aligned[0]), *aligned[1:]])

    def as_csv(self) -> str:
        """An estimate fills four columns: itself, its interval, and over how many values."""
        wide = [
            any(isinstance(row[place], Estimate) for row in self.rows)
            for place in range(len(self.columns))
        ]
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        header = [
            [name, f"{name} low", f"{name} high", f"{name} n"] if is_wide else [name]
            for name, is_wide in zip(self.columns, wide, strict=True)
        ]
        writer.writerow([name for names in header for name in names])
        for row in self.rows:
            cells = [_spread(cell, is_wide) for cell, is_wide in zip(row, wide, strict=True)]
            writer.writerow([value for values in cells for value in values])
        return buffer.getvalue()


@dataclass(frozen=True, eq=False)
class Outcome:
    """The tables in the order they are read, remarks on them, example pictures by name, charts.

    `listings` are tables too long to be read: they are written as files and nowhere else.
    """

    kind: str
    tables: tuple[Table, ...]
    remarks: tuple[str, ...] = ()
    pictures: Mapping[str, Image.Image] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    charts: tuple[Chart, ...] = ()
    listings: tuple[Table, ...] = ()

    def as_text(self) -> str:
        return "\n\n".join([*(table.as_text() for table in self.tables), *self.remarks])

    def as_json(self) -> dict[str, Any]:
        """Estimates are objects, what is undefined is null."""
        return {
            "experiment": self.kind,
            "tables": [
                {
                    "name": table.name,
                    "title": table.title,
                    "columns": list(table.columns),
                    "rows": [[_plain(cell) for cell in row] for row in table.rows],
                }
                for table in self.tables
            ],
            "charts": [_defined(asdict(chart)) for chart in self.charts],
            "remarks": list(self.remarks),
            "provenance": dict(self.provenance),
        }

    def write(self, folder: Path) -> list[Path]:
        """A CSV per table, `result.json`, a PNG per picture; returns what was written."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            written = []
            for table in (*self.tables, *self.listings):
                written.append(folder / f"{table.name}.csv")
                written[-1].write_text(table.as_csv(), encoding="utf-8")
            written.append(folder / "result.json")
            text = json.dumps(self.as_json(), ensure_ascii=False, indent=2)
            written[-1].write_text(f"{text}\n", encoding="utf-8")
            for name, picture in self.pictures.items():
                written.append(folder / f"{name}.png")
                picture.save(written[-1])
        except OSError as error:
            raise InvalidRequestError(
                f"“{folder}” cannot be written to ({error.strerror}); choose another folder."
            ) from error
        return written


def arranged(pages: Sequence[Image.Image], columns: int = 1) -> Image.Image:
    """Sheets in rows, from left to right and from top to bottom."""
    rows = [pages[start : start + columns] for start in range(0, len(pages), columns)]
    width = max(page.width for page in pages)
    heights = [max(page.height for page in row) for row in rows]
    whole = Image.new("RGB", (width * min(columns, len(pages)), sum(heights)), _PAPER)
    for number, row in enumerate(rows):
        for place, page in enumerate(row):
            whole.paste(page, (place * width, sum(heights[:number])))
    return whole


def _shown(cell: Cell) -> str:
    if isinstance(cell, Estimate):
        if math.isnan(cell.value):
            return "–"
        if math.isnan(cell.low):
            return f"{cell.value:.3f}"
        return f"{cell.value:.3f} ({cell.low:.3f} to {cell.high:.3f})"
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return "–"
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return f"{cell:.4g}" if isinstance(cell, float) else str(cell)


def _spread(cell: Cell, wide: bool) -> list[Any]:
    if isinstance(cell, Estimate):
        plain = _plain(cell)
        return [plain["value"], plain["low"], plain["high"], plain["n"]]
    return [_plain(cell), *([None] * 3 if wide else [])]


def _plain(cell: Cell) -> Any:
    return _defined(asdict(cell) if isinstance(cell, Estimate) else cell)


def _defined(value: Any) -> Any:
    """What JSON can hold: nothing in the place of NaN, at any depth."""
    if isinstance(value, dict):
        return {name: _defined(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_defined(one) for one in value]
    return None if isinstance(value, float) and math.isnan(value) else value
