"""Agreement of incomplete designs: speed, memory, and how often intervals hold the truth.

    .venv/bin/python benchmarks/agreement.py [--quick]

Speed: CPU seconds and peak memory of one run each, three ratings per item on five points, 4 %
missing (`crowd/simulate.py`). Below the table of alpha without each rater stands what one of its
rows costs computed anew. Coverage: how often a 95 % interval holds the value of 100,000 items,
three of the same six raters per item. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Not this folder: its statistics.py would stand in for the standard library's.
sys.path.pop(0)
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from annotator.statistics import (
    CrossedRatings,
    ac_interval_from_counts,
    alpha_interval_from_counts,
    counts_of,
    crossed_ratings,
    gwet_ac,
    gwet_ac_interval,
    intraclass_correlation,
    intraclass_correlation_interval,
    krippendorff_alpha,
    leave_one_rater_out,
    pairwise_kappa,
    pairwise_kappa_interval,
)
from benchmarks.crowd.simulate import SCALE, qualities, rate, severities
from benchmarks.crowd.speed import cpu_seconds, peak_megabytes

SEVERITIES = np.array([-0.5, -0.2, 0.0, 0.1, 0.2, 0.4])
RNG = np.random.default_rng(0)

Interval = tuple[float, float]


def speed(n_ratings: int, n_raters: int) -> dict[str, tuple[float, float]]:
    ratings = rate(RNG, qualities(RNG, n_ratings // 3), severities(RNG, n_raters))
    counts, _ = counts_of(ratings, SCALE)
    calls: dict[str, Callable[[], Any]] = {
        "alpha": lambda: krippendorff_alpha(ratings),
        "alpha, 1,000 resamples": lambda: alpha_interval_from_counts(counts, SCALE, rng=RNG),
        "AC2, 1,000 resamples": lambda: ac_interval_from_counts(counts, SCALE, rng=RNG),
        "kappa of all pairs": lambda: pairwise_kappa(ratings),
        "kappa of all pairs, interval": lambda: pairwise_kappa_interval(ratings),
        "ICC": lambda: intraclass_correlation(ratings),
        "ICC, 1,000 resamples": lambda: intraclass_correlation_interval(ratings, rng=RNG),
        "alpha without each rater": lambda: leave_one_rater_out(ratings),
        "one of these, computed anew": lambda: alpha_without(ratings, 0),
    }
    return {name: (cpu_seconds(call)[0], peak_megabytes(call)) for name, call in calls.items()}


def alpha_without(ratings: CrossedRatings, rater: int) -> float:
    kept = ratings.rater != rater
    return krippendorff_alpha(
        crossed_ratings(ratings.item[kept], ratings.rater[kept], ratings.score[kept])
    )


def coverage(n_items: int, runs: int) -> dict[str, float]:
    rng = np.random.default_rng(n_items)
    statistics: dict[str, tuple[Callable[..., float], Callable[..., Interval]]] = {
        "AC2": (
            lambda ratings: gwet_ac(ratings, values=SCALE),
            lambda ratings: gwet_ac_interval(ratings, values=SCALE, rng=rng),
        ),
        "kappa": (pairwise_kappa, pairwise_kappa_interval),
        "ICC": (
            intraclass_correlation,
            lambda ratings: intraclass_correlation_interval(ratings, rng=rng),
        ),
    }
    population = rate(rng, qualities(rng, 100_000), SEVERITIES)
    truth = {name: value(population) for name, (value, _) in statistics.items()}
    held = dict.fromkeys(statistics, 0)
    for _ in range(runs):
        ratings = rate(rng, qualities(rng, n_items), SEVERITIES)
        for name, (_, interval) in statistics.items():
            low, high = interval(ratings)
            held[name] += low <= truth[name] <= high
    return {name: count / runs for name, count in held.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="500 coverage runs instead of 2,000")
    runs = 500 if parser.parse_args().quick else 2000
    result: dict[str, Any] = {"runs": runs}

    for n_ratings, n_raters in ((100_000, 200), (1_000_000, 5000)):
        print(f"{n_ratings:,} ratings by {n_raters:,} raters    CPU seconds   peak MB")
        for name, (seconds, megabytes) in speed(n_ratings, n_raters).items():
            print(f"  {name:<36} {seconds:9.3f} {megabytes:9.0f}")
            result[f"{name}, {n_ratings}"] = round(seconds, 4)

    print(f"\nCoverage of 95 % intervals, {runs} runs\n    items |    AC2    kappa      ICC")
    for n_items in (50, 200):
        held = coverage(n_items, runs)
        print(f"{n_items:>9} | {held['AC2']:6.3f} {held['kappa']:8.3f} {held['ICC']:8.3f}")
        result |= {f"{name}_coverage_{n_items}": share for name, share in held.items()}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
