"""Krippendorff's alpha.

Source: Krippendorff, K. (2011), "Computing Krippendorff's Alpha-Reliability".
"""

from __future__ import annotations

import math
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from annotator.statistics.agreement.tables import (
    Floats,
    Ratings,
    checked_over,
    checked_values,
    counts_of,
    pairable,
)
from annotator.statistics.bootstrap import (
    UNDEFINED,
    Interval,
    check_settings,
    distinct_rows,
    percentile_interval,
    resamples,
)

Level = Literal["nominal", "ordinal", "interval", "ratio"]


def krippendorff_alpha(ratings: Ratings, level: Level = "ordinal") -> float:
    """Krippendorff's alpha of `ratings`, raters × items with nan for *not rated*, or crossed.

    The values of the scale are those that occur. See `alpha_from_counts` for what is undefined.
    """
    counts, values = counts_of(ratings)
    return alpha_from_counts(counts, values, level)


def krippendorff_alpha_interval(
    ratings: Ratings,
    level: Level = "ordinal",
    over: Literal["items"] = "items",
    n: int = 1000,
    confidence: float = 0.95,
    *,
    rng: np.random.Generator,
) -> Interval:
    """Interval (low, high) of `krippendorff_alpha`, as `alpha_interval_from_counts` defines it."""
    checked_over(over)
    counts, values = counts_of(ratings)
    return alpha_interval_from_counts(counts, values, level, n, confidence, rng=rng)


def alpha_from_counts(counts: ArrayLike, values: ArrayLike, level: Level = "ordinal") -> float:
    """Krippendorff's alpha: 1 - observed disagreement / disagreement expected by chance.

    `counts` is items × values; `values` are the numbers of the scale, ascending. A value that
    nobody used changes nothing, nor does an item rated fewer than two times: it has no pair.

    Undefined, and therefore nan, where chance expects no disagreement: there are no ratings, no
    item was rated twice (so also with one rater), or all pairable ratings are equal. The last is
    not perfect agreement: without variation nobody can tell agreeing raters from a stuck key.
    One item whose ratings differ has alpha 0 by the formula: its own spread is all chance expects.
    """
    patterns = pairable(counts)
    scale = checked_scale(values, patterns.shape[1], level)
    return float(_alphas(patterns, np.ones(len(patterns)), scale, level))


def alpha_interval_from_counts(
    counts: ArrayLike,
    values: ArrayLike,
    level: Level = "ordinal",
    n: int = 1000,
    confidence: float = 0.95,
    *,
    rng: np.random.Generator,
) -> Interval:
    """Percentile bootstrap interval (low, high) of alpha over `n` resamples of the items.

    The items rated at least twice are drawn with replacement, with all their ratings, and both
    disagreements are computed anew. (Hayes and Krippendorff 2007 instead draw single pairs and
    keep the expected disagreement fixed, which ignores that pairs of one item are correlated.)
    It covers the sampling of items, not of raters.

    (nan, nan) where alpha is undefined, with fewer than two such items, and where more than
    1 - confidence of the resamples have no variation (see `percentile_interval`).
    """
    check_settings(n, confidence)
    paired = pairable(counts)
    scale = checked_scale(values, paired.shape[1], level)
    if len(paired) < 2:
        return UNDEFINED
    patterns, multiplicity = distinct_rows(paired)
    draws = resamples(multiplicity, rng=rng, n=n, width=3 * len(scale))
    replicates = np.concatenate([_alphas(patterns, draw, scale, level) for draw in draws])
    return percentile_interval(replicates, confidence)


def checked_scale(values: ArrayLike, n_values: int, level: Level) -> Floats:
    """The values of the scale, if alpha of this level can be taken on them."""
    scale = checked_values(values, n_values)
    if level not in get_args(Level):
        raise ValueError(f"The level is one of {', '.join(get_args(Level))}, not {level!r}.")
    if level == "ratio" and (scale < 0).any():
        raise ValueError("A ratio scale has no negative values; use level='interval'.")
    return scale


def alpha_of(coincidences: Floats, totals: Floats, values: Floats, level: Level) -> Floats:
    """Alpha from coincidences (..., value, value) and pairable ratings per value (..., value).

    The diagonal of the coincidences is not read: a value is at no distance to itself.
    """
    distances = _squared_distances(values, totals, level)  # (..., value, value)
    observed = (coincidences * distances).sum(axis=(-2, -1))
    products = totals[..., :, None] * totals[..., None, :]
    expected = (products * distances).sum(axis=(-2, -1)) / (totals.sum(axis=-1) - 1)
    undefined = np.full_like(expected, math.nan)
    return 1 - np.divide(observed, expected, out=undefined, where=expected > 0)


def _alphas(patterns: Floats, multiplicity: Floats, values: Floats, level: Level) -> Floats:
    """Alpha of each sample that holds every pattern (pattern, value) `multiplicity` times.

    `multiplicity` is (..., pattern), the result (...).
    """
    totals = multiplicity @ patterns  # (..., value)
    weights = multiplicity / (patterns.sum(axis=1) - 1)
    coincidences = (weights[..., None, :] * patterns.T) @ patterns  # (..., value, value)
    return alpha_of(coincidences, totals, values, level)


def _squared_distances(values: Floats, totals: Floats, level: Level) -> Floats:
    """Krippendorff's metric differences; only the ordinal ones depend on `totals` (..., value)."""
    if level == "nominal":
        return 1 - np.eye(len(values))
    if level == "ordinal":
        # The ratings between two values, counting half of each end, are the gap of their mid-ranks.
        values = np.cumsum(totals, axis=-1) - totals / 2
    differences = values[..., :, None] - values[..., None, :]
    if level == "ratio":
        sums = values[:, None] + values
        differences = np.divide(differences, sums, out=np.zeros_like(sums), where=sums > 0)
    return differences**2
