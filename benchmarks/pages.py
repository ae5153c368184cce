"""How long a researcher waits for every page of a study with a million ratings.

    .venv/bin/python benchmarks/pages.py [--quick]
    .venv/bin/python -m tests.services .venv/bin/python benchmarks/pages.py    on PostgreSQL

The study of `benchmarks/items.py`, which takes minutes to make (`--quick`: 20,000 items), in a
database of its own: SQLite in a temporary folder, or the one `DATABASE_URL` names. What a worker
counts in the background is counted first, and its seconds are told; then every page and every
reading operation of the API is asked for in this process, through the whole of Django: a line for
each has the median of five and the slowest. Claim: `slowest_ms`, of all. The last line is JSON.
Lists in every order and under every filter are in `benchmarks/items.py`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parent.parent)  # for `annotator`; and not this folder

# Of a study, by their names in `annotator/urls.py`.
PAGES = (
    *("study", "study-progress", "study-log", "study-edit", "procedure", "prompts", "items"),
    *("words", "raters", "quality", "results", "methods", "export", "snapshots"),
    *("conditions", "questions", "study-preview", "example-pictures"),
)
# Parts of pages that ask again and again.
FRAGMENTS = ("results", "methods", "quality")
LISTS = ("prompts", "raters", "quality", "words")
OPERATIONS = ("", "/items?limit=1000", "/ratings?limit=1000", "/batches", "/statistics")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="20,000 items")
    quick = parser.parse_args().quick
    with tempfile.TemporaryDirectory(prefix="pages-") as folder:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "annotator.settings",
            "ANNOTATOR_TRIAL_DIR": folder,
            "LOG_LEVEL": "WARNING",
        }
        run(20_000 if quick else 333_000)


def run(n_items: int) -> None:
    import django

    django.setup()
    from django.core.management import call_command

    from benchmarks.items import make_study

    call_command("collectstatic", interactive=False, verbosity=0)
    report(make_study(n_items))


def report(study: Any) -> None:
    from django.db import connection

    print(f"{connection.vendor}, load average {os.getloadavg()[0]:.1f}")
    worker_s = count_in_background(study)
    headers = {"authorization": f"Bearer {secret_of(study)}"}
    times = [1000 * max(measure(address)) for address in addresses(study)]
    times += [1000 * max(measure(address, headers)) for address in operations(study)]
    print(json.dumps({"pages": len(times), "slowest_ms": round(max(times)), "worker_s": worker_s}))


def count_in_background(study: Any) -> dict[str, float]:
    """Seconds that a worker takes for what pages show of all ratings."""
    from annotator.domain import analyses
    from annotator.domain.analyses import Unfiltered
    from annotator.domain.results.filters import Filter

    # The others are of studies whose raters draw or say what they see.
    shown = (Unfiltered.METHODS, Unfiltered.RATERS, Unfiltered.WORDS)
    states = {what.value: analyses.state_of(what, study=study) for what in shown}
    states["results"] = analyses.state(study=study, filter=Filter())
    seconds = {}
    for name, state in states.items():
        analyses.run(state.analysis)
        seconds[name] = round(state.analysis.seconds, 1)
    return seconds


def addresses(study: Any) -> Iterator[str]:
    from django.urls import reverse

    yield reverse("studies")
    for name in PAGES:
        yield reverse(name, args=[study.pk])
    for name in LISTS:
        yield reverse(name, args=[study.pk]) + "?page=1000000"
    for name in FRAGMENTS:
        yield reverse(name, args=[study.pk]) + "?fragment=1"
    yield reverse("results-figure", args=[study.pk, "csv"]) + "?figure=mos"
    yield reverse("words", args=[study.pk]) + "?search=77&sort=spread"
    yield reverse("word", args=[study.pk]) + "?lemma=frequent2"
    yield reverse("item", args=[study.pk, study.items.earliest("pk").public_id])
    yield reverse("rater", args=[study.pk, study.raters.earliest("pk").pseudonym])
    yield reverse("prompt", args=[study.pk, study.generations.earliest("pk").pk])


def operations(study: Any) -> Iterator[str]:
    from django.db.models import Max, Min

    from annotator.models import Rating

    yield "/api/v1/studies"
    for operation in OPERATIONS:
        yield f"/api/v1/studies/{study.pk}{operation}"
    for name, rows in {"items": study.items, "ratings": Rating.objects.in_study(study)}.items():
        ends = rows.aggregate(first=Min("pk"), last=Max("pk"))
        middle = (ends["first"] + ends["last"]) // 2
        yield f"/api/v1/studies/{study.pk}/{name}?limit=1000&after={middle}"


def secret_of(study: Any) -> str:
    from annotator.domain import api_tokens
    from annotator.enums import Scope

    issued = api_tokens.issue_token(user=study.owner, name="benchmark", scopes=list(Scope), days=1)
    return issued.secret


def measure(address: str, headers: dict[str, str] | None = None) -> Sequence[float]:
    import numpy as np
    from django.contrib.auth.models import User
    from django.test import Client

    client = Client(SERVER_NAME="localhost", headers=headers)
    client.force_login(User.objects.get(username="benchmark"))
    times = []
    for _ in range(5):
        start = time.perf_counter()
        response = client.get(address)
        times.append(time.perf_counter() - start)
        assert response.status_code == 200, (address, response.status_code)
    print(f"{1000 * np.median(times):8.0f} ms  {1000 * max(times):8.0f} ms  {address}", flush=True)
    return times


if __name__ == "__main__":
    main()
