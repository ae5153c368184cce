"""Opinion scores of items rated on an ordered scale: by all ratings, and by the paper's rule."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from annotator.statistics.bootstrap import (
    UNDEFINED,
    Estimate,
    bootstrap_difference,
    bootstrap_interval,
    check_settings,
    distinct_rows,
    percentile_interval,
    resamples,
)


def mean_opinion_score(
    score_sums: ArrayLike,
    counts: ArrayLike,
    *,
    rng: np.random.Generator,
    n: int = 1000,
    confidence: float = 0.95,
    clusters: ArrayLike | None = None,
) -> Estimate:
    """Mean of all ratings; `score_sums` and `counts` have one entry per item, `n` is replicates.

    Opt-outs are in neither. The interval resamples items, because ratings of one item are
    correlated; with `clusters`, one label per item, whole clusters (the items of a prompt).
    Given one entry per rater instead, the same sums and counts resample raters.
    `Estimate.n` counts ratings. Without a rating the value is nan; with fewer than two rated
    items (clusters, raters) the interval is.
    """
    interval = bootstrap_interval(
        score_sums, counts, rng=rng, n=n, confidence=confidence, clusters=clusters
    )
    n_ratings = int(np.sum(counts))
    value = float(np.sum(score_sums) / n_ratings) if n_ratings else math.nan
    return Estimate(value, *interval, n=n_ratings)


def opinion_difference(
    score_sums: ArrayLike,
    counts: ArrayLike,
    other_score_sums: ArrayLike,
    other_counts: ArrayLike,
    *,
    rng: np.random.Generator,
    n: int = 1000,
    confidence: float = 0.95,
) -> Estimate:
    """How much higher the mean of all ratings is in the first set of items than in the other.

    One entry per item in each pair of arrays; `Estimate.n` counts the ratings of both sets. Without
    a rating in either the value is nan; with fewer than two rated items in either the interval is.
    """
    interval = bootstrap_difference(
        score_sums, counts, other_score_sums, other_counts, rng=rng, n=n, confidence=confidence
    )
    one, other = int(np.sum(counts)), int(np.sum(other_counts))
    value = math.nan
    if one and other:
        value = float(np.sum(score_sums) / one - np.sum(other_score_sums) / other)
    return Estimate(value, *interval, n=one + other)


def paper_opinion_score(
    counts: ArrayLike,
    values: ArrayLike,
    opt_outs: ArrayLike,
    *,
    rng: np.random.Generator,
    n: int = 1000,
    confidence: float = 0.95,
) -> Estimate:
    """Mean over items of the median of each item's ratings; an item with any opt-out is dropped.

    Our reading of the human study of Tang et al. (2023), "What the DAAM", section 3.2.

    `counts` is items × values, `values` ascend, `opt_outs` has one number per item. An even number
    of ratings has the mean of the middle two as its median. The interval resamples the items
    kept; `Estimate.n` counts them. With none, the value is nan; with fewer than two, the interval.
    """
    table, dropped = np.asarray(counts), np.asarray(opt_outs) > 0
    if dropped.shape != table.shape[:1]:
        raise ValueError(f"Give one number of opt-outs per item: {len(table)} items.")
    medians = _medians(table[~dropped & (table.sum(axis=1) > 0)], np.asarray(values, dtype=float))
    ones = np.ones(len(medians))
    interval = bootstrap_interval(medians, ones, rng=rng, n=n, confidence=confidence)
    value = float(medians.mean()) if len(medians) else math.nan
    return Estimate(value, *interval, n=len(medians))


def share_at_least(
    counts: ArrayLike,
    values: ArrayLike,
    at_least: float,
    *,
    rng: np.random.Generator,
    n: int = 1000,
    confidence: float = 0.95,
) -> Estimate:
    """Share of all ratings that are `at_least` so high: Fair or better is 3 on five points.

    `counts` is items × values. The interval resamples items; `Estimate.n` counts ratings. nan
    where `mean_opinion_score` has it.
    """
    table, scale = np.asarray(counts), np.asarray(values)
    high = table[:, scale >= at_least].sum(axis=1)
    return mean_opinion_score(high, table.sum(axis=1), rng=rng, n=n, confidence=confidence)


def median_score(
    counts: ArrayLike,
    values: ArrayLike,
    *,
    rng: np.random.Generator,
    n: int = 1000,
    confidence: float = 0.95,
) -> Estimate:
    """Median of all ratings; of an even number, the mean of the middle two.

    `counts` is items × values, `values` ascend. The interval resamples items; on five points its
    ends are points or halves. nan without a rating; the interval with fewer than two rated items.
    """
    check_settings(n, confidence)
    table, scale = np.asarray(counts), np.asarray(values, dtype=np.float64)
    table = table[table.sum(axis=1) > 0]
    if not len(table):
        return Estimate(math.nan, *UNDEFINED, n=0)
    value, interval = float(_medians(table.sum(axis=0, keepdims=True), scale)[0]), UNDEFINED
    if len(table) > 1:
        patterns, multiplicity = distinct_rows(table)
        draws = resamples(multiplicity, rng=rng, n=n)
        replicates = np.concatenate([_medians(draw @ patterns, scale) for draw in draws])
        interval = percentile_interval(replicates, confidence)
    return Estimate(value, *interval, n=int(table.sum()))


def distribution(counts: ArrayLike) -> NDArray[np.float64]:
    """Share of the ratings at each value of the scale: (value,), all nan without a rating.

    `counts` is items × values.
    """
    totals = np.asarray(counts).sum(axis=0)
    shares = np.full(totals.shape, math.nan)
    return np.divide(totals, totals.sum(), out=shares, where=totals.sum() > 0)


def _medians(counts: NDArray, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Median rating of each item: (item,). Every item has at least one rating."""
    up_to = np.cumsum(counts, axis=1)  # (item, value): ratings at this value or below
    n_ratings = counts.sum(axis=1, keepdims=True)
    lower = (up_to > (n_ratings - 1) // 2).argmax(axis=1)
    upper = (up_to > n_ratings // 2).argmax(axis=1)
    return (values[lower] + values[upper]) / 2
