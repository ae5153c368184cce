"""Agreement and opinion: speed beside other packages, coverage, and scores of careless crowds.

    .venv/bin/python benchmarks/statistics.py [--quick]

Speed: CPU seconds on simulated ratings (`crowd/speed.py`). Coverage: how often a 95 % interval
holds the truth of a simulated crowd, beside common mistakes (`crowd/coverage.py`). Scores: the
error of the plain mean and of scores corrected for raters (`crowd/aggregation.py`). The last line
is JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

# Python puts this folder first on the path, where this file would stand in for the standard
# library's `statistics`; the project's root is what we need there.
sys.path.pop(0)
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.crowd import aggregation, coverage, speed

SIZES = (10_000, 100_000, 1_000_000)
STUDIES = (60, 200, 800)  # items
CROWDS = ((100, 20), (500, 40))  # items, raters


def print_speed() -> dict[str, float]:
    print("CPU seconds       ordinal alpha          its interval, 1,000 resamples")
    print("  ratings |      ours    package |      ours    package     ratio  peak MB")
    rows = {}
    for size in SIZES:
        ratings, rng = speed.crowd(size)
        rows[size] = speed.agreement(ratings, rng) | speed.opinion(ratings, rng)
        row = rows[size]
        ratio = row["package_interval_s"] / row["interval_s"]
        print(
            f"{size:>9,} | {row['alpha_s']:9.4f} {row['package_alpha_s']:10.4f} "
            f"| {row['interval_s']:9.4f} {row['package_interval_s']:10.1f} "
            f"{ratio:9,.0f} {row['interval_peak_mb']:8.1f}"
        )
    print("\nCPU seconds    opinion, 1,000 resamples of items  both | difference, delta, 9,999")
    print("  ratings |      ours     scipy    pandas    ours |      ours     scipy | rater model")
    for size, row in rows.items():
        print(
            f"{size:>9,} | {row['mos_s']:9.4f} {row['scipy_mos_s']:9.1f} "
            f"{row['pandas_mos_s']:9.1f} {row['two_way_s']:7.2f} "
            f"| {row['contrast_s']:9.4f} {row['scipy_test_s']:9.1f} | {row['rater_model_s']:9.2f}"
        )
    return {"ratings": size, "interval_speedup": ratio} | row


def print_coverage(runs: int) -> dict[str, Any]:
    held = {n_items: coverage.coverage(n_items, runs) for n_items in STUDIES}
    alarms = {n_items: coverage.false_alarms(n_items, runs) for n_items in STUDIES}
    for title, found in (
        (f"Share of 95 % intervals that hold the truth, {runs} runs", held),
        (f"Share of tests at 5 % that see what is not there, {runs} runs", alarms),
    ):
        print(f"\n{title}\n{'items':>50} " + " ".join(f"{n:>7}" for n in STUDIES))
        for name in found[STUDIES[0]]:
            print(f"{name:>50} " + " ".join(f"{found[n][name]:7.3f}" for n in STUDIES))
    return {"runs": runs, "coverage": held, "false_alarms": alarms}


def print_scores(runs: int) -> dict[str, Any]:
    ours = "severity, noise, discrimination"
    methods = {"plain mean": aggregation.plain_mean, ours: aggregation.rater_model}
    methods["Dawid–Skene (crowd-kit)"] = aggregation.dawid_skene
    print(f"\nError of item scores in points, and rank correlation with the truth, {runs} runs")
    print("   crowd (items, raters)" + "".join(f"  {name:>32}" for name in methods))
    rows = {}
    for n_items, n_raters in CROWDS:
        for name in aggregation.CROWDS:
            label = f"{name} ({n_items}, {n_raters})"
            found = aggregation.beside(name, methods, n_items=n_items, n_raters=n_raters, runs=runs)
            rows[label] = found
            print(
                f"{label:>33}"
                + "".join(f"  {e:14.3f}  {r:6.3f}  {b:4.0%}" for e, r, b in found.values())
            )
    return {"scores": rows}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer runs, within three minutes")
    quick = parser.parse_args().quick
    result = print_speed()
    result |= print_coverage(500 if quick else 2000)
    result |= print_scores(5 if quick else 30)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
