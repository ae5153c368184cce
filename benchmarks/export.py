"""How fast ratings leave, how soon they begin to, and how much memory that takes.

    .venv/bin/python benchmarks/export.py [--quick] [--sizes 10000,…] [--formats csv,…]
    .venv/bin/python -m tests.services COMMAND    runs it on PostgreSQL

A database of its own (SQLite in a temporary folder; the one `DATABASE_URL` names, where it is set,
which then keeps the studies) with studies of 10,000, 100,000 and 1,000,000 ratings: 3 per item, 4
words per picture, 50 raters at a time who answer 60 items each. Each export runs in a process of
its own and throws away what it gets. Claims: `rows_per_second`, by the clock and by the processor's
time, `first_byte_seconds` (the first row, not the header) and `peak_mb_above_idle`. The
last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)  # and not this folder

SIZES = (10_000, 100_000, 1_000_000)
# Rivals on a machine like the one this was written on, 30,000 ratings each, in ratings per second.
RIVALS = {"Label Studio 1.23.2": 586, "doccano 1.8.4": 826, "Potato 2.12.1": 19_481}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="no more than 10,000 ratings")
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--formats", default="csv,jsonl,parquet")
    parser.add_argument("--export", nargs=2, metavar=("STUDY", "FORMAT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.export:
        print(json.dumps(export(int(options.export[0]), options.export[1])))
        return
    with tempfile.TemporaryDirectory(prefix="export-") as folder:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "annotator.settings",
            "ANNOTATOR_TRIAL_DIR": folder,
            "PYTHONPATH": str(ROOT),
        }
        sizes = tuple(map(int, options.sizes.split(",")))
        run(sizes[:1] if options.quick else sizes, options.formats.split(","))


def run(sizes: tuple[int, ...], formats: list[str]) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from benchmarks.load.ratings import make_rated_study

    call_command("migrate", verbosity=0)
    print(f"{connection.vendor}; rivals, rows/s: {RIVALS}")
    print("format     ratings  rows/s   rows/CPU s  first row s  peak MB above idle  file MB")
    measured = []
    for size in sizes:
        study = make_rated_study(size)
        for name in formats:
            found = measure(study, name)
            measured.append({"format": name, "ratings": size, **found})
            print(
                f"{name:8} {size:9,} {found['rows_per_second']:8,.0f} "
                f"{found['rows_per_cpu_second']:10,.0f} {found['first_byte_seconds']:12.3f} "
                f"{found['peak_mb_above_idle']:19.0f} {found['file_mb']:8.1f}"
            )
    print(json.dumps({"database": connection.vendor, "exports": measured}))


def measure(study: int, name: str) -> dict[str, float]:
    command = [sys.executable, __file__, "--export", str(study), name]
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return dict(json.loads(out.splitlines()[-1]))


def export(study: int, name: str) -> dict[str, float]:
    import django

    django.setup()
    from annotator.domain.export import tables
    from annotator.models import Study

    table = tables(study=Study.objects.get(pk=study))["ratings"]
    rows, idle = table.count(), peak_mb()
    start, cpu, first, size = time.perf_counter(), time.process_time(), 0.0, 0
    for number, piece in enumerate(table.pieces(name)):
        size += len(piece)
        # Of CSV, the first piece is the header.
        if number == (name == "csv"):
            first = time.perf_counter() - start
    seconds = time.perf_counter() - start
    return {
        "rows_per_second": rows / seconds,
        "rows_per_cpu_second": rows / (time.process_time() - cpu),
        "first_byte_seconds": first,
        "peak_mb_above_idle": peak_mb() - idle,
        "file_mb": size / 1e6,
    }


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
