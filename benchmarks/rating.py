"""What a rating costs the server, and whether any is lost, doubled or one too many.

    .venv/bin/python benchmarks/rating.py [--quick] [--items N] [--raters N] [--rich] [--kill]
    .venv/bin/python -m tests.services COMMAND    runs it on PostgreSQL

A real gunicorn of two processes with a database of its own (SQLite in a temporary folder; the one
`DATABASE_URL` names, where it is set, which then keeps the study), 10,000 items and 8 raters at a
time unless told otherwise, who speak the rating page's protocol: one `draw`, then one request per
rating, which submits and, where few are left ahead, draws the next. `--rich` adds strata, controls,
gold items and repeats; `--kill` kills -9 processes of the server and of the database in mid-load.
Claims: `server_cpu_ms_per_rating` (CPU time of the server's processes, submit and draw together),
`draw_ms_p95` and `submit_ms_p95` as the raters see them, `lost` (acknowledged, but not stored),
`doubled` (stored twice) and `over_assigned` (items with more ratings than wanted). `load` is the
machine's load average: who shares it reads it beside every time. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

sys.path[0] = str(Path(__file__).resolve().parent.parent)  # for `tests`; and not this folder

from benchmarks.load import faults, raters, study  # noqa: E402

WARM_UP_SECONDS = 2


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="ten seconds of load, not forty")
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--raters", type=int, default=8, help="at a time")
    parser.add_argument("--rich", action="store_true", help="strata, controls, gold and repeats")
    parser.add_argument("--kill", action="store_true", help="kill -9 processes in mid-load")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rating-") as folder:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "annotator.settings",
            "ANNOTATOR_TRIAL_DIR": folder,
            "LOG_LEVEL": "WARNING",
            "JOINS_PER_ADDRESS": "0",
        }
        run(options)


def run(options: argparse.Namespace) -> None:
    import django

    django.setup()
    from tests.site_server import serve

    seconds = 10 if options.quick else 40
    made = study.make_study(options.items, study.RICH if options.rich else study.PLAIN)
    token = made.invitations.get().token
    killed: list[str] = []
    with serve(workers=2, threads=4) as site:
        # Connections, caches, imports. Who rates has joined before: that is not among the costs.
        visit(site.address, token, raters.Log(), 8, WARM_UP_SECONDS)
        log = raters.Log()
        present = raters.arrive(site.address, token, log, options.raters)
        before = site.cpu_seconds()
        end = time.monotonic() + seconds
        if options.kill:
            killer = threading.Thread(
                target=lambda: killed.extend(faults.kill_now_and_then(site, end))
            )
            killer.start()
        raters.load(site.address, token, log, present=present, seconds=seconds)
        cpu = site.cpu_seconds() - before
        if options.kill:
            killer.join()
    found = faults.count_faults(made, log.acknowledged) | {"killed": len(killed)}
    report(options, log, cpu, seconds, found)


def visit(address: str, token: str, log: raters.Log, count: int, seconds: float) -> None:
    present = raters.arrive(address, token, log, count)
    raters.load(address, token, log, present=present, seconds=seconds)


def report(
    options: argparse.Namespace,
    log: raters.Log,
    cpu: float,
    seconds: float,
    found: dict[str, int],
) -> None:
    from django.db import connection

    count = len(log.acknowledged)
    print(f"{options.items:,} items, {options.raters} raters at a time, {connection.vendor}")
    print(f"{'ratings':24}{count:10,}  ({count / seconds:.0f} a second)")
    for name, times in (("draw, the first ten", log.draws), ("submit (and draw)", log.submits)):
        p50, p95 = np.percentile(times, [50, 95])
        print(f"{name:24}{p50:10.1f}  ms median, {p95:.1f} ms at the 95th percentile")
    figures = {
        "ratings_per_second": round(count / seconds, 1),
        "draw_ms_p95": round(float(np.percentile(log.draws, 95)), 2),
        "submit_ms_p95": round(float(np.percentile(log.submits, 95)), 2),
        "load": round(os.getloadavg()[0], 1),
    }
    if not options.kill:  # a killed process takes its CPU time along
        figures["server_cpu_ms_per_rating"] = round(1000 * cpu / count, 3)
        print(f"{'server CPU':24}{1000 * cpu / count:10.2f}  ms a rating")
    print(f"{'load average':24}{figures['load']:10.1f}")
    print(f"{'requests tried again':24}{log.tried_again:10}")
    for name, number in found.items():
        print(f"{name:24}{number:10}")
    print(json.dumps(figures | found))


if __name__ == "__main__":
    main()
