"""How long the results page takes, and how long a worker takes to compute what it shows.

    .venv/bin/python benchmarks/results_page.py [--quick]
    .venv/bin/python -m tests.services COMMAND    runs it on PostgreSQL

Studies of about 10,000, 100,000 and 1,000,000 ratings (`--quick`: without the last), with strata
and controls, in a database of its own (SQLite in a temporary folder; the one `DATABASE_URL` names,
where it is set, which then keeps the studies). Claims: `page_s`, the slowest of the page before its
numbers are there, the page with them, and a poll without news, in one process, templates included.
The computing is the CPU worker's task, called here: `worker_s`, of it `worker_cpu_s` on the
processor, and `worker_peak_mb` above what the process had before. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parent.parent)  # for `tests`; and not this folder

# Three ratings an item, four items a prompt.
_RATINGS_PER_PROMPT = 12


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="without the largest study")
    sizes = [10_000, 100_000] if parser.parse_args().quick else [10_000, 100_000, 1_000_000]
    with tempfile.TemporaryDirectory(prefix="results-page-") as folder:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "annotator.settings",
            "ANNOTATOR_TRIAL_DIR": folder,
            "LOG_LEVEL": "WARNING",
        }
        run(sizes)


def run(sizes: list[int]) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from benchmarks.load import study

    call_command("collectstatic", interactive=False, verbosity=0)
    figures: dict[str, Any] = {"load": round(os.getloadavg()[0], 1)}
    print(f"{connection.vendor}, load average {figures['load']}")
    columns = ("asked", "poll", "shown", "worker", "CPU", "peak MB")
    print(f"{'ratings':>10} " + " ".join(f"{column:>9}" for column in columns))
    for size in sizes:
        items = size // _RATINGS_PER_PROMPT * study.WORDS_PER_PROMPT
        made = study.make_study(items, study.RICH, rated=1.0)
        found = measure(made)
        asked, poll, shown = (found[name] for name in ("asked_s", "poll_s", "shown_s"))
        print(
            f"{size:10,} {asked:8.3f}s {poll:8.3f}s {shown:8.3f}s {found['worker_s']:8.1f}s "
            f"{found['worker_cpu_s']:8.1f}s {found['worker_peak_mb']:9.0f}"
        )
        sys.stdout.flush()
        slowest = max(figures.get("page_s", 0.0), asked, poll, shown)
        figures |= {"page_s": round(slowest, 3)}
        figures |= {name: round(value, 3) for name, value in found.items()} | {"ratings": size}
    print(json.dumps(figures))


def measure(study: Any) -> dict[str, float]:
    from django.test import Client
    from django.urls import reverse

    from annotator.domain import analyses
    from annotator.models import Analysis

    client = Client(HTTP_HOST="localhost")
    client.force_login(study.owner)
    address = reverse("results", args=[study.pk])
    client.get(reverse("studies"))  # templates and connections
    asked, _ = timed(lambda: client.get(address))
    poll, _ = timed(lambda: client.get(f"{address}?fragment=1"))
    before = peak_megabytes()
    analysis = Analysis.objects.get(study=study)
    cpu = time.process_time()
    worker, _ = timed(lambda: analyses.run(analysis))
    worker_cpu = time.process_time() - cpu
    shown, page = timed(lambda: client.get(address))
    assert page.status_code == 200, page.content
    return {
        "asked_s": asked,
        "poll_s": poll,
        "shown_s": shown,
        "worker_s": worker,
        "worker_cpu_s": worker_cpu,
        "worker_peak_mb": peak_megabytes() - before,
    }


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = call()
    return time.perf_counter() - start, result


def peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
