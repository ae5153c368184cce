"""Intervals of agreement hold the truth of a simulated crowd as often as they say: 200 runs each.

`benchmarks/agreement.py` reports the same over more runs.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from annotator.statistics import (
    CrossedRatings,
    crossed_ratings,
    gwet_ac,
    gwet_ac_interval,
    intraclass_correlation,
    intraclass_correlation_interval,
    pairwise_kappa,
    pairwise_kappa_interval,
)
from annotator.statistics.bootstrap import Interval
from tests.annotator.statistics.agreement.crowds import SCALE

RUNS = 200
SEVERITIES = np.array([-0.5, -0.2, 0.0, 0.1, 0.2, 0.4])

Statistic = Callable[[CrossedRatings], float]
WithInterval = Callable[[CrossedRatings, np.random.Generator], Interval]

STATISTICS: dict[str, tuple[Statistic, WithInterval]] = {
    "AC2": (
        lambda ratings: gwet_ac(ratings, values=SCALE),
        lambda ratings, rng: gwet_ac_interval(ratings, n=300, values=SCALE, rng=rng),
    ),
    "kappa": (pairwise_kappa, lambda ratings, rng: pairwise_kappa_interval(ratings)),
    "ICC": (
        intraclass_correlation,
        lambda ratings, rng: intraclass_correlation_interval(ratings, n=300, rng=rng),
    ),
}


def crowd(n_items: int, rng: np.random.Generator) -> CrossedRatings:
    """Three of six raters of different severity per item; scores skewed to the top of the scale."""
    item = np.arange(n_items).repeat(3)
    rater = np.argsort(rng.random((n_items, 6)), axis=1)[:, :3].ravel()
    quality = rng.normal(3.7, 0.9, n_items)
    noise = rng.normal(0, 0.8, len(item))
    return crossed_ratings(
        item, rater, np.clip(np.rint(quality[item] - SEVERITIES[rater] + noise), 1, 5)
    )


@pytest.mark.parametrize("name", STATISTICS)
def test_the_interval_covers_the_truth(name: str) -> None:
    statistic, interval = STATISTICS[name]
    rng = np.random.default_rng(8)
    truth = statistic(crowd(100_000, rng))
    intervals = np.array([interval(crowd(100, rng), rng) for _ in range(RUNS)])
    covered = np.mean((intervals[:, 0] <= truth) & (truth <= intervals[:, 1]))
    assert 0.90 <= covered <= 0.985
