"""The part of a rating's line that says what was judged.

Ratings leave the database in the order they were given, so an item comes up now and again far
apart. Its text is joined from that of its word, which others share, and that of its picture, which
waits in a temporary file: an item takes 40 bytes of memory, however long its prompt is.
"""

from __future__ import annotations

import mmap
import tempfile
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
from django.db.models import QuerySet

from annotator.domain.export.columns import Column
from annotator.domain.export.formats import batches
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

_PICTURES_AT_ONCE = 2000
_KEY = Column("", "pk", "integer", "")
_OF_ITEM = (
    _KEY,
    Column("", "heat_map__generation_id", "integer", ""),
    *from_model((MAP, *WORD), FROM_ITEM),
)
_OF_PICTURE = (_KEY, *from_model((*PICTURE, *SETTINGS), FROM_PICTURE))


class ItemTexts:
    """The texts of all items of some pictures, which must be some."""

    def __init__(self, pictures: QuerySet[Generation]) -> None:
        words: dict[str, int] = {}
        found = array("q")
        with tempfile.TemporaryFile() as file:
            for item, heat_map, word, start, end in _items(pictures, file.write):
                found.extend((item, heat_map, words.setdefault(word, len(words)), start, end))
            file.flush()
            self._pictures = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._words = list(words)
        rows = np.frombuffer(found, np.int64).reshape(-1, 5)  # (item, column)
        self._rows = rows[np.argsort(rows[:, 0], kind="stable")]
        self._keys = self._rows[:, 0].copy()

    def of(self, items: Sequence[int]) -> list[str]:
        """One text per item, in their order. All must be items of the pictures."""
        words, pictures = self._words, self._pictures
        rows = self._rows[np.searchsorted(self._keys, items)]
        return [
            f"{words[word]},{heat_map},{pictures[start:end].decode()}"
            for _, heat_map, word, start, end in rows.tolist()
        ]


def pictures_of(items: Iterable[int]) -> QuerySet[Generation]:
    """One table at a time: joined, SQLite may look for every item in every heat map."""
    maps = Item.objects.filter(pk__in=set(items)).values_list("heat_map_id", flat=True)
    pictures = HeatMap.objects.filter(pk__in=set(maps)).values_list("generation_id", flat=True)
    return Generation.objects.filter(pk__in=set(pictures))


def _items(
    pictures: QuerySet[Generation], write: Callable[[bytes], int]
) -> Iterator[tuple[int, int, str, int, int]]:
    """Keys of item and heat map, the word's text, and where `write` has put its picture's.

    Picture by picture, since their items are neighbours in the database.
    """
    words, settings, end = SharedTexts(WORD), SharedTexts(SETTINGS), 0
    for batch in batches(read(pictures.order_by("pk"), _OF_PICTURE), _PICTURES_AT_ONCE):
        place = {}
        for picture, *cells in batch:
            own, shared = cells[: len(PICTURE)], tuple(cells[len(PICTURE) :])
            text = f"{csv_text(PICTURE, own)},{settings[shared]}"
            start, end = end, end + write(text.encode())
            place[picture] = start, end
        items = Item.objects.filter(heat_map__generation__in=list(place)).order_by()
        for row in items.values_list(*(column.source for column in _OF_ITEM)).iterator():
            yield row[0], row[2], words[row[3:]], *place[row[1]]
