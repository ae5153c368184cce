"""Gwet's AC1 and AC2, which skewed ratings do not push down as they do alpha and kappa.

Source: Gwet, K. L. (2014), "Handbook of Inter-Rater Reliability", 4th edition, chapters 4 and 5.
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
    checked_values,
    counts_of,
)
from annotator.statistics.agreement.weights import Weights, agreement_weights
from annotator.statistics.bootstrap import (
    UNDEFINED,
    Interval,
    check_settings,
    distinct_rows,
    percentile_interval,
    resamples,
)


def gwet_ac(
    ratings: Ratings, weights: Weights = "ordinal", values: ArrayLike | None = None
) -> float:
    """Gwet's coefficient of `ratings`: AC1 with identity weights, AC2 with any other.

    Give the scale's `values`: unlike alpha, AC depends on how many values raters could choose
    from. Without them the scale is the values that occur. See `ac_from_counts` for the rest.
    """
    return ac_from_counts(*counts_of(ratings, values), weights)


def gwet_ac_interval(
    ratings: Ratings,
    weights: Weights = "ordinal",
    over: Literal["items"] = "items",
    n: int = 1000,
    confidence: float = 0.95,
    *,
    values: ArrayLike | None = None,
    rng: np.random.Generator,
) -> Interval:
    """Interval (low, high) of `gwet_ac`, as `ac_interval_from_counts` defines it."""
    checked_over(over)
    return ac_interval_from_counts(*counts_of(ratings, values), weights, n, confidence, rng=rng)


def gwet_ac_standard_error(
    ratings: Ratings, weights: Weights = "ordinal", values: ArrayLike | None = None
) -> float:
    """Gwet's analytic standard error of `gwet_ac`, as `ac_standard_error_from_counts` has it."""
    return ac_standard_error_from_counts(*counts_of(ratings, values), weights)


def ac_from_counts(counts: ArrayLike, values: ArrayLike, weights: Weights = "ordinal") -> float:
    """(agreement observed - by chance) / (1 - by chance), chance being rare on skewed scales.

    `counts` is items × values; `values` is the whole scale, ascending, used or not. Observed is
    the mean over items rated twice or more. By chance is how often raters who guess agree, from
    the mean share of each value over *all* rated items: those rated once count here.

    All agree: 1, also when only one value was used. nan when no item was rated twice (so also
    with one rater), and on a scale of one value, where nobody could disagree.
    """
    patterns, weighted = _checked(counts, values, weights)
    return float(_coefficients(patterns, np.ones(len(patterns)), weighted))


def ac_interval_from_counts(
    counts: ArrayLike,
    values: ArrayLike,
    weights: Weights = "ordinal",
    n: int = 1000,
    confidence: float = 0.95,
    *,
    rng: np.random.Generator,
) -> Interval:
    """Percentile bootstrap interval of `ac_from_counts` over `n` resamples of the rated items.

    It covers the sampling of items, not of raters. (nan, nan) where AC is undefined, with fewer
    than two items rated twice, and where too many resamples hold none (`percentile_interval`).
    """
    check_settings(n, confidence)
    rated, weighted = _checked(counts, values, weights)
    if (rated.sum(axis=1) >= 2).sum() < 2:
        return UNDEFINED
    patterns, multiplicity = distinct_rows(rated)
    draws = resamples(multiplicity, rng=rng, n=n)
    replicates = np.concatenate([_coefficients(patterns, draw, weighted) for draw in draws])
    return percentile_interval(replicates, confidence)


def ac_standard_error_from_counts(
    counts: ArrayLike, values: ArrayLike, weights: Weights = "ordinal"
) -> float:
    """Gwet's standard error over the sampling of items, linearised (2014, section 5.3).

    A check on the bootstrap, and like it where every rated item has two ratings or more. Items
    rated once it treats as items that could have agreed and did not, which makes it too wide: by
    14 % when 9 % of the items were (ordinal weights). nan where AC is undefined or only one item
    was rated.
    """
    table, weighted = _checked(counts, values, weights)
    n_items = len(table)
    if n_items < 2:
        return math.nan
    observed, chance = _observed_and_chance(table, np.ones(n_items), weighted)
    coefficient = (observed - chance) / (1 - chance)
    agreeing, paired = _agreeing(table, weighted)
    ratings = table.sum(axis=1)
    # What each item adds to the coefficient, and to the agreement that guessing would bring.
    share = n_items / paired.sum() if paired.any() else math.nan
    items = share * (agreeing - chance * paired) / (1 - chance)
    prevalence = (table / ratings[:, None]).mean(axis=0)
    by_chance = _guessing(weighted) * (table @ (1 - prevalence)) / ratings
    linearised = items - 2 * (1 - coefficient) * (by_chance - chance) / (1 - chance)
    variance = ((linearised - coefficient) ** 2).sum() / (n_items * (n_items - 1))
    return float(np.sqrt(variance))


def _checked(counts: ArrayLike, values: ArrayLike, weights: Weights) -> tuple[Floats, Floats]:
    table = checked_counts(counts)
    scale = checked_values(values, table.shape[1])
    return table[table.sum(axis=1) > 0], agreement_weights(scale, weights)


def _coefficients(patterns: Floats, multiplicity: Floats, weights: Floats) -> Floats:
    """AC of each sample that holds every pattern (pattern, value) `multiplicity` times."""
    observed, chance = _observed_and_chance(patterns, multiplicity, weights)
    return (observed - chance) / (1 - chance)


def _observed_and_chance(
    patterns: Floats, multiplicity: Floats, weights: Floats
) -> tuple[Floats, Floats]:
    """`multiplicity` is (..., pattern), both results (...); nan where undefined."""
    agreeing, paired = _agreeing(patterns, weights)
    observed = _ratio(multiplicity @ agreeing, multiplicity @ paired)
    shares = patterns / patterns.sum(axis=1, keepdims=True)
    items = multiplicity.sum(axis=-1)
    prevalence = _ratio(multiplicity @ shares, items[..., None])  # (..., value)
    chance = _guessing(weights) * (prevalence * (1 - prevalence)).sum(axis=-1)
    return observed, chance


def _agreeing(patterns: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """The weighted share of agreeing pairs per pattern, 0 without a pair; and who has a pair."""
    ratings = patterns.sum(axis=1)
    pairs = ratings * (ratings - 1)  # ordered, none with itself
    agreeing = (patterns @ weights * patterns).sum(axis=1) - ratings
    paired = pairs > 0
    return np.divide(agreeing, pairs, out=np.zeros_like(pairs), where=paired), paired * 1.0


def _guessing(weights: Floats) -> float:
    """The mean weight of two values drawn blindly, over what unequal values could reach."""
    q = len(weights)
    return weights.sum() / (q * (q - 1)) if q > 1 else math.nan


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    undefined = np.full(np.broadcast_shapes(numerator.shape, denominator.shape), math.nan)
    return np.divide(numerator, denominator, out=undefined, where=denominator > 0)
