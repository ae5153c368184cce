"""CPU seconds of one run each on simulated counts, beside what people use today.

Packages without an interval, or too slow to wait for, are given a few resamples and their time is
multiplied up to as many as ours has.
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import krippendorff
import numpy as np
import pandas as pd
from scipy import stats

from annotator.statistics import (
    Arm,
    CrossedRatings,
    Resampling,
    alpha_from_counts,
    alpha_interval_from_counts,
    contrast,
    count_table,
    fit_rater_model,
    mean_opinion_score,
    pigeonhole_interval,
)
from benchmarks.crowd.simulate import SCALE, Draw, qualities, rate, severities

REPLICATES = 1000
PERMUTATIONS = 9999
LOOPED = 3  # resamples that the others are given time for


def agreement(ratings: CrossedRatings, rng: Draw) -> dict[str, float]:
    counts = count_table(ratings.item, ratings.score, SCALE, len(ratings.items))

    def interval() -> tuple[float, float]:
        return alpha_interval_from_counts(counts, SCALE, n=REPLICATES, rng=rng)

    def loop() -> None:
        for _ in range(LOOPED):
            _package_alpha(counts[rng.integers(0, len(counts), len(counts))])

    alpha_s, alpha = cpu_seconds(lambda: alpha_from_counts(counts, SCALE))
    package_s, package = cpu_seconds(lambda: _package_alpha(counts))
    return {
        "alpha_s": alpha_s,
        "package_alpha_s": package_s,
        "alpha_difference": abs(alpha - package),
        "interval_s": cpu_seconds(interval)[0],
        "package_interval_s": cpu_seconds(loop)[0] / LOOPED * REPLICATES,
        "interval_peak_mb": peak_megabytes(interval),
    }


def opinion(ratings: CrossedRatings, rng: Draw) -> dict[str, float]:
    """Of intervals over items, over items and raters, and of comparing two halves of the items."""
    sums, counts = ratings.by_item()
    half = len(sums) // 2
    arms = Arm(sums[:half], counts[:half]), Arm(sums[half:], counts[half:])
    how = Resampling(replicates=REPLICATES, permutations=PERMUTATIONS)
    frame = pd.DataFrame({"item": ratings.item, "score": ratings.score})
    return {
        "mos_s": cpu_seconds(lambda: mean_opinion_score(sums, counts, n=REPLICATES, rng=rng))[0],
        "scipy_mos_s": cpu_seconds(lambda: _scipy_interval(sums, counts, rng))[0] * _times(1),
        "pandas_mos_s": cpu_seconds(lambda: _pandas_interval(frame, rng))[0] * _times(1),
        "two_way_s": cpu_seconds(lambda: pigeonhole_interval(ratings, n=REPLICATES, rng=rng))[0],
        "contrast_s": cpu_seconds(lambda: contrast(*arms, rng=rng, how=how))[0],
        "scipy_test_s": cpu_seconds(lambda: _scipy_test(sums / counts, half, rng))[0]
        * _times(PERMUTATIONS / REPLICATES),
        "rater_model_s": cpu_seconds(lambda: fit_rater_model(ratings))[0],
    }


def crowd(n_ratings: int) -> tuple[CrossedRatings, Draw]:
    """Three ratings of each item, 4 % missing; a rater gives about 500."""
    rng = np.random.default_rng(0)
    raters = severities(rng, max(20, n_ratings // 500))
    return rate(rng, qualities(rng, round(n_ratings / 2.88)), raters), rng


def cpu_seconds(call: Callable[[], Any]) -> tuple[float, Any]:
    start = time.process_time()
    result = call()
    return time.process_time() - start, result


def peak_megabytes(call: Callable[[], Any]) -> float:
    tracemalloc.start()
    call()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 1e6


def _times(share: float) -> float:
    return REPLICATES / LOOPED * share


def _package_alpha(counts: np.ndarray) -> float:
    return krippendorff.alpha(
        value_counts=counts, value_domain=SCALE, level_of_measurement="ordinal"
    )


def _scipy_interval(sums: np.ndarray, counts: np.ndarray, rng: Draw) -> Any:
    def mean(sums: np.ndarray, counts: np.ndarray, axis: int) -> np.ndarray:
        return sums.sum(axis) / counts.sum(axis)

    return stats.bootstrap(
        (sums, counts), mean, paired=True, n_resamples=LOOPED, method="percentile", rng=rng
    )


def _pandas_interval(frame: pd.DataFrame, rng: Draw) -> list[float]:
    """Draw items, and look their ratings up."""
    by_item = frame.groupby("item")["score"].agg(["sum", "count"])
    means = []
    for _ in range(LOOPED):
        drawn = by_item.sample(frac=1, replace=True, random_state=rng)
        means.append(drawn["sum"].sum() / drawn["count"].sum())
    return means


def _scipy_test(scores: np.ndarray, half: int, rng: Draw) -> Any:
    def difference(one: np.ndarray, other: np.ndarray, axis: int) -> np.ndarray:
        return one.mean(axis) - other.mean(axis)

    groups = scores[:half], scores[half:]
    return stats.permutation_test(groups, difference, n_resamples=LOOPED, vectorized=True, rng=rng)
