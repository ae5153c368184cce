"""How many ratings a running study still needs for an interval of a chosen width.

From the three variances of its ratings (`variance_components`): the variance of a mean opinion
score of n items with k ratings each is item / n + residual / (n·k), and, when other raters should
find the same, also rater / (number of raters). Source: Searle, Casella and McCulloch (1992),
"Variance Components", section 5.3; Brennan (2001), "Generalizability Theory", on such *D studies*.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from annotator.statistics.agreement import (
    Level,
    VarianceComponents,
    alpha_interval_from_counts,
    variance_components,
)
from annotator.statistics.crossed import CrossedRatings
from annotator.statistics.two_way import normal_quantile, standard_error, two_way_standard_error

Over = Literal["items", "items and raters"]


@dataclass(frozen=True, slots=True)
class Need:
    """What reaches the width with `per_item` ratings of each item; `more` is still to be given.

    `n_items` is None when no number of items is enough: the raters are too few.
    """

    per_item: int
    n_items: int | None
    n_ratings: int | None
    more: int | None


@dataclass(frozen=True, slots=True)
class OpinionPlan:
    """The width of the interval of the mean opinion score now, low to high, and what it needs.

    nan, and no needs, where the ratings do not tell the variances apart yet.
    """

    width_now: float
    components: VarianceComponents
    needs: tuple[Need, ...]


@dataclass(frozen=True, slots=True)
class AlphaPlan:
    """The width of alpha's interval now, and how many items with as many ratings each it needs."""

    width_now: float
    n_items: int | None
    n_ratings: int | None
    more: int | None


def opinion_width(
    components: VarianceComponents,
    n_items: int,
    per_item: float,
    n_raters: int | None = None,
    confidence: float = 0.95,
) -> float:
    """Width, low to high, of the interval of a mean of n_items · per_item ratings.

    Over items when `n_raters` is None (the raters' severities are then part of what differs within
    an item), and over items and raters otherwise. Variances below zero are taken as zero.
    """
    of_items, of_raters = _variances(components, per_item, n_raters)
    return 2 * normal_quantile(confidence) * math.sqrt(of_items / n_items + of_raters)


def opinion_plan(
    ratings: CrossedRatings,
    width: float,
    *,
    over: Over = "items",
    per_item: Iterable[int] = (1, 2, 3, 4, 5),
    confidence: float = 0.95,
) -> OpinionPlan:
    """What the mean opinion score of these ratings needs for an interval of this `width`.

    For one group, give its ratings only. Over items and raters, the raters are taken to stay as
    many as they are and to share the ratings equally.
    """
    _checked_width(width)
    if over == "items":
        n_raters, error = None, standard_error(*ratings.by_item())
    else:
        n_raters, error = len(ratings.raters), two_way_standard_error(ratings)
    components = variance_components(ratings)
    reach = 2 * normal_quantile(confidence)
    known = not math.isnan(components.item)
    return OpinionPlan(
        width_now=reach * error,
        components=components,
        needs=tuple(
            _need(components, (width / reach) ** 2, k, n_raters, len(ratings.score))
            for k in per_item
            if known
        ),
    )


def alpha_plan(
    counts: ArrayLike,
    values: ArrayLike,
    width: float,
    *,
    level: Level = "ordinal",
    rng: np.random.Generator,
    n: int = 1000,
    confidence: float = 0.95,
) -> AlphaPlan:
    """How many items alpha needs for an interval over items of this `width`.

    The width falls with the square root of the number of items rated at least twice, at as many
    ratings of each as now; what other numbers of ratings would do, `forecast` simulates. `counts`
    is items × values. None where alpha has no interval yet.
    """
    _checked_width(width)
    table = np.asarray(counts)
    table = table[table.sum(axis=1) >= 2]
    low, high = alpha_interval_from_counts(table, values, level, n, confidence, rng=rng)
    now = high - low
    if math.isnan(now):
        return AlphaPlan(now, None, None, None)
    n_items = max(2, math.ceil(len(table) * (now / width) ** 2))
    n_ratings = math.ceil(n_items * table.sum() / len(table))
    return AlphaPlan(now, n_items, n_ratings, max(0, n_ratings - int(table.sum())))


def _need(
    components: VarianceComponents, variance: float, per_item: int, n_raters: int | None, given: int
) -> Need:
    of_items, of_raters = _variances(components, per_item, n_raters)
    if variance <= of_raters:
        return Need(per_item, None, None, None)
    n_items = max(2, math.ceil(of_items / (variance - of_raters)))
    return Need(per_item, n_items, n_items * per_item, max(0, n_items * per_item - given))


def _variances(
    components: VarianceComponents, per_item: float, n_raters: int | None
) -> tuple[float, float]:
    """Variance of one item's mean, and what no number of items takes away."""
    item, rater, residual = (
        max(0.0, part) for part in (components.item, components.rater, components.residual)
    )
    if n_raters is None:
        return item + (rater + residual) / per_item, 0.0
    return item + residual / per_item, rater / n_raters


def _checked_width(width: float) -> None:
    if not 0 < width < math.inf:
        raise ValueError(f"The width of an interval is above zero, as in 0.2; it was {width}.")
