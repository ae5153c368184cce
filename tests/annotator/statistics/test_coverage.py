"""Intervals hold the truth as often as they say: simulated crowds, 300 runs each.

`benchmarks/statistics.py` reports the same over more runs and designs.
"""

from __future__ import annotations

import numpy as np

from annotator.statistics import (
    Crowd,
    Design,
    alpha_from_counts,
    alpha_interval_from_counts,
    count_table,
    mean_opinion_score,
    opinion_intervals,
    simulate_study,
)

SCALE = np.arange(1, 6)
RUNS = 300


def crowd_counts(n_items: int, rng: np.random.Generator) -> np.ndarray:
    """Items × values: two to four ratings of each item, skewed to the top of the scale."""
    item = np.arange(n_items).repeat(rng.integers(2, 5, n_items))
    quality = rng.normal(3.7, 0.9, n_items)
    scores = np.clip(np.rint(quality[item] + rng.normal(0, 0.8, len(item))), 1, 5)
    return count_table(item, scores, SCALE, n_items)


def test_the_interval_of_ordinal_alpha_covers_the_truth() -> None:
    rng = np.random.default_rng(20)
    truth = alpha_from_counts(crowd_counts(400_000, rng), SCALE)
    intervals = np.array(
        [
            alpha_interval_from_counts(crowd_counts(150, rng), SCALE, n=400, rng=rng)
            for _ in range(RUNS)
        ]
    )
    assert 0.92 <= np.mean((intervals[:, 0] <= truth) & (truth <= intervals[:, 1])) <= 0.98


def test_the_interval_of_the_mean_opinion_score_covers_the_truth() -> None:
    rng = np.random.default_rng(21)
    population = crowd_counts(400_000, rng)
    truth = (population @ SCALE).sum() / population.sum()
    covered = 0
    for _ in range(RUNS):
        counts = crowd_counts(150, rng)
        mos = mean_opinion_score(counts @ SCALE, counts.sum(axis=1), n=400, rng=rng)
        covered += mos.low <= truth <= mos.high
    assert 0.92 <= covered / RUNS <= 0.98


def test_only_the_interval_over_items_and_raters_covers_what_other_raters_would_say() -> None:
    """Severe and lenient raters, others in every study: the pigeonhole interval is meant wide."""
    crowd = Crowd(3.5, items=0.8, severity=0.5, noise=0.6)
    rng = np.random.default_rng(22)
    truth = simulate_study(Design(200_000, 3, 20_000), crowd, rng=rng).score.mean()
    found = [
        opinion_intervals(simulate_study(Design(150, 3, 20), crowd, rng=rng), n=100, rng=rng)
        for _ in range(RUNS // 2)
    ]

    def held(intervals: list[tuple[float, float]]) -> float:
        return float(np.mean([low <= truth <= high for low, high in intervals]))

    assert 0.93 <= held([one.both.bootstrap for one in found]) <= 1
    assert 0.90 <= held([one.both.analytic for one in found]) <= 0.98
    assert held([one.items.bootstrap for one in found]) < 0.85
