"""One rater's answers, in the order they were given, beside those of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django.db.models import Count, OuterRef, Subquery, Sum
from django.db.models.query import QuerySet
from numpy.typing import NDArray

from annotator.domain.browse.items import SHOWN
from annotator.domain.rating.tally import COLUMNS
from annotator.enums import ItemKind, OptOut
from annotator.models import Assignment, Rater, Rating, Study
from annotator.models.study import SCORES

_ANSWERS: Sequence[int | str] = (*SCORES, *OptOut.values)


@dataclass(frozen=True)
class AnswerShare:
    """How often one answer was given: by a rater, and by all who are not excluded, in per cent.

    nan where nobody has answered.
    """

    answer: int | str
    n: int
    percent: float
    percent_of_all: float

    @property
    def is_score(self) -> bool:
        return self.answer in SCORES

    @property
    def label(self) -> str:
        return str(self.answer) if self.is_score else str(OptOut(str(self.answer)).label)


def answers(*, rater: Rater) -> QuerySet[Assignment]:
    """In the order given, with their ratings and, for repeats, `first_score`, `first_opt_out`."""
    first = (
        Rating.objects.current()
        .for_items()
        .filter(assignment__rater=rater, assignment__item=OuterRef("item"))
    )
    return (
        rater.assignments.filter(ratings__is_current=True)
        .select_related(*(f"item__{path}" for path in SHOWN))
        .prefetch_related("ratings")
        .annotate(
            first_score=Subquery(first.values("score")[:1]),
            first_opt_out=Subquery(first.values("opt_out")[:1]),
        )
        .order_by("trial")
    )


def shares(*, rater: Rater) -> list[AnswerShare]:
    """One per point of the scale and per reason for none. Gold checks and repeats are left out."""
    own, everybody = _given_by(rater), _given_by_all(rater.study)
    return [
        AnswerShare(answer, int(n), percent, percent_of_all)
        for answer, n, percent, percent_of_all in zip(
            _ANSWERS, own, _percent(own), _percent(everybody), strict=True
        )
    ]


def _given_by(rater: Rater) -> NDArray[np.int64]:
    planned = Rating.objects.current().for_items().filter(assignment__rater=rater).order_by()
    counted = planned.values_list("score", "opt_out").annotate(Count("pk"))
    n = {opt_out if score is None else score: count for score, opt_out, count in counted}
    return np.array([n.get(answer, 0) for answer in _ANSWERS])


def _given_by_all(study: Study) -> NDArray[np.int64]:
    planned = study.items.exclude(kind=ItemKind.GOLD).order_by()
    sums = planned.aggregate(**{column: Sum(column, default=0) for column in COLUMNS})
    return np.array([sums[column] for column in COLUMNS])


def _percent(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore"):
        return 100 * counts / counts.sum()
