"""Fleiss' kappa, for the one design it is made for: as many ratings on every item.

Source: Fleiss, J. L. (1971), "Measuring nominal scale agreement among many raters".
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from annotator.statistics.agreement.tables import (
    Floats,
    Ratings,
    checked_counts,
    checked_over,
    counts_of,
)
from annotator.statistics.bootstrap import (
    UNDEFINED,
    Interval,
    check_settings,
    distinct_rows,
    percentile_interval,
    resamples,
)


def fleiss_kappa(ratings: Ratings) -> float:
    """Fleiss' kappa of `ratings`, as `fleiss_kappa_from_counts` defines it."""
    counts, _ = counts_of(ratings)
    return fleiss_kappa_from_counts(counts)


def fleiss_kappa_interval(
    ratings: Ratings,
    over: Literal["items"] = "items",
    n: int = 1000,
    confidence: float = 0.95,
    *,
    rng: np.random.Generator,
) -> Interval:
    """Interval (low, high) of `fleiss_kappa`, resampling the rated items."""
    checked_over(over)
    counts, _ = counts_of(ratings)
    return fleiss_kappa_interval_from_counts(counts, n, confidence, rng=rng)


def fleiss_kappa_from_counts(counts: ArrayLike) -> float:
    """Fleiss' kappa: values are names without an order, and every item has as many ratings.

    `counts` is items × values. Items that nobody rated are left out; otherwise different numbers
    of ratings raise ValueError. nan without ratings, with one rating per item, and when all
    ratings are equal, because then chance explains everything.
    """
    table = _balanced(counts)
    return float(_kappas(table, np.ones(len(table))))


def fleiss_kappa_interval_from_counts(
    counts: ArrayLike, n: int = 1000, confidence: float = 0.95, *, rng: np.random.Generator
) -> Interval:
    """Percentile bootstrap interval of `fleiss_kappa_from_counts` over the rated items.

    (nan, nan) with fewer than two items, and where too many resamples are undefined.
    """
    check_settings(n, confidence)
    table = _balanced(counts)
    if len(table) < 2:
        return UNDEFINED
    patterns, multiplicity = distinct_rows(table)
    draws = resamples(multiplicity, rng=rng, n=n)
    return percentile_interval(
        np.concatenate([_kappas(patterns, draw) for draw in draws]), confidence
    )


def _balanced(counts: ArrayLike) -> Floats:
    table = checked_counts(counts)
    ratings = table.sum(axis=1)
    if len(np.unique(ratings[ratings > 0])) > 1:
        raise ValueError(
            f"Fleiss' kappa needs as many ratings on every item; they were {ratings.min():.0f} to "
            f"{ratings.max():.0f}. Use krippendorff_alpha or gwet_ac, which take any number."
        )
    return table[ratings > 0]


def _kappas(patterns: Floats, multiplicity: Floats) -> Floats:
    """Kappa of each sample that holds every pattern `multiplicity` (..., pattern) times."""
    raters = patterns[0].sum() if len(patterns) else 0
    if raters < 2:
        return np.full(multiplicity.shape[:-1], math.nan)
    items = multiplicity.sum(axis=-1)
    agreeing = (patterns * (patterns - 1)).sum(axis=1) / (raters * (raters - 1))
    observed = multiplicity @ agreeing / items
    prevalence = multiplicity @ patterns / (items * raters)[..., None]
    chance = (prevalence**2).sum(axis=-1)
    varied = (prevalence > 0).sum(axis=-1) > 1
    undefined = np.full(chance.shape, math.nan)
    return np.divide(observed - chance, 1 - chance, out=undefined, where=varied)
