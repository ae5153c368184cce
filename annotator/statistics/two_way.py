"""Intervals of a mean of ratings when items, raters, or both would be others next time.

Sources: Owen (2007), "The pigeonhole bootstrap", Annals of Applied Statistics 1(2), for resampling
items and raters at once; Cameron, Gelbach and Miller (2011), "Robust inference with multiway
clustering", Journal of Business & Economic Statistics 29(2), section 2, for its analytic check.
"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from annotator.statistics.bootstrap import (
    UNDEFINED,
    Interval,
    blocks,
    check_settings,
    percentile_interval,
    ratio_terms,
    resample,
    side_by_side,
)
from annotator.statistics.crossed import CrossedRatings
from annotator.statistics.rater_sums import RaterSums


def pigeonhole_interval(
    ratings: CrossedRatings, *, rng: np.random.Generator, n: int = 1000, confidence: float = 0.95
) -> Interval:
    """Percentile interval of the mean rating, drawing items and, apart from them, raters.

    A rating counts as often as its item was drawn times as often as its rater was. The interval
    is somewhat too wide (it counts what is neither item nor rater up to three times: Owen 2007,
    theorem 3), never too narrow by more than sampling error. (nan, nan) with fewer than two items
    or fewer than two raters.
    """
    check_settings(n, confidence)
    if min(len(ratings.items), len(ratings.raters)) < 2:
        return UNDEFINED
    by_rater = RaterSums.of(ratings, np.ones_like(ratings.score), ratings.score)
    means = []
    for size in blocks(n, max(by_rater.elements, len(ratings.items) // 4)):
        drawn = [
            (resample(len(ratings.items), rng), resample(len(ratings.raters), rng))
            for _ in range(size)
        ]
        items, raters = map(side_by_side, zip(*drawn, strict=True))
        counts, sums = (by_rater.on(items) * raters[:, None]).sum(axis=0)  # (replicate,) each
        undefined = np.full_like(sums, math.nan)
        means.append(np.divide(sums, counts, out=undefined, where=counts > 0))
    return percentile_interval(np.concatenate(means), confidence)


def standard_error(score_sums: ArrayLike, counts: ArrayLike) -> float:
    """Standard error of sum(score_sums) / sum(counts) over units drawn whole, by the delta method.

    One entry per unit (item, rater or prompt); units without a rating are not observed. The same
    as the cluster-robust standard error of an intercept, with the factor units / (units - 1).
    nan with fewer than two units.
    """
    terms = ratio_terms(score_sums, counts)
    terms = terms[terms[:, 1] > 0]
    if len(terms) < 2:
        return math.nan
    sums, sizes = terms.T
    residuals = sums - sizes * (sums.sum() / sizes.sum())
    correction = len(terms) / (len(terms) - 1)
    return math.sqrt(correction * float(residuals @ residuals)) / float(sizes.sum())


def two_way_standard_error(ratings: CrossedRatings) -> float:
    """Standard error of the mean rating over items and raters: items + raters - both.

    The difference of estimated variances can fall below one of them, or below zero, when the
    ratings have little to do with either; then the larger of the two stands. nan with fewer than
    two items or raters.
    """
    over_items = standard_error(*ratings.by_item())
    over_raters = standard_error(*ratings.by_rater())
    _, cell = np.unique(
        ratings.item * len(ratings.raters) + ratings.rater, return_inverse=True
    )  # a rater may have rated an item twice
    over_cells = standard_error(*ratings.sums_of(cell, int(cell.max(initial=-1)) + 1))
    if math.isnan(over_items) or math.isnan(over_raters):
        return math.nan
    variance = over_items**2 + over_raters**2 - over_cells**2
    return max(math.sqrt(max(variance, 0)), over_items, over_raters)


def normal_interval(value: float, error: float, confidence: float = 0.95) -> Interval:
    """value ± the normal quantile × its standard error; (nan, nan) where either is nan."""
    reach = normal_quantile(confidence) * error
    return value - reach, value + reach


def normal_quantile(confidence: float) -> float:
    """How many standard errors an interval reaches to either side: 1.96 at 0.95."""
    check_settings(1, confidence)
    return NormalDist().inv_cdf((1 + confidence) / 2)
