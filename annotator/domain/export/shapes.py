"""The scores behind the results page, as other programs read them.

What is counted is what the page counts: scores of real maps by raters who are not excluded, no
checks and no repeats. `krippendorff_alpha` of the matrix is the page's alpha.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from django.db.models import QuerySet

from annotator.domain.export.columns import Column, Row
from annotator.domain.export.reading import ROWS_AT_ONCE
from annotator.enums import AssignmentPurpose, ItemKind
from annotator.models import Item, Study
from annotator.models.study import SCORES

_SCORE = "assignments__ratings__score"
_RATER = "assignments__rater__pseudonym"
_VALUES = f"{SCORES[0]} to {SCORES[-1]}"

CROWDKIT_COLUMNS = (
    Column("task", "pk", "integer", "the item, `item_id` of the other tables"),
    Column("worker", _RATER, "text", "the rater, `rater_id` of the other tables"),
    Column("label", _SCORE, "integer", "the score", allowed=_VALUES),
)
_ITEM = Column("item_id", "pk", "integer", "what was judged; a row per item with a score")
_ANY_RATER = Column(
    "RATER_ID", "", "integer", "a column per rater: their score; empty: none", allowed=_VALUES
)


# For a codebook: raters as one column, not as a thousand.
MATRIX_COLUMNS = (_ITEM, _ANY_RATER)


def scored(study: Study) -> QuerySet[Item]:
    """A row per score that the results page counts, item by item."""
    return Item.objects.filter(
        study=study,
        kind=ItemKind.REAL,
        assignments__purpose=AssignmentPurpose.RATING,
        assignments__rater__excluded_at=None,
        assignments__ratings__is_current=True,
        assignments__ratings__score__isnull=False,
    ).order_by("pk", "assignments__ratings__pk")


def matrix_columns(scores: QuerySet[Item]) -> tuple[Column, ...]:
    """The item, then every rater who gave a score."""
    raters = scores.order_by("assignments__rater").values_list(_RATER, flat=True).distinct()
    meaning = "this rater's score; empty: none"
    columns = (Column(name, "", "integer", meaning, allowed=_VALUES) for name in raters)
    return (_ITEM, *columns)


def matrix_rows(scores: QuerySet[Item], columns: Sequence[Column]) -> Iterator[Row]:
    """Items × raters; None where a rater gave an item no score."""
    place = {column.name: index for index, column in enumerate(columns)}
    cells = scores.values_list("pk", _RATER, _SCORE).iterator(chunk_size=ROWS_AT_ONCE)
    for item, given in groupby(cells, key=lambda cell: cell[0]):
        row: Row = [item, *[None] * (len(columns) - 1)]
        for _, rater, score in given:
            row[place[rater]] = score
        yield row
