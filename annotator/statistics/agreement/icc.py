"""Intraclass correlation when raters see different items: items and raters are both random.

The model is rating = mean + item + rater + residual, every effect with a variance of its own.
The three variances come from Henderson's method I: the sums of squares within items, within raters
and in total are equated with what the model expects of them, counting the ratings that exist. It
is unbiased with any cells missing, costs one pass over the ratings, and on complete data it is the
analysis of variance, so that the ICCs are those of Shrout and Fleiss (1979) and McGraw and Wong
(1996). REML would weigh unequal raters better, but needs a dense matrix of raters.

Source: Searle, Casella and McCulloch (1992), "Variance Components", section 5.3; the same for
agreement: Gwet (2014), "Handbook of Inter-Rater Reliability", section 9.5.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from annotator.statistics.agreement.tables import (
    Floats,
    Ratings,
    as_crossed,
    checked_over,
)
from annotator.statistics.bootstrap import (
    UNDEFINED,
    Interval,
    check_settings,
    item_resamples,
    percentile_interval,
)
from annotator.statistics.rater_sums import RaterSums, item_sums

CorrelationKind = Literal["agreement", "consistency"]


@dataclass(frozen=True, slots=True)
class VarianceComponents:
    """The variances of items, raters and residuals, in squared points of the scale.

    Unbiased, and therefore below zero now and then where a variance is small. All nan where the
    design cannot tell the three apart.
    """

    item: float
    rater: float
    residual: float

    def intraclass_correlation(self, kind: CorrelationKind = "agreement", k: float = 1) -> float:
        """ICC of the mean of `k` ratings, as `intraclass_correlation` defines it."""
        return float(_correlations(np.array([self.item, self.rater, self.residual]), kind, k))


def variance_components(ratings: Ratings) -> VarianceComponents:
    """The three variances of `ratings`; crossed ratings may hold an item twice by the same rater.

    nan when they cannot be told apart: no item has two ratings (so also with one rater), no rater
    rated two items (so also with one item), or the shared cells are too few.
    """
    sums = _Sums.of(ratings)
    return VarianceComponents(*sums.components(np.ones((sums.n_items, 1)))[0].tolist())


def intraclass_correlation(
    ratings: Ratings, kind: CorrelationKind = "agreement", k: float = 1
) -> float:
    """The share of variance that is the items': ICC(A,k) for agreement, ICC(C,k) for consistency.

    *agreement*: item / (item + (rater + residual) / k); severe raters count as disagreement.
    *consistency*: item / (item + residual / k), when only the order of items matters. `k` = 1 is
    the reliability of one rating, 3 that of a mean of three. Scores are taken as numbers.

    It can be below zero, as by the analysis of variance. nan where the variances cannot be told
    apart (`variance_components`) or leave nothing to share, as when all ratings are equal.
    """
    return variance_components(ratings).intraclass_correlation(kind, k)


def intraclass_correlation_interval(
    ratings: Ratings,
    kind: CorrelationKind = "agreement",
    k: float = 1,
    over: Literal["items"] = "items",
    n: int = 1000,
    confidence: float = 0.95,
    *,
    rng: np.random.Generator,
) -> Interval:
    """Percentile bootstrap interval of `intraclass_correlation` over `n` resamples of the items.

    It covers the sampling of items for these raters, not of raters; an agreement ICC of very few
    raters is less certain than this says. It costs n passes over the ratings. (nan, nan) with
    fewer than two items, and where too many resamples are undefined (`percentile_interval`).
    """
    checked_over(over)
    check_settings(n, confidence)
    sums = _Sums.of(ratings)
    if sums.n_items < 2:
        return UNDEFINED
    draws = item_resamples(sums.n_items, rng=rng, n=n, elements=sums.by_rater.elements)
    replicates = [_correlations(sums.components(draw), kind, k) for draw in draws]
    return percentile_interval(np.concatenate(replicates), confidence)


@dataclass(frozen=True, slots=True, eq=False)
class _Sums:
    """What method I needs of every item and of every rater's ratings."""

    per_item: Floats  # (item, what `components` names)
    by_rater: RaterSums  # ratings, scores from the first one, how often this rater gave this item

    @property
    def n_items(self) -> int:
        return len(self.per_item)

    @classmethod
    def of(cls, ratings: Ratings) -> _Sums:
        given = as_crossed(ratings, repeats=True)
        cells = given.rater * len(given.items) + given.item
        _, cell, sizes = np.unique(cells, return_inverse=True, return_counts=True)
        repeats = sizes[cell]
        scores = given.score - given.score[:1]  # small, and exactly 0 when all are equal
        n = np.bincount(given.item)
        sums, squares, crossed = (
            np.bincount(given.item, weight, len(n)) for weight in (scores, scores**2, repeats)
        )
        per_item = np.stack([n, n**2, sums, squares, sums**2 / n, crossed / n], axis=1)
        return cls(per_item, RaterSums.of(given, np.ones_like(scores), scores, repeats))

    def components(self, times: NDArray) -> Floats:
        """Variances (replicate, 3) when each item occurs so many `times` (item, replicate)."""
        if not self.n_items:
            return np.full((times.shape[1], 3), math.nan)
        n, item_sizes, total, squares, item_squares, raters_in_items = item_sums(
            self.per_item, times
        )
        of_raters, rater_sums, shared = self.by_rater.on(times).swapaxes(0, 1)
        seen = np.maximum(of_raters, 1)  # a rater whose items were not drawn adds 0 below
        within_items = squares - item_squares
        within_raters = squares - (rater_sums**2 / seen).sum(axis=0)
        items, raters = times.sum(axis=0), (of_raters > 0).sum(axis=0)
        item_part = (n - item_sizes / n, n - (shared / seen).sum(axis=0), n - raters)
        rater_part = (n - (of_raters**2).sum(axis=0) / n, n - raters_in_items, n - items)
        return _solved(
            squares - total**2 / n, within_raters, within_items, item_part, rater_part, n
        )


def _solved(
    total: Floats,
    within_raters: Floats,
    within_items: Floats,
    item_part: tuple[Floats, Floats, Floats],
    rater_part: tuple[Floats, Floats, Floats],
    n: Floats,
) -> Floats:
    """Solve the three equations of method I for items, raters and residuals: (replicate, 3).

    within raters = item_part[1] items + item_part[2] residual
    within items = rater_part[1] raters + rater_part[2] residual
    total = item_part[0] items + rater_part[0] raters + (n - 1) residual
    """
    solvable = (item_part[1] > 0.5) & (rater_part[1] > 0.5)
    of_items, of_raters = (
        np.divide(part[0], part[1], out=np.zeros_like(n), where=solvable)
        for part in (item_part, rater_part)
    )
    weight = n - 1 - of_items * item_part[2] - of_raters * rater_part[2]
    rest = total - of_items * within_raters - of_raters * within_items
    undefined = np.full_like(n, math.nan)
    residual = np.divide(rest, weight, out=undefined, where=solvable)
    item, rater = (
        np.divide(within - part[2] * residual, part[1], out=undefined.copy(), where=solvable)
        for within, part in ((within_raters, item_part), (within_items, rater_part))
    )
    return np.stack([item, rater, residual], axis=1)


def _correlations(components: Floats, kind: CorrelationKind, k: float) -> Floats:
    """ICC of components (..., 3), nan where no variance is left."""
    if kind not in get_args(CorrelationKind):
        raise ValueError(
            f"The kind is one of {', '.join(get_args(CorrelationKind))}, not {kind!r}."
        )
    if k <= 0:
        raise ValueError(f"The mean is of one rating or more, not of k={k}.")
    item, rater, residual = np.moveaxis(components, -1, 0)
    error = residual + rater if kind == "agreement" else residual
    total = item + error / k
    return np.divide(item, total, out=np.full_like(total, math.nan), where=total > 0)
