"""From the database to rows, a few at a time and all of one moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar

from django.db import connection, transaction
from django.db.models import QuerySet

from annotator.domain.export.columns import Column, Row

ROWS_AT_ONCE = 1000
# The moment is that of the first read.
_FIRST_READ = "SELECT 1 FROM annotator_study LIMIT 1"
T = TypeVar("T")
Aside = Callable[[Callable[[], object]], None]


@contextmanager
def one_moment() -> Iterator[Aside]:
    """Whatever is read inside is of one moment, while others go on writing.

    Yields a function that does something outside that moment, for all to see: a report of progress.
    """
    if connection.in_atomic_block:
        # The caller's transaction is the moment.
        yield lambda call: _ignore(call())
    elif connection.vendor == "sqlite":
        # Not `atomic`: it begins by taking the only writer's place, and raters would have to wait.
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
            cursor.execute(_FIRST_READ)
            try:
                yield _on_another_connection
            finally:
                cursor.execute("ROLLBACK")
    else:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                cursor.execute(_FIRST_READ)
            yield _on_another_connection


def read(rows: QuerySet[Any], columns: Sequence[Column]) -> Iterator[Row]:
    """The columns' cells, in the order of the query."""
    paths = list(dict.fromkeys(column.source for column in columns))
    place = {path: index for index, path in enumerate(paths)}
    wanted = [(place[column.source], column.key) for column in columns]
    values = rows.values_list(*paths).iterator(chunk_size=ROWS_AT_ONCE)
    if wanted == [(index, "") for index in range(len(paths))]:
        yield from map(list, values)
        return
    for found in values:
        yield [(found[at] or {}).get(key) if key else found[at] for at, key in wanted]


def read_ahead(batches: Iterator[T]) -> Iterator[T]:
    """The same, the next one being fetched by a thread while this one is used.

    For databases that are servers: they then work while we do. SQLite works in our own process.
    """
    # Here, not in the thread: the query begins on this thread's connection, which has the moment.
    yield from islice(batches, 1)
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = thread.submit(next, batches, None)
            yield batch


def _on_another_connection(call: Callable[[], object]) -> None:
    """Django keeps a connection per thread."""

    def work() -> None:
        try:
            call()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(work).result()


def _ignore(_: object) -> None:
    """The result is nobody's business."""
