"""Cohen's weighted kappa of every two raters, over the items that both of them rated.

Two raters' lists are aligned by item, never by position: in a crowd that shares few items, lists
compared by position look like chance even when raters agree perfectly.

Source: Cohen, J. (1968), "Weighted kappa". The interval: Efron and Tibshirani (1993), "An
Introduction to the Bootstrap", chapters 10 and 11.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from annotator.statistics.agreement.tables import (
    Floats,
    Integers,
    Ratings,
    as_crossed,
    checked_over,
    checked_values,
    codes,
)
from annotator.statistics.agreement.weights import Weights, agreement_weights
from annotator.statistics.bootstrap import UNDEFINED, Interval, check_settings
from annotator.statistics.crossed import CrossedRatings
from annotator.statistics.two_way import normal_interval

ENOUGH_COMMON = 10


@dataclass(frozen=True, slots=True, eq=False)
class RaterPairs:
    """Kappa of every two raters who share an item; all arrays are (pair,).

    `first` and `second` are rows of the matrix, or the labels of crossed ratings; `common` is the
    number of items both rated. Kappa is nan where chance expects no disagreement: both used one
    value, and the same.
    """

    first: NDArray
    second: NDArray
    common: Integers
    kappa: Floats


def pairwise_kappa(
    ratings: Ratings,
    weights: Weights = "quadratic",
    min_common: int = ENOUGH_COMMON,
    values: ArrayLike | None = None,
) -> float:
    """The mean of all pairs' weighted kappa, each weighing as much as it has common items.

    Pairs with fewer than `min_common` items in common and pairs whose kappa is undefined do not
    count; nan when no pair is left (one rater, no item rated twice, all ratings equal). Kappa of
    few common items leans towards 0: of one item it is always 0, of five it says 0.38 where of
    many it says 0.48. Where raters share few items, use alpha or AC2: they need no pairs of raters.

    Without `values` the scale is the scores that occur, which matters to ordinal weights only.
    """
    pairs = _RatingPairs.of(ratings, weights, values).of_common(min_common)
    weight, total = _summed(*pairs.kappas())
    return float(total.sum() / weight.sum()) if weight.any() else math.nan


def pairwise_kappa_interval(
    ratings: Ratings,
    weights: Weights = "quadratic",
    over: Literal["items"] = "items",
    confidence: float = 0.95,
    *,
    min_common: int = ENOUGH_COMMON,
    values: ArrayLike | None = None,
) -> Interval:
    """Jackknife interval of `pairwise_kappa` over the items rated twice, for the pairs it counts.

    Not a bootstrap: an item drawn twice looks like agreement of an item with itself, which pulls
    replicates of few common items far below the estimate. The jackknife leaves out one item at
    a time, which also shows how far the estimate leans towards 0, and takes that back: where raters
    share few items, the estimate lies low in its interval. One pass, nothing random. It covers the
    sampling of items, not of raters; (nan, nan) with fewer than two items that count, and where a
    single item decides whether kappa is defined.
    """
    checked_over(over)
    check_settings(1, confidence)
    pairs = _RatingPairs.of(ratings, weights, values).of_common(min_common)
    pseudo_values = _pseudo_values(pairs)
    if len(pseudo_values) < 2 or np.isnan(pseudo_values).any():
        return UNDEFINED
    standard_error = float(pseudo_values.std(ddof=1)) / math.sqrt(len(pseudo_values))
    low, high = normal_interval(float(pseudo_values.mean()), standard_error, confidence)
    return low, min(1.0, high)


def pairwise_kappas(
    ratings: Ratings, weights: Weights = "quadratic", values: ArrayLike | None = None
) -> RaterPairs:
    """Weighted kappa of every two raters who share an item, as a table."""
    table = _RatingPairs.of(ratings, weights, values)
    common, kappa = table.kappas()
    first, second = table.labels[table.raters]
    return RaterPairs(first, second, common.astype(np.int64), kappa)


@dataclass(frozen=True, slots=True, eq=False)
class _RatingPairs:
    """Every two ratings of one item: (rating pair,), but for `raters` (2, rater pair)."""

    item: Integers
    rater_pair: Integers
    codes: Integers  # (2, rating pair): the two ratings' places on the scale
    raters: Integers
    labels: NDArray
    disagreement: Floats  # (value, value)

    @classmethod
    def of(cls, ratings: Ratings, weights: Weights, values: ArrayLike | None) -> _RatingPairs:
        given = as_crossed(ratings)
        scale = np.unique(given.score) if values is None else checked_values(values)
        disagreement = 1 - agreement_weights(scale, weights)
        left, right = _pairs_within_items(given)
        n_raters = max(len(given.raters), 1)
        numbers, rater_pair = np.unique(
            given.rater[left] * n_raters + given.rater[right], return_inverse=True
        )
        raters = np.stack(np.divmod(numbers, n_raters))
        place = codes(given.score, scale)
        scores = np.stack([place[left], place[right]])
        return cls(given.item[left], rater_pair, scores, raters, given.raters, disagreement)

    def of_common(self, enough: int) -> _RatingPairs:
        """Only those of raters who have so many items in common: in a large crowd, few have."""
        kept = np.bincount(self.rater_pair, minlength=self.raters.shape[1]) >= enough
        number, rows = np.cumsum(kept) - 1, kept[self.rater_pair]
        return replace(
            self,
            item=self.item[rows],
            rater_pair=number[self.rater_pair[rows]],
            codes=self.codes[:, rows],
            raters=self.raters[:, kept],
        )

    def kappas(self) -> tuple[Floats, Floats]:
        """Common items and kappa: (rater pair,) each."""
        common, observed, (first, second) = self._sums()
        expected = (first @ self.disagreement * second).sum(axis=1)
        return common, 1 - _ratio(observed * common, expected)

    def kappas_without_item(self) -> Floats:
        """Kappa of the two raters when this one common item is left out: (rating pair,)."""
        common, observed, (first, second) = self._sums()
        pair, (one, other) = self.rater_pair, self.codes
        itself = self.disagreement[one, other]
        to_first, to_second = first @ self.disagreement, second @ self.disagreement
        expected = (to_first * second).sum(axis=1)[pair]
        expected += itself - to_second[pair, one] - to_first[pair, other]
        # What should be no expected disagreement at all is a few rounding errors of its sum.
        expected[expected < 1e-9 * common[pair]] = 0
        return 1 - _ratio((observed[pair] - itself) * (common[pair] - 1), expected)

    def _sums(self) -> tuple[Floats, Floats, list[Floats]]:
        """Per rater pair: common items, disagreement summed, and both raters' counts (_, value)."""
        n_pairs, q = self.raters.shape[1], len(self.disagreement)
        common = np.bincount(self.rater_pair, minlength=n_pairs).astype(np.float64)
        disagreeing = self.disagreement[self.codes[0], self.codes[1]]
        counts = [
            np.bincount(self.rater_pair * q + code, minlength=n_pairs * q).reshape(n_pairs, q)
            for code in self.codes
        ]
        observed = np.bincount(self.rater_pair, weights=disagreeing, minlength=n_pairs)
        return common, observed.astype(np.float64), [table.astype(np.float64) for table in counts]


def _pseudo_values(table: _RatingPairs) -> Floats:
    """What each item adds to the mean kappa by the jackknife: (item,)."""
    common, kappa = table.kappas()
    pair = table.rater_pair
    weight, total = _summed(common, kappa)
    fewer, changed = _summed(common[pair] - 1, table.kappas_without_item())
    items, of_pair = np.unique(table.item, return_inverse=True)
    lost_weight, lost_total = (
        np.bincount(of_pair, before[pair] - after, len(items))
        for before, after in ((weight, fewer), (total, changed))
    )
    estimate = _ratio(total.sum(), weight.sum())
    without = _ratio(total.sum() - lost_total, weight.sum() - lost_weight)
    return len(items) * estimate - (len(items) - 1) * without


def _pairs_within_items(given: CrossedRatings) -> tuple[Integers, Integers]:
    """The two ratings of every pair of ratings of one item, the lower rater first."""
    order = np.lexsort([given.rater, given.item])
    items = given.item[order]
    lefts, rights = [order[:0]], [order[:0]]
    most = np.bincount(items).max() if len(items) else 0
    for apart in range(1, most):
        (start,) = np.nonzero(items[apart:] == items[:-apart])
        lefts.append(order[start])
        rights.append(order[start + apart])
    return np.concatenate(lefts), np.concatenate(rights)


def _summed(common: Floats, kappa: Floats) -> tuple[Floats, Floats]:
    """What each pair adds to the weights and to the weighted sum; 0 where kappa is undefined."""
    weight = np.where(np.isnan(kappa), 0, common)
    return weight, weight * np.nan_to_num(kappa)


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    undefined = np.full_like(denominator, math.nan)
    return np.divide(numerator, denominator, out=undefined, where=denominator > 0)
