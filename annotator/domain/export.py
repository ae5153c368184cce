"""Ratings as a tidy table that leaves the database as it arrives: one row per rating that counts.

The CSV is RFC 4180 in UTF-8 without a byte order mark: comma, CRLF, quotes where needed.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import Any

from django.db.models import TextField
from django.db.models.functions import Cast

from annotator import __version__
from annotator.domain.codebook import ANSWER, COLUMNS, HEADER, PRESENTATION, PROVENANCE, STIMULUS
from annotator.models import Rating, Study

ROWS_PER_CHUNK = 1000
# What spreadsheets take for the beginning of a formula (OWASP, "CSV Injection").
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_BEFORE = (*ANSWER, *STIMULUS)
_ASKED = (*_BEFORE, *PRESENTATION)

Row = list[Any]


def guard_cell(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet would run it as a formula.

    Prompts are other people's text. The word “-” is exported as “'-”.
    """
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def count_rows(*, study: Study) -> int:
    return Rating.objects.current().in_study(study).count()


def rating_rows(*, study: Study) -> Iterator[Row]:
    """The rows under `HEADER`, oldest rating first, from one query: a snapshot of one moment."""
    ratings = (
        Rating.objects.current()
        .in_study(study)
        .order_by("pk")
        # As text: the same provenance is on many rows and is read once.
        .annotate(
            provenance=Cast("assignment__item__heat_map__generation__provenance", TextField())
        )
        .values_list("provenance", *(column.source for column in _ASKED))
    )
    converters = [_CONVERTERS.get(column.type) for column in _ASKED]
    split = len(_BEFORE)
    for provenance, *values in ratings.iterator(chunk_size=ROWS_PER_CHUNK):
        cells = [
            value if convert is None or value is None else convert(value)
            for convert, value in zip(converters, values, strict=True)
        ]
        yield [*cells[:split], *_provenance_cells(provenance), *cells[split:], __version__]


def codebook_rows() -> Iterator[Row]:
    """What every column means: a header, then one row per column of the export."""
    yield ["name", "type", "unit", "allowed_values", "meaning"]
    for column in COLUMNS:
        yield [column.name, column.type, column.unit, column.values, column.meaning]


def ratings_csv(*, study: Study) -> Iterator[str]:
    """The header, then the ratings of the study, in pieces of some hundred kilobytes."""
    yield from csv_pieces([HEADER])
    yield from csv_pieces(rating_rows(study=study))


def csv_pieces(rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Rows as CSV text, `ROWS_PER_CHUNK` at a time, so that memory does not grow with the table."""
    remaining = iter(rows)
    while piece := list(islice(remaining, ROWS_PER_CHUNK)):
        text = io.StringIO()
        csv.writer(text).writerows(piece)
        yield text.getvalue()


@lru_cache(maxsize=1024)
def _provenance_cells(provenance: str) -> tuple[Any, ...]:
    stored = json.loads(provenance)
    cells = (stored.get(column.source) for column in PROVENANCE)
    return tuple(guard_cell(cell) if isinstance(cell, str) else cell for cell in cells)


def _utc(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


_CONVERTERS: dict[str, Callable[[Any], str]] = {
    "text": guard_cell,
    "time": _utc,
    "boolean": lambda value: "true" if value else "false",
}
