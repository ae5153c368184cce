"""How far raters agree when not everybody rates everything.

Two forms of the same data are understood:

- *ratings*, raters × items, nan where a rater did not rate an item;
- *counts*, items × values: how many raters gave the item each value of the scale. This is all that
  agreement depends on, and stays small where the wide matrix is mostly empty.

Source: Krippendorff, K. (2011), "Computing Krippendorff's Alpha-Reliability".
"""

from __future__ import annotations

import math
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from annotator.statistics.bootstrap import (
    UNDEFINED,
    Interval,
    bootstrap_interval,
    check_settings,
    distinct_rows,
    percentile_interval,
    resamples,
)

Level = Literal["nominal", "ordinal", "interval", "ratio"]


def krippendorff_alpha(ratings: ArrayLike, level: Level = "ordinal") -> float:
    """Krippendorff's alpha of `ratings`, raters × items with nan for *not rated*.

    The values of the scale are those that occur. See `alpha_from_counts` for what is undefined.
    """
    counts, values = _counts_of(ratings)
    return alpha_from_counts(counts, values, level)


def krippendorff_alpha_interval(
    ratings: ArrayLike,
    level: Level = "ordinal",
    over: Literal["items"] = "items",
    n: int = 1000,
    confidence: float = 0.95,
    *,
    rng: np.random.Generator,
) -> Interval:
    """Interval (low, high) of `krippendorff_alpha`, as `alpha_interval_from_counts` defines it."""
    if over != "items":
        raise ValueError(f"Alpha can be resampled over 'items'; over={over!r} is not known.")
    counts, values = _counts_of(ratings)
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
    patterns = _pairable(counts)
    scale = _checked_values(values, patterns.shape[1], level)
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
    pairable = _pairable(counts)
    scale = _checked_values(values, pairable.shape[1], level)
    if len(pairable) < 2:
        return UNDEFINED
    patterns, multiplicity = distinct_rows(pairable)
    draws = resamples(multiplicity, rng=rng, n=n, width=3 * len(scale))
    replicates = np.concatenate([_alphas(patterns, draw, scale, level) for draw in draws])
    return percentile_interval(replicates, confidence)


def pairwise_agreement(counts: ArrayLike, within: int = 0) -> float:
    """The chance that two raters of an item agree to `within` steps of the scale, over all items.

    0 is exact agreement, 1 also accepts neighbouring values. Each item rated at least twice
    counts once, however many raters it has: the observed agreement of Fleiss (1971) and Gwet.
    nan when no item was rated twice. `counts` is items × values, values in the scale's order.
    """
    shares = _agreeing_share(counts, within)
    return float(shares.mean()) if len(shares) else math.nan


def pairwise_agreement_interval(
    counts: ArrayLike,
    within: int = 0,
    n: int = 1000,
    confidence: float = 0.95,
    *,
    rng: np.random.Generator,
) -> Interval:
    """Bootstrap interval of `pairwise_agreement` over items; (nan, nan) with fewer than two."""
    shares = _agreeing_share(counts, within)
    return bootstrap_interval(shares, np.ones(len(shares)), rng=rng, n=n, confidence=confidence)


def count_table(
    items: ArrayLike, scores: ArrayLike, values: ArrayLike, n_items: int
) -> NDArray[np.int64]:
    """Count long ratings: row i, column j says how often item i was given `values[j]`.

    `items` holds the row, 0 to n_items - 1, and `scores` the value of each rating; `values`
    ascend. A score that is not on the scale raises ValueError: nothing is dropped silently.
    """
    rows, given = np.asarray(items, dtype=np.int64), np.asarray(scores)
    scale = _checked_values(values, np.size(values))
    columns = np.searchsorted(scale, given)
    known = columns < len(scale)
    known[known] = scale[columns[known]] == given[known]
    if not known.all():
        raise ValueError(f"The score {given[~known][0]} is not on the scale {scale.tolist()}.")
    if rows.size and not 0 <= rows.min() <= rows.max() < n_items:
        raise ValueError(f"Items are numbered 0 to {n_items - 1}; there was another number.")
    cells = np.bincount(rows * len(scale) + columns, minlength=n_items * len(scale))
    return cells.reshape(n_items, len(scale))  # (item, value)


def _counts_of(ratings: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    matrix = np.asarray(ratings, dtype=np.float64)
    if matrix.ndim != 2:
        raise ValueError(f"Ratings are a raters × items matrix; the shape was {matrix.shape}.")
    _, items = rated = np.nonzero(~np.isnan(matrix))
    scores = matrix[rated]
    values = np.unique(scores)
    return count_table(items, scores, values, matrix.shape[1]), values


def _checked_counts(counts: ArrayLike) -> NDArray[np.float64]:
    table = np.asarray(counts, dtype=np.float64)
    if table.ndim != 2:
        raise ValueError(f"Counts are an items × values table; the shape was {table.shape}.")
    if not ((table >= 0) & (table == np.floor(table)) & np.isfinite(table)).all():
        raise ValueError("Counts are whole numbers, zero or more.")
    return table


def _checked_values(
    values: ArrayLike, n_values: int, level: Level | None = None
) -> NDArray[np.float64]:
    scale = np.asarray(values, dtype=np.float64)
    if scale.shape != (n_values,):
        raise ValueError(f"Give one value per column: {n_values} columns, values {scale.shape}.")
    if not np.isfinite(scale).all() or (np.diff(scale) <= 0).any():
        raise ValueError(f"The values of a scale ascend and are finite; they were {scale}.")
    if level is not None and level not in get_args(Level):
        raise ValueError(f"The level is one of {', '.join(get_args(Level))}, not {level!r}.")
    if level == "ratio" and (scale < 0).any():
        raise ValueError("A ratio scale has no negative values; use level='interval'.")
    return scale


def _pairable(counts: ArrayLike) -> NDArray[np.float64]:
    table = _checked_counts(counts)
    return table[table.sum(axis=1) >= 2]


def _alphas(
    patterns: NDArray[np.float64],
    multiplicity: NDArray[np.float64],
    values: NDArray[np.float64],
    level: Level,
) -> NDArray[np.float64]:
    """Alpha of each sample that holds every pattern (pattern, value) `multiplicity` times.

    `multiplicity` is (..., pattern), the result (...). Both disagreements are times the number of
    ratings, and the diagonal of coincidences is not corrected: a value is at no distance to itself.
    """
    totals = multiplicity @ patterns  # (..., value)
    distances = _squared_distances(values, totals, level)  # (..., value, value)
    weights = multiplicity / (patterns.sum(axis=1) - 1)
    coincidences = (weights[..., None, :] * patterns.T) @ patterns  # (..., value, value)
    observed = (coincidences * distances).sum(axis=(-2, -1))
    products = totals[..., :, None] * totals[..., None, :]
    expected = (products * distances).sum(axis=(-2, -1)) / (totals.sum(axis=-1) - 1)
    undefined = np.full_like(expected, math.nan)
    return 1 - np.divide(observed, expected, out=undefined, where=expected > 0)


def _squared_distances(
    values: NDArray[np.float64], totals: NDArray[np.float64], level: Level
) -> NDArray[np.float64]:
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


def _agreeing_share(counts: ArrayLike, within: int) -> NDArray[np.float64]:
    """Of each item rated at least twice, the share of its pairs of ratings that agree: (item,)."""
    table = _pairable(counts)
    steps = np.arange(table.shape[1])
    close = np.abs(steps[:, None] - steps) <= within  # (value, value)
    raters = table.sum(axis=1)
    agreeing = (table @ close * table).sum(axis=1) - raters  # ordered pairs, none with itself
    return agreeing / (raters * (raters - 1))
