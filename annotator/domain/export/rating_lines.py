"""The ratings as CSV, fast: byte for byte what `formats` writes, at a multiple of its speed.

A line is joined from texts. Those of raters, words, pictures and displays are made once and
remembered, within bounds, since many ratings share them; what is of one answer alone is made into
text by the database.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, cast

from django.db.models import F, Func, Model, QuerySet, TextField, Value

from annotator import __version__
from annotator.domain.export.columns import Column
from annotator.domain.export.formats import batches, csv_cells
from annotator.domain.export.rating_columns import (
    ANSWER,
    DISPLAY,
    FROM_ITEM,
    FROM_PICTURE,
    PICTURE,
    RATER,
    RATING_COLUMNS,
    SEEN,
    WORD,
)
from annotator.domain.export.reading import ROWS_AT_ONCE, read
from annotator.domain.export.study_columns import from_model
from annotator.models import Generation, Item, Rater

_AT_ONCE = 2 * ROWS_AT_ONCE
# Of each kind of text. A text of fifty letters takes some two hundred bytes of memory.
_MOST_BYTES = 25_000_000
_MOST_SHARED = 10_000


def rating_csv(rated: QuerySet[Rater]) -> Iterator[bytes]:
    """The header and the rows, in pieces; `rated` has a row per rating, in the table's order."""
    yield _line(column.name for column in RATING_COLUMNS).encode()
    raters = _Texts(Rater, RATER)
    words = _Texts(Item, from_model(WORD, FROM_ITEM), extra="heat_map__generation_id")
    pictures = _Texts(Generation, from_model(PICTURE, FROM_PICTURE))
    answers, displays = _Shared(ANSWER), _Shared(DISPLAY)
    end = f",{__version__}\r\n"
    for rows in batches(_rows(rated), _AT_ONCE):
        rater_of = raters.fetch({row[0] for row in rows})
        word_of = words.fetch({row[1] for row in rows})
        picture_of = pictures.fetch({picture for _, picture in word_of.values()})
        lines = []
        for rater, item, rating, seen, *values in rows:
            shared = tuple(values)
            word, picture = word_of[item]
            lines.append(
                f"{rating},{item},{rater_of[rater][0]},{answers[shared[:_SPLIT]]},"
                f"{displays[shared[_SPLIT:]]},{seen},{word},{picture_of[picture][0]}{end}"
            )
        yield "".join(lines).encode()


_SPLIT = len(ANSWER)


def _rows(rated: QuerySet[Rater]) -> Iterator[tuple[Any, ...]]:
    """Keys of rater, item and rating; what was seen, as text; the values of the shared columns."""
    paths = [column.source for column in (*ANSWER, *DISPLAY)]
    keys = ("pk", "assignments__item_id", "assignments__ratings__pk")
    found = rated.annotate(seen=_joined(SEEN)).values_list(*keys, "seen", *paths)
    return cast(Iterator[tuple[Any, ...]], found.iterator(chunk_size=_AT_ONCE))


# -- texts that many ratings share ---------------------------------------------------------------


class _Texts:
    """The rows of a model as texts, each with one more value; those used last are remembered."""

    def __init__(self, model: type[Model], columns: Sequence[Column], extra: str = "pk") -> None:
        self._rows = model._default_manager.order_by("pk")
        self._columns = columns
        self._hidden = (Column("", "pk", "integer", ""), Column("", extra, "integer", ""))
        self._known: dict[int, tuple[str, int]] = {}
        self._bytes = 0

    def fetch(self, keys: set[int]) -> dict[int, tuple[str, int]]:
        """The texts of these keys, at least."""
        if self._bytes > _MOST_BYTES:
            self._forget_older_half()
        rows = self._rows.filter(pk__in=keys - self._known.keys())
        for key, extra, *cells in read(rows, (*self._hidden, *self._columns)):
            text = _text(self._columns, cells)
            self._known[key] = (text, extra)
            self._bytes += _size(text)
        return self._known

    def _forget_older_half(self) -> None:
        for key in list(islice(self._known, len(self._known) // 2)):
            text, _ = self._known.pop(key)
            self._bytes -= _size(text)


class _Shared(dict[tuple[Any, ...], str]):
    """The text of each combination of values that columns have had."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns

    def __missing__(self, values: tuple[Any, ...]) -> str:
        if len(self) >= _MOST_SHARED:
            self.clear()
        self[values] = _text(self._columns, values)
        return self[values]


def _size(text: str) -> int:
    """Bytes, about, with the key, the tuple and their places in the dictionary."""
    return 4 * len(text) + 250 if not text.isascii() else len(text) + 250


def _text(columns: Sequence[Column], cells: Sequence[Any]) -> str:
    return _line(csv_cells(columns, cells)).removesuffix("\r\n")


def _line(cells: Iterable[Any]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()


# -- texts made by the database ------------------------------------------------------------------


class _Format(Func):
    """Text with `%s` for each expression; nothing where an expression is NULL."""

    function = "format"
    output_field = TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        # `format` only since SQLite 3.38
        return self.as_sql(compiler, connection, function="printf", **extra)


class _Time(Func):
    """As `formats.utc`."""

    output_field = TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        # Stored as “2026-03-01 09:00:00”, with six more digits unless they are zeros.
        template = "substr(replace(%(expressions)s, ' ', 'T') || '.000', 1, 23) || 'Z'"
        return self.as_sql(compiler, connection, template=template, **extra)

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        template = (
            "to_char(%(expressions)s AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"
        )
        return self.as_sql(compiler, connection, template=template, **extra)


class _Boolean(Func):
    template = "CASE WHEN %(expressions)s THEN 'true' WHEN NOT %(expressions)s THEN 'false' END"
    output_field = TextField()


def _joined(columns: Sequence[Column]) -> Func:
    """One text of these columns, none of which ever needs quotes."""
    texts: dict[str, Callable[[str], Any]] = {"time": _Time, "boolean": _Boolean, "integer": F}
    cells = [texts[column.type](column.source) for column in columns]
    return _Format(Value(",".join(["%s"] * len(cells))), *cells)
