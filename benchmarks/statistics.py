"""Agreement and mean opinion scores: speed beside the `krippendorff` package, and coverage.

    .venv/bin/python benchmarks/statistics.py [--quick]

Speed: CPU seconds of one run each on the same simulated counts (three ratings per item on five
points, 2 % missing). The package has no interval; its column is a loop over a few resamples,
multiplied up to 1,000. Coverage: how often a 95 % interval holds the truth of a simulated crowd,
beside the common mistake of resampling single ratings. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Python puts this folder first on the path, where this file would stand in for the standard
# library's `statistics`; the project's root is what we need there.
sys.path.pop(0)
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import krippendorff
import numpy as np

from annotator.statistics import (
    alpha_from_counts,
    alpha_interval_from_counts,
    bootstrap_interval,
    count_table,
    mean_opinion_score,
)

SCALE = np.arange(1, 6)
REPLICATES = 1000
LOOPED = 3  # resamples the package is given time for


def crowd(n_items: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The item and the score of each rating: skewed to the top, correlated within items."""
    item = np.arange(n_items).repeat(3)[rng.random(3 * n_items) >= 0.02]
    quality = rng.normal(3.7, 0.9, n_items)
    return item, np.clip(np.rint(quality[item] + rng.normal(0, 0.8, len(item))), 1, 5)


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


def package_alpha(counts: np.ndarray) -> float:
    return krippendorff.alpha(
        value_counts=counts, value_domain=SCALE, level_of_measurement="ordinal"
    )


def package_loop(counts: np.ndarray, rng: np.random.Generator) -> None:
    for _ in range(LOOPED):
        package_alpha(counts[rng.integers(0, len(counts), len(counts))])


def speed(n_ratings: int) -> dict[str, float]:
    rng = np.random.default_rng(0)
    n_items = n_ratings // 3
    counts = count_table(*crowd(n_items, rng), SCALE, n_items)
    sums, rated = counts @ SCALE, counts.sum(axis=1)

    def interval() -> tuple[float, float]:
        return alpha_interval_from_counts(counts, SCALE, n=REPLICATES, rng=rng)

    alpha_s, alpha = cpu_seconds(lambda: alpha_from_counts(counts, SCALE))
    package_alpha_s, package = cpu_seconds(lambda: package_alpha(counts))
    looped_s, _ = cpu_seconds(lambda: package_loop(counts, rng))
    return {
        "alpha_s": alpha_s,
        "package_alpha_s": package_alpha_s,
        "alpha_difference": abs(alpha - package),
        "interval_s": cpu_seconds(interval)[0],
        "package_interval_s": looped_s / LOOPED * REPLICATES,
        "interval_peak_mb": peak_megabytes(interval),
        "mos_s": cpu_seconds(lambda: mean_opinion_score(sums, rated, n=REPLICATES, rng=rng))[0],
    }


def coverage(n_items: int, runs: int) -> dict[str, float]:
    """Share of `runs` in which each 95 % interval holds the value of a crowd of 400,000 items."""
    rng = np.random.default_rng(n_items)
    item, score = crowd(400_000, rng)
    true_alpha = alpha_from_counts(count_table(item, score, SCALE, 400_000), SCALE)
    true_mean = score.mean()
    held = np.zeros((runs, 3))
    for run in range(runs):
        item, score = crowd(n_items, rng)
        counts = count_table(item, score, SCALE, n_items)
        mos = mean_opinion_score(counts @ SCALE, counts.sum(axis=1), rng=rng)
        alpha = alpha_interval_from_counts(counts, SCALE, rng=rng)
        rows = bootstrap_interval(score, np.ones(len(score)), rng=rng)
        intervals = (true_alpha, *alpha), (true_mean, mos.low, mos.high), (true_mean, *rows)
        held[run] = [low <= truth <= high for truth, low, high in intervals]
    return dict(zip(("alpha", "mos", "mos_resampling_ratings"), held.mean(axis=0), strict=True))


def print_speed(n_ratings: int, row: dict[str, float]) -> None:
    print(
        f"{n_ratings:>9,} | {row['alpha_s']:9.4f} {row['package_alpha_s']:9.4f} "
        f"| {row['interval_s']:9.4f} {row['package_interval_s']:9.1f} "
        f"| {row['package_interval_s'] / row['interval_s']:8,.0f} "
        f"| {row['mos_s']:9.4f} | {row['interval_peak_mb']:7.1f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer coverage runs, within a minute")
    runs = 500 if parser.parse_args().quick else 5000

    print("CPU seconds       ordinal alpha         its interval, 1,000 resamples    MOS interval")
    print("  ratings |      ours   package |      ours   package |    ratio |      ours | peak MB")
    for n_ratings in (10_000, 100_000, 1_000_000):
        row = speed(n_ratings)
        print_speed(n_ratings, row)

    print(f"\nCoverage of 95 % intervals, {runs} runs")
    print("    items |     alpha       MOS | MOS, resampling single ratings (wrong)")
    for n_items in (50, 200, 800):
        held = coverage(n_items, runs)
        mos_and_rows = f"{held['mos']:9.3f} | {held['mos_resampling_ratings']:9.3f}"
        print(f"{n_items:>9} | {held['alpha']:9.3f} {mos_and_rows}")

    result = row | {f"{name}_coverage": share for name, share in held.items()}
    result |= {"interval_speedup": row["package_interval_s"] / row["interval_s"], "runs": runs}
    print(json.dumps({"ratings": n_ratings, "items": n_items} | result))


if __name__ == "__main__":
    main()
