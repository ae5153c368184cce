"""Agreement as raters experience it, without correction for chance: exact and within one step."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from annotator.statistics.agreement.tables import Floats, pairable
from annotator.statistics.bootstrap import Interval, bootstrap_interval


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


def _agreeing_share(counts: ArrayLike, within: int) -> Floats:
    """Of each item rated at least twice, the share of its pairs of ratings that agree: (item,)."""
    table = pairable(counts)
    steps = np.arange(table.shape[1])
    close = np.abs(steps[:, None] - steps) <= within  # (value, value)
    raters = table.sum(axis=1)
    agreeing = (table @ close * table).sum(axis=1) - raters  # ordered pairs, none with itself
    return agreeing / (raters * (raters - 1))
