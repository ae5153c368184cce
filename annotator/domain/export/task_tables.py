"""The answers of studies whose raters draw, or say what they see: a row per rating that counts."""

from __future__ import annotations

from collections.abc import Iterator

from annotator.domain.export.columns import Column, Row
from annotator.domain.export.rating_columns import STORED
from annotator.domain.export.reading import ROWS_AT_ONCE
from annotator.models import Rating, Study
from annotator.models.rating import RatingQuerySet

_NAMED = {column.name: column for column in STORED}
_WHO = tuple(_NAMED[name] for name in ("rating_id", "item_id", "rater_id"))
SEPARATOR = " | "

DRAWING_COLUMNS = (
    *_WHO,
    Column("mask_height", "", "integer", "of the mask, as of the picture", unit="pixels"),
    Column("mask_width", "", "integer", "of the mask, as of the picture", unit="pixels"),
    Column(
        "mask_counts",
        "",
        "text",
        "COCO's compressed run lengths of what the rater painted; a mask of nothing says that the "
        "thing is not in the picture",
    ),
)
THING_COLUMNS = (
    *_WHO,
    Column("asked", "", "text", f"names of the things asked about, with “{SEPARATOR}” between"),
    Column("seen", "", "text", "those that the rater saw, likewise; empty: none of them"),
)


def drawn(study: Study) -> RatingQuerySet:
    return _current(study).filter(mask__isnull=False)


def seen(study: Study) -> RatingQuerySet:
    return _current(study).filter(seen__isnull=False)


def _current(study: Study) -> RatingQuerySet:
    found = Rating.objects.current().in_study(study).order_by("pk")
    return found.select_related("assignment__rater", "assignment__item")


def drawing_rows(study: Study) -> Iterator[Row]:
    for rating in drawn(study).iterator(chunk_size=ROWS_AT_ONCE):
        if rating.mask is not None:
            yield [*_who(rating), *rating.mask["size"], rating.mask["counts"]]


def thing_rows(study: Study) -> Iterator[Row]:
    for rating in seen(study).iterator(chunk_size=ROWS_AT_ONCE):
        asked = rating.assignment.item.made_from.get("objects", [])
        yield [*_who(rating), SEPARATOR.join(asked), SEPARATOR.join(rating.seen or [])]


def _who(rating: Rating) -> Row:
    return [rating.pk, rating.assignment.item_id, rating.assignment.rater.pseudonym]
