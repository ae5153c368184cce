"""Alpha without each rater: who pulls agreement down."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.statistics.agreement.alpha import Level, alpha_of, checked_scale
from annotator.statistics.agreement.tables import (
    Floats,
    Integers,
    Ratings,
    as_crossed,
    codes,
    counts_of,
)
from annotator.statistics.crossed import CrossedRatings


@dataclass(frozen=True, slots=True, eq=False)
class LeaveOneRaterOut:
    """Alpha of everybody, and of everybody but one; all arrays are (rater,).

    `raters`, those who rated at all, are rows of the matrix, or the labels of crossed ratings.
    `change` is alpha without the rater less alpha of all: above zero, the others agree better among
    themselves. nan where nothing is left to agree on (see `alpha_from_counts`).
    """

    alpha: float
    raters: NDArray
    ratings: Integers
    without: Floats

    @property
    def change(self) -> Floats:
        return self.without - self.alpha


def leave_one_rater_out(ratings: Ratings, level: Level = "ordinal") -> LeaveOneRaterOut:
    """Krippendorff's alpha without each rater, from one pass over the ratings.

    Leaving a rater out takes one rating from each of their items: what those items' pairs lose is
    subtracted from the sums of all, and nothing is counted again.
    """
    given = as_crossed(ratings)
    table, values = counts_of(given)
    checked_scale(values, len(values), level)
    counts = table.astype(np.float64)
    all_pairs = _per_pair(counts.sum(axis=1))
    coincidences, totals = (counts.T * all_pairs) @ counts, (all_pairs > 0) @ counts
    lost, lost_totals = _lost(given, counts, codes(given.score, values))
    return LeaveOneRaterOut(
        alpha=float(alpha_of(coincidences, totals, values, level)),
        raters=given.raters,
        ratings=np.bincount(given.rater, minlength=len(given.raters)),
        without=alpha_of(coincidences - lost, totals - lost_totals, values, level),
    )


def _lost(given: CrossedRatings, counts: Floats, code: Integers) -> tuple[Floats, Floats]:
    """What leaves with each rater: coincidences (rater, value, value), totals (rater, value).

    The diagonal stays empty: `alpha_of` does not read it.
    """
    n_raters, q = len(given.raters), counts.shape[1]
    before = counts[given.item].T  # (value, rating): the item's counts, with this rating
    after = before - (np.arange(q)[:, None] == code)
    pairs, fewer = _per_pair(before.sum(axis=0)), _per_pair(after.sum(axis=0))
    lost, lost_totals = np.zeros((n_raters, q, q)), np.zeros((n_raters, q))
    for one in range(q):
        totals = before[one] * (pairs > 0) - after[one] * (fewer > 0)
        lost_totals[:, one] = np.bincount(given.rater, totals, n_raters)
        for other in range(one):
            change = before[one] * before[other] * pairs - after[one] * after[other] * fewer
            lost[:, one, other] = np.bincount(given.rater, change, n_raters)
    return lost + lost.transpose(0, 2, 1), lost_totals


def _per_pair(ratings: Floats) -> Floats:
    """What each ordered pair of an item with so many ratings counts; 0 where there is no pair."""
    return np.divide(1.0, ratings - 1, out=np.zeros_like(ratings), where=ratings > 1)
