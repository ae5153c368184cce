"""Agreement with the majority of the others: what one rater is like where labels have no order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.statistics.agreement.tables import (
    Floats,
    Integers,
    Ratings,
    as_crossed,
    codes,
    counts_of,
)
from annotator.statistics.bootstrap import blocks
from annotator.statistics.crossed import CrossedRatings


@dataclass(frozen=True, slots=True, eq=False)
class MajorityAgreement:
    """How often each rater says what most of the others say; all arrays are (rater,).

    `raters`, those who rated at all, are rows of the matrix, or the labels of crossed ratings. Of
    `compared` ratings, of items about which the others have one commonest value, `agreeing` have
    that value. `share` is nan where nothing is compared.
    """

    raters: NDArray
    compared: Integers
    agreeing: Integers

    @property
    def share(self) -> Floats:
        nothing = np.full(len(self.raters), np.nan)
        return np.divide(self.agreeing, self.compared, out=nothing, where=self.compared > 0)


def agreement_with_majority(ratings: Ratings) -> MajorityAgreement:
    """Each rating against the commonest value that the item's other ratings have.

    A rater's own rating is no part of the majority, so nobody agrees with themselves. Items about
    which the others are tied, and those that nobody else rated, are not compared.
    """
    given = as_crossed(ratings)
    compared, agreeing = _against_others(given)
    n = len(given.raters)
    return MajorityAgreement(
        raters=given.raters,
        compared=np.bincount(given.rater[compared], minlength=n),
        agreeing=np.bincount(given.rater[agreeing], minlength=n),
    )


def _against_others(given: CrossedRatings) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether the item's others have one commonest value, and whether it is this: (rating,)."""
    counts, values = counts_of(given)
    code = codes(given.score, values)
    compared, agreeing = np.zeros((2, len(code)), dtype=bool)
    start = 0
    for size in blocks(len(code), max(1, counts.shape[1])):
        rows = slice(start, start + size)
        start += size
        own = np.arange(size), code[rows]
        others = counts[given.item[rows]]  # (rating, value)
        others[own] -= 1
        most = others.max(axis=1, initial=0)
        compared[rows] = (most > 0) & ((others == most[:, None]).sum(axis=1) == 1)
        agreeing[rows] = compared[rows] & (others[own] == most)
    return compared, agreeing
