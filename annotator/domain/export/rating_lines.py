"""The ratings as CSV, fast: byte for byte what `formats` writes, at a multiple of its speed.

A line is joined from texts. Those of raters, displays and items are made once for the many ratings
that share them; what is of one answer alone is made into text by the database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

from django.db import connection
from django.db.models import F, Func, QuerySet, TextField, Value

from annotator import __version__
from annotator.domain.export.columns import Column
from annotator.domain.export.formats import batches
from annotator.domain.export.item_texts import ItemTexts, texts_of
from annotator.domain.export.rating_columns import ANSWER, DISPLAY, RATER, RATING_COLUMNS, SEEN
from annotator.domain.export.reading import read, read_ahead
from annotator.domain.export.shared_texts import SharedTexts, csv_line, csv_text
from annotator.models import Rater, Study

# So few that they stay near the processor; so many that what is done once for all is little.
_AT_ONCE = 500
# So many that waiting for one another is little to two threads.
_AHEAD_AT_ONCE = 2000
_RATERS_AT_ONCE = 500
# Preparing the texts of all items pays once so many rows per item have been written without.
_WORTH_PREPARING = 0.02
_RATER_KEY = Column("", "pk", "integer", "")


def rating_csv(study: Study, rated: QuerySet[Rater]) -> Iterator[bytes]:
    """The header and the rows, in pieces; `rated` has a row per rating, in the table's order."""
    yield csv_line(column.name for column in RATING_COLUMNS).encode()
    answers, displays = SharedTexts(ANSWER), SharedTexts(DISPLAY)
    end = f",{__version__}\r\n"
    raters = _RaterTexts(study)
    for rows, items in _with_items(study, _batches(rated)):
        lines = [
            f"{row[2]},{row[1]},{raters[row[0]]},{answers[row[_ANSWER]]},"
            f"{displays[row[_DISPLAY]]},{row[3]},{item}{end}"
            for row, item in zip(rows, items, strict=True)
        ]
        yield "".join(lines).encode()


_ANSWER, _DISPLAY = slice(4, 4 + len(ANSWER)), slice(4 + len(ANSWER), None)
_Rows = list[tuple[Any, ...]]


def _batches(rated: QuerySet[Rater]) -> Iterator[_Rows]:
    if connection.vendor == "sqlite":
        return batches(_rows(rated, _AT_ONCE), _AT_ONCE)
    return read_ahead(batches(_rows(rated, _AHEAD_AT_ONCE), _AHEAD_AT_ONCE))


def _rows(rated: QuerySet[Rater], at_once: int) -> Iterator[tuple[Any, ...]]:
    """Keys of rater, item and rating; what was seen, as text; the values of the shared columns."""
    paths = [column.source for column in (*ANSWER, *DISPLAY)]
    keys = ("pk", "assignments__item_id", "assignments__ratings__pk")
    found = rated.annotate(seen=_joined(SEEN)).values_list(*keys, "seen", *paths)
    return cast(Iterator[tuple[Any, ...]], found.iterator(chunk_size=at_once))


def _with_items(study: Study, found: Iterator[_Rows]) -> Iterator[tuple[_Rows, list[str]]]:
    """Rows, and the text of each one's item. The first wait for their own only."""
    written, prepared = 0, None
    for rows in found:
        items = [row[1] for row in rows]
        if prepared is None and written > _WORTH_PREPARING * study.items.count():
            prepared = ItemTexts(study.items.all(), study.generations.all())
        texts = prepared or texts_of(items)
        yield rows, texts.of(items)
        written += len(rows)


class _RaterTexts(dict[int, str]):
    """By key, some hundreds at a time, since ratings come rater by rater."""

    def __init__(self, study: Study) -> None:
        self._raters = study.raters.order_by("pk")

    def __missing__(self, key: int) -> str:
        self.clear()
        following = self._raters.filter(pk__gte=key)[:_RATERS_AT_ONCE]
        for found, *cells in read(following, (_RATER_KEY, *RATER)):
            self[found] = csv_text(RATER, cells)
        return self[key]


# -- texts made by the database ------------------------------------------------------------------


class _Format(Func):
    """Text with `%s` for each expression; nothing where an expression is NULL."""

    function = "format"
    output_field = TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        # `format` only since SQLite 3.38. The spaces are those within times.
        template = "replace(printf(%(expressions)s), ' ', 'T')"
        return self.as_sql(compiler, connection, template=template, **extra)


class _Time(Func):
    """As `formats.utc`, within `_Format`."""

    output_field = TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        # Stored as “2026-03-01 09:00:00”, with six more digits unless they are zeros. `_Format`
        # makes the space a “T”, of all times at once.
        template = "substr(%(expressions)s || '.000', 1, 23) || 'Z'"
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
