"""A table in the formats people ask for: CSV, JSON Lines, Parquet. Written as it is read.

The CSV is RFC 4180 in UTF-8 without a byte order mark: comma, CRLF, quotes where needed.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from annotator.domain.export.columns import Column, Row
from annotator.domain.export.reading import ROWS_AT_ONCE

if TYPE_CHECKING:
    import pyarrow

# What spreadsheets take for the beginning of a formula (OWASP, "CSV Injection").
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
T = TypeVar("T")


@dataclass(frozen=True)
class Format:
    """How rows become a file. `write` yields its pieces, none of them large."""

    name: str
    extension: str
    content_type: str
    write: Callable[[Sequence[Column], Iterable[Row]], Iterator[bytes]]


def guard_cell(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet would run it as a formula.

    Prompts are other people's text. The word “-” is exported as “'-”.
    """
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def utc(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def batches(rows: Iterable[T], size: int = ROWS_AT_ONCE) -> Iterator[list[T]]:
    remaining = iter(rows)
    while batch := list(islice(remaining, size)):
        yield batch


# -- CSV -----------------------------------------------------------------------------------------


def csv_pieces(rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Rows as CSV text, some at a time, so that memory does not grow with the table."""
    for batch in batches(rows):
        text = io.StringIO()
        csv.writer(text).writerows(batch)
        yield text.getvalue()


def csv_cells(columns: Sequence[Column], row: Sequence[Any]) -> Row:
    """What `csv.writer` is given for a row."""
    return [
        cell if cell is None or column.type not in _CSV_CELLS else _CSV_CELLS[column.type](cell)
        for column, cell in zip(columns, row, strict=True)
    ]


_CSV_CELLS: dict[str, Callable[[Any], str]] = {
    "text": guard_cell,
    "code": guard_cell,
    "time": utc,
    "boolean": lambda value: "true" if value else "false",
}


def _csv(columns: Sequence[Column], rows: Iterable[Row]) -> Iterator[bytes]:
    header = [column.name for column in columns]
    for piece in csv_pieces([header]):
        yield piece.encode()
    for piece in csv_pieces(csv_cells(columns, row) for row in rows):
        yield piece.encode()


# -- JSON Lines ----------------------------------------------------------------------------------


def _json_lines(columns: Sequence[Column], rows: Iterable[Row]) -> Iterator[bytes]:
    names = [column.name for column in columns]
    for batch in batches(rows):
        lines = (dict(zip(names, map(_json_cell, row), strict=True)) for row in batch)
        yield "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()


def _json_cell(cell: Any) -> Any:
    if isinstance(cell, datetime):
        return utc(cell)
    # JSON knows no other numbers.
    return None if isinstance(cell, float) and not math.isfinite(cell) else cell


# -- Parquet -------------------------------------------------------------------------------------


def parquet_schema(columns: Sequence[Column]) -> pyarrow.Schema:
    """The columns' types; a column's meaning and unit are its metadata."""
    import pyarrow

    types: dict[str, pyarrow.DataType] = {
        "integer": pyarrow.int64(),
        "number": pyarrow.float64(),
        "boolean": pyarrow.bool_(),
        "time": pyarrow.timestamp("ms", tz="UTC"),
        "text": pyarrow.string(),
        "code": pyarrow.string(),
    }
    return pyarrow.schema(
        pyarrow.field(
            column.name,
            types[column.type],
            metadata={"meaning": column.meaning, "unit": column.unit},
        )
        for column in columns
    )


def parquet_pieces(schema: pyarrow.Schema, rows: Iterable[Row], at_once: int) -> Iterator[bytes]:
    """Rows of the schema's cells, `at_once` in a row group."""
    # Not at the top: a web process that is never asked for Parquet does without its 50 MB.
    import pyarrow
    import pyarrow.parquet

    sink = Sink()
    with pyarrow.parquet.ParquetWriter(sink, schema, compression="zstd") as writer:
        for batch in batches(rows, at_once):
            cells = zip(*batch, strict=True)
            arrays = [
                pyarrow.array(column, field.type, safe=False)
                for column, field in zip(cells, schema, strict=True)
            ]
            writer.write_batch(pyarrow.RecordBatch.from_arrays(arrays, schema=schema))
            yield sink.take()
    yield sink.take()


def _parquet(columns: Sequence[Column], rows: Iterable[Row]) -> Iterator[bytes]:
    return parquet_pieces(parquet_schema(columns), rows, 20 * ROWS_AT_ONCE)


class Sink(io.RawIOBase):
    """A file that is carried away while it is written; it cannot go back."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._position = 0

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        self._pieces.append(bytes(piece))
        self._position += len(self._pieces[-1])
        return len(self._pieces[-1])

    def tell(self) -> int:
        return self._position

    def take(self) -> bytes:
        """What was written since the last time."""
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


FORMATS = {
    found.extension: found
    for found in (
        Format("CSV", "csv", "text/csv; charset=utf-8", _csv),
        Format("JSON Lines", "jsonl", "application/jsonl; charset=utf-8", _json_lines),
        Format("Parquet", "parquet", "application/vnd.apache.parquet", _parquet),
    )
}
