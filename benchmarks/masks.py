"""How long a researcher waits for the pages of a study whose raters drew masks.

    .venv/bin/python benchmarks/masks.py [--nouns N] [--raters K]
    .venv/bin/python -m tests.services .venv/bin/python benchmarks/masks.py    on PostgreSQL

A study of 300 nouns, each drawn by ten raters in pictures of 512²: 13,500 pairs of masks. Every
page is asked for in this process, through the whole of Django, before a worker has computed the
study's numbers and after it; a line for each has the median of five and the slowest. Claim:
`slowest_ms`, of all. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path[0] = str(Path(__file__).resolve().parent.parent)  # for `annotator`; and not this folder

SIDE = 512


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--nouns", type=int, default=300)
    parser.add_argument("--raters", type=int, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="masks-") as folder:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "annotator.settings",
            "ANNOTATOR_TRIAL_DIR": folder,
            "LOG_LEVEL": "CRITICAL",
        }
        run(options.nouns, options.raters)


def run(nouns: int, raters: int) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.urls import reverse

    call_command("collectstatic", interactive=False, verbosity=0)
    study = make_study(nouns, raters)
    pages = [reverse(name, args=[study.pk]) for name in ("drawings", "methods", "methods-latex")]
    waiting = [measure(page) for page in pages]
    print(f"{work(study):.1f} s: a worker computes the numbers")
    slowest = 1000 * max(*waiting, *(measure(page) for page in pages))
    print(json.dumps({"masks": nouns * raters, "slowest_ms": round(slowest)}))


def make_study(nouns: int, raters: int) -> Any:
    """Every noun drawn by so many raters, each with a trembling hand."""
    from django.contrib.auth.models import User

    from annotator.domain.rating import masks
    from annotator.models import Rating, Study
    from benchmarks.load import study as load
    from tests import factories

    load.RATINGS_WANTED, factories.SIDE = raters, SIDE
    study = load.make_study(nouns, rated=1.0)
    Study.objects.filter(pk=study.pk).update(task="segmentation")
    User.objects.filter(pk=study.owner_id).update(is_superuser=True)
    rng = np.random.default_rng(5)
    ratings = list(Rating.objects.in_study(study))
    for rating in ratings:
        rating.score, rating.mask = None, masks.encoded(blob(rng))
    Rating.objects.bulk_update(ratings, ["score", "mask"], batch_size=200)
    return study


def blob(rng: np.random.Generator) -> Any:
    """Some 120 pixels around the middle, with a rough edge: (height, width)."""
    y, x = np.mgrid[:SIDE, :SIDE] - rng.normal(SIDE / 2, 20, (2, 1, 1))
    waves = 1 + 0.1 * np.sin(7 * np.arctan2(y, x) + rng.uniform(0, 6))
    tremble = 0.03 * rng.standard_normal((SIDE, SIDE)).cumsum(axis=1) / SIDE**0.5
    return np.hypot(y, x) < 120 * (waves + tremble)


def work(study: Any) -> float:
    """What waits for a worker, done here; in seconds."""
    from annotator.domain import analyses
    from annotator.enums import AnalysisStatus

    start = time.perf_counter()
    for waiting in study.analyses.filter(status=AnalysisStatus.QUEUED):
        claimed = analyses.claim(waiting.pk)
        assert claimed is not None
        analyses.run(claimed)
    return time.perf_counter() - start


def measure(address: str) -> float:
    from django.contrib.auth.models import User
    from django.test import Client

    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.get(is_superuser=True))
    times = []
    for _ in range(5):
        start = time.perf_counter()
        status = client.get(address).status_code
        times.append(time.perf_counter() - start)
    median, most = 1000 * np.median(times), 1000 * max(times)
    print(f"{median:8.0f} ms  {most:8.0f} ms  {status}  {address}", flush=True)
    return max(times)


if __name__ == "__main__":
    main()
