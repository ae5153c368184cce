"""Percentile intervals from resampling whole items (or clusters of items), never single ratings.

Ratings of one item are correlated, so drawing single ratings gives intervals that are too narrow.

Items that look the same to a statistic are interchangeable: drawing N items with replacement and
counting how often each distinct *pattern* was drawn is one multinomial draw over the patterns
(Efron and Tibshirani 1993, "An Introduction to the Bootstrap", section 6). Three ratings on five
points have at most 35 patterns, so a replicate costs the same for a thousand items and a million.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Interval = tuple[float, float]

UNDEFINED: Interval = (math.nan, math.nan)

BLOCK_ELEMENTS = 2**22  # 32 MiB of float64: what the replicates computed at one time may hold


@dataclass(frozen=True, slots=True)
class Estimate:
    """A statistic, its interval, and the number of observations `n` that it rests on.

    nan means undefined: the data at hand cannot answer, which is not the same as zero. The value
    can be defined where the interval is not (one item has a mean, but no spread between items).
    """

    value: float
    low: float
    high: float
    n: int

    def as_json(self) -> dict[str, float | int | None]:
        """The four fields at full precision; undefined is None, because JSON has no nan."""
        return {name: None if math.isnan(x) else x for name, x in asdict(self).items()}


def bootstrap_interval(
    numerators: ArrayLike,
    denominators: ArrayLike,
    *,
    rng: np.random.Generator,
    n: int = 1000,
    confidence: float = 0.95,
    clusters: ArrayLike | None = None,
) -> Interval:
    """Percentile interval of sum(numerators) / sum(denominators), resampling items.

    Both arrays have one entry per item. A mean of all ratings has score sums over rating counts;
    a mean over items has values over ones. With `clusters`, one label per item, whole clusters
    (say, all items of one prompt) are drawn instead of items.

    Items or clusters whose denominator is zero were not observed and are not drawn. With fewer
    than two left, the interval is (nan, nan): every resample would be the sample itself.
    """
    check_settings(n, confidence)
    table = ratio_terms(numerators, denominators)
    if clusters is not None:
        table = _sum_by_cluster(table, np.asarray(clusters))
    ratios = _ratio_replicates(table, rng=rng, n=n)
    return UNDEFINED if ratios is None else percentile_interval(ratios, confidence)


def bootstrap_difference(
    numerators: ArrayLike,
    denominators: ArrayLike,
    other_numerators: ArrayLike,
    other_denominators: ArrayLike,
    *,
    rng: np.random.Generator,
    n: int = 1000,
    confidence: float = 0.95,
) -> Interval:
    """Percentile interval of the first ratio less the other, resampling the items of each apart.

    For two sets of different items: neither's items say anything about the other's. With fewer
    than two items observed in either, the interval is (nan, nan).
    """
    check_settings(n, confidence)
    one = _ratio_replicates(ratio_terms(numerators, denominators), rng=rng, n=n)
    other = _ratio_replicates(ratio_terms(other_numerators, other_denominators), rng=rng, n=n)
    if one is None or other is None:
        return UNDEFINED
    return percentile_interval(one - other, confidence)


def _ratio_replicates(
    table: NDArray[np.float64], *, rng: np.random.Generator, n: int
) -> NDArray[np.float64] | None:
    """The ratio on each of `n` resamples of the rows observed: (replicate,). None under two."""
    table = table[table[:, 1] > 0]
    if len(table) < 2:
        return None
    patterns, multiplicity = distinct_rows(table)
    sums = [draw @ patterns for draw in resamples(multiplicity, rng=rng, n=n)]
    replicates = np.concatenate(sums)  # (replicate, numerator and denominator)
    return replicates[:, 0] / replicates[:, 1]


def distinct_rows(table: NDArray) -> tuple[NDArray, NDArray[np.int64]]:
    """The distinct rows of a (row, column) table, and how many times each occurs."""
    patterns, pattern = pattern_of_rows(table)
    return patterns, np.bincount(pattern, minlength=len(patterns))


def pattern_of_rows(table: NDArray) -> tuple[NDArray, NDArray[np.int64]]:
    """The distinct rows of a (row, column) table, and the place of each row among them."""
    # np.unique(axis=0) gives the same and compares rows as bytes: five times slower.
    order = np.lexsort(table.T)
    ordered = table[order]
    is_first = np.ones(len(ordered), dtype=bool)
    is_first[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    pattern = np.empty(len(ordered), dtype=np.int64)
    pattern[order] = np.cumsum(is_first) - 1
    return ordered[is_first], pattern


def resamples(
    multiplicity: NDArray[np.int64], *, rng: np.random.Generator, n: int, width: int = 1
) -> Iterator[NDArray[np.float64]]:
    """Yield `n` bootstrap draws in blocks (replicate, pattern): how often each pattern was drawn.

    `multiplicity` says how many items have each pattern; every draw sums to the number of items.
    `width` is the number of elements that the caller computes per pattern and replicate; blocks
    are as long as BLOCK_ELEMENTS allows. Their length does not change what is drawn.
    """
    n_items = int(multiplicity.sum())
    for size in blocks(n, len(multiplicity) * width):
        draw = rng.multinomial(n_items, multiplicity / n_items, size=size)
        yield draw.astype(np.float64)


def item_resamples(
    n_items: int, *, rng: np.random.Generator, n: int, elements: int = 1
) -> Iterator[NDArray[np.uint8]]:
    """Yield `n` bootstrap draws in blocks (item, replicate): how often each item was drawn.

    For statistics to which no two items look the same, because they ask who rated what; others
    take `resamples`, which is faster by far. `elements` is what the caller computes per replicate.
    """
    for size in blocks(n, max(elements, n_items // 4)):
        yield side_by_side([resample(n_items, rng) for _ in range(size)])


def resample(n_units: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """How often each unit is drawn in as many draws as there are units: (unit,)."""
    # One multinomial draw gives the same and takes a binomial per unit: ten times slower. That a
    # unit is drawn 256 times, which would not fit, has a chance below 10^-500.
    return np.bincount(rng.integers(0, n_units, n_units), minlength=n_units).astype(np.uint8)


def side_by_side(draws: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """One draw (unit,) per replicate, as (unit, replicate) with a unit's replicates together."""
    return np.ascontiguousarray(np.array(draws).T)


def blocks(n: int, elements: int) -> Iterator[int]:
    """How many of `n` replicates are computed at a time, when each computes so many `elements`."""
    block = max(1, BLOCK_ELEMENTS // elements)
    for start in range(0, n, block):
        yield min(block, n - start)


def percentile_interval(replicates: NDArray[np.float64], confidence: float) -> Interval:
    """The central `confidence` share of the replicates, by linearly interpolated percentiles.

    Replicates that are nan (a statistic can be undefined on a resample) are left out. When they
    are more than 1 - confidence of all, they alone could decide where the ends lie, and the
    interval is (nan, nan).
    """
    defined = replicates[~np.isnan(replicates)]
    if len(replicates) - len(defined) > (1 - confidence) * len(replicates):
        return UNDEFINED
    tail = (1 - confidence) / 2
    low, high = np.quantile(defined, [tail, 1 - tail])
    return float(low), float(high)


def check_settings(n: int, confidence: float) -> None:
    """Raise ValueError unless `n` replicates and this `confidence` can give an interval."""
    if n < 1:
        raise ValueError(f"An interval needs at least one replicate, not n={n}.")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence lies between 0 and 1, as in 0.95; it was {confidence}.")


def ratio_terms(numerators: ArrayLike, denominators: ArrayLike) -> NDArray[np.float64]:
    """The two arrays, checked, as the columns of one table: (item, numerator and denominator)."""
    tops = np.asarray(numerators, dtype=np.float64)
    bottoms = np.asarray(denominators, dtype=np.float64)
    if tops.ndim != 1 or tops.shape != bottoms.shape:
        raise ValueError(
            "Give one numerator and one denominator per item, as two arrays of equal length; "
            f"their shapes were {tops.shape} and {bottoms.shape}."
        )
    if not (np.isfinite(tops).all() and np.isfinite(bottoms).all()):
        raise ValueError("Leave out items without a value; nan and infinity cannot be summed.")
    if (bottoms < 0).any() or tops[bottoms == 0].any():
        raise ValueError(
            "Denominators are counts: none is negative, and an item with none has a zero numerator."
        )
    return np.stack([tops, bottoms], axis=1)


def _sum_by_cluster(table: NDArray[np.float64], clusters: NDArray) -> NDArray[np.float64]:
    if clusters.shape != table.shape[:1]:
        raise ValueError(
            f"Give one cluster label per item: {len(table)} items, labels {clusters.shape}."
        )
    _, cluster = np.unique(clusters, return_inverse=True)
    return np.stack([np.bincount(cluster, weights=column) for column in table.T], axis=1)
