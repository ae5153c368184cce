"""The part of a rating's line that says what was judged.

Ratings leave the database in the order they were given, so an item comes up now and again far
apart. Its text is joined from that of its word, which others share, and that of its picture, which
waits in a temporary file: an item takes 40 bytes of memory, however long its prompt is.
"""

from __future__ import annotations

import mmap
import tempfile
from array import array
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from django.db.models import QuerySet

from annotator.domain.export.columns import Column
from annotator.domain.export.rating_columns import (
    FROM_ITEM,
    FROM_PICTURE,
    MAP,
    PICTURE,
    SETTINGS,
    WORD,
)
from annotator.domain.export.reading import read
from annotator.domain.export.shared_texts import SharedTexts, csv_text
from annotator.domain.export.study_columns import from_model
from annotator.models import Generation, HeatMap, Item

_KEY = Column("", "pk", "integer", "")
_OF_ITEM = (
    _KEY,
    Column("", "heat_map__generation_id", "integer", ""),
    *from_model((MAP, *WORD), FROM_ITEM),
)
_OF_PICTURE = (_KEY, *from_model((*PICTURE, *SETTINGS), FROM_PICTURE))
_Integers = np.ndarray[tuple[int, ...], np.dtype[np.int64]]


class ItemTexts:
    """The texts of some items, given with all their pictures. There must be some."""

    def __init__(self, items: QuerySet[Item], pictures: QuerySet[Generation]) -> None:
        with tempfile.TemporaryFile() as file:
            places = _written(pictures, file.write)
            file.flush()
            self._pictures = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        words: dict[tuple[object, ...], int] = {}
        found = array("q")
        for row in items.order_by().values_list(*(column.source for column in _OF_ITEM)).iterator():
            found.extend((*row[:3], words.setdefault(row[3:], len(words))))
        self._words = [csv_text(WORD, word) for word in words]
        rows = np.frombuffer(found, np.int64).reshape(-1, 4)  # (item, column)
        rows = rows[np.argsort(rows[:, 0], kind="stable")]
        self._keys = rows[:, 0].copy()
        picture = np.searchsorted(places[:, 0], rows[:, 1])
        self._rows = np.concatenate((rows[:, 2:], places[picture, 1:]), axis=1)

    def of(self, items: Sequence[int]) -> list[str]:
        """One text per item, in their order."""
        words, pictures = self._words, self._pictures
        rows = self._rows[np.searchsorted(self._keys, items)]
        return [
            f"{words[word]},{heat_map},{pictures[start:end].decode()}"
            for heat_map, word, start, end in rows.tolist()
        ]


def texts_of(items: Iterable[int]) -> ItemTexts:
    """One table at a time: joined, SQLite may look for every item in every heat map."""
    some = Item.objects.filter(pk__in=set(items))
    maps = HeatMap.objects.filter(pk__in=set(some.values_list("heat_map_id", flat=True)))
    pictures = set(maps.values_list("generation_id", flat=True))
    return ItemTexts(some, Generation.objects.filter(pk__in=pictures))


def _written(pictures: QuerySet[Generation], write: Callable[[bytes], int]) -> _Integers:
    """Key of each picture, and where `write` has put its text: (picture, 3), by key."""
    places, settings, end = array("q"), SharedTexts(SETTINGS), 0
    for picture, *cells in read(pictures.order_by("pk"), _OF_PICTURE):
        own, shared = cells[: len(PICTURE)], tuple(cells[len(PICTURE) :])
        text = f"{csv_text(PICTURE, own)},{settings[shared]}"
        start, end = end, end + write(text.encode())
        places.extend((picture, start, end))
    return np.frombuffer(places, np.int64).reshape(-1, 3)
