"""How long a researcher waits for the pages of single items, words and raters.

    .venv/bin/python benchmarks/items.py [--quick] [--items N]
    .venv/bin/python -m tests.services .venv/bin/python benchmarks/items.py    on PostgreSQL

A study of 333,000 items with three ratings each (`--quick`: 20,000), in a database of its own:
SQLite in a temporary folder, or the one `DATABASE_URL` names. Every page is asked for in this
process, through the whole of Django, with every sort and every filter; a line for each has the
median of five and the slowest. Claim: `slowest_ms`, of all. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

sys.path[0] = str(Path(__file__).resolve().parent.parent)  # for `annotator`; and not this folder

RATINGS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="20,000 items")
    parser.add_argument("--items", type=int, default=333_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="items-") as folder:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "annotator.settings",
            "ANNOTATOR_TRIAL_DIR": folder,
            "LOG_LEVEL": "WARNING",
        }
        run(20_000 if options.quick else options.items)


def run(n_items: int) -> None:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("collectstatic", interactive=False, verbosity=0)
    start = time.perf_counter()
    study = make_study(n_items)
    print(f"{n_items:,} items, {n_items * RATINGS:,} ratings made in {seconds_since(start):.0f} s")
    slowest = 1000 * max(max(measure(address)) for address in addresses(study))
    print(
        json.dumps({"items": n_items, "ratings": n_items * RATINGS, "slowest_ms": round(slowest)})
    )


def seconds_since(start: float) -> float:
    return time.perf_counter() - start


# -- the study -----------------------------------------------------------------------------------


def make_study(n_items: int) -> Any:
    """Fully rated, with ten files, some thousand words of very different frequency, and answers
    that differ. The items' counts are made up like these: pages read counts and ratings apart."""
    from django.contrib.auth.models import User
    from django.db import connection

    from benchmarks.load import study as load

    study = load.make_study(n_items, load.RICH, rated=1.0)
    User.objects.filter(pk=study.owner_id).update(is_superuser=True)
    batches = [make_batch(study, number) for number in range(10)]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE annotator_prompt SET batch_id = %s + line %% 10", [batches[0].pk])
        cursor.execute(f"UPDATE annotator_word SET text = {WORD}, lemma = {WORD}")  # noqa: S608
        cursor.execute(
            "UPDATE annotator_item SET "  # noqa: S608
            + ", ".join(f"{column} = {times(n)}" for n, column in enumerate(COUNTED))
        )
        moment = MOMENT[connection.vendor]
        cursor.execute(f"UPDATE annotator_rating SET submitted_at = {moment}")  # noqa: S608
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    return study


def make_batch(study: Any, number: int) -> Any:
    from tests import factories

    return factories.make_batch(study, file_name=f"{number}.csv")


# One word in two is one of the fifty frequent ones.
WORD = "CASE WHEN id % 2 = 0 THEN 'frequent' || (id % 100) ELSE 'rare' || (id % 9973) END"
CHANCE = "(id * 617283949 % 1000003)"
COUNTED = [
    *(f"count_{score}" for score in range(1, 6)),
    "count_image_too_poor",
    "count_word_too_abstract",
]


# One every 0.6 seconds, a million within a week, up to now.
AGE = "((SELECT MAX(id) FROM annotator_rating) - id) * 0.6"
MOMENT = {
    "postgresql": f"now() - {AGE} * interval '1 second'",
    "sqlite": f"datetime('now', '-' || ({AGE}) || ' seconds')",
}


def times(answer: int) -> str:
    """How often an item has this answer, of three by chance."""
    thrown = (f"{CHANCE} / {7**n} % 7" for n in range(RATINGS))
    return " + ".join(f"CASE WHEN {one} = {answer} THEN 1 ELSE 0 END" for one in thrown)


# -- the pages -----------------------------------------------------------------------------------


def addresses(study: Any) -> Iterator[str]:
    from django.urls import reverse

    from annotator.domain.browse import items

    index = reverse("items", args=[study.pk])
    for sort in items.Sort:
        yield f"{index}?sort={sort}"
        item, place = in_the_middle(study, items.Selection(sort))
        yield f"{index}?sort={sort}&after={place}"
        yield reverse("item", args=[study.pk, item.public_id]) + f"?sort={sort}"
    for query in FILTERS:
        for sort in ("order", "disagreement"):
            yield f"{index}?sort={sort}&{query}"
    words = reverse("words", args=[study.pk])
    yield from (words, f"{words}?search=77&sort=spread")
    for lemma in ("frequent2", "rare500"):
        yield reverse("word", args=[study.pk]) + f"?lemma={lemma}"
    yield reverse("rater", args=[study.pk, study.raters.earliest("pk").pseudonym])


def in_the_middle(study: Any, selection: Any) -> tuple[Any, Any]:
    from annotator.domain.browse import items

    rows = items.select(study=study, selection=selection).order_by(selection.column, "pk")
    item = rows[rows.count() // 2]
    return item, items.Place(getattr(item, selection.column), item.pk)


# One part of speech, a rare kind, one that no item is, a frequent and a rare word, a file, a number
# of ratings that all have and one that none has, and all at once.
FILTERS = (
    "pos=ADV",
    "kind=gold",
    "kind=absent_word",
    "word=frequent2",
    "word=RARE501",
    "batch=5",
    "rated=3",
    "rated=9",
    "pos=NOUN&kind=controls&word=frequent4&batch=5&rated=2",
)


def measure(address: str) -> list[float]:
    from django.contrib.auth.models import User
    from django.test import Client

    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.get(is_superuser=True))
    times = []
    for _ in range(5):
        start = time.perf_counter()
        response = client.get(address)
        times.append(seconds_since(start))
        assert response.status_code == 200, (address, response.status_code)
    print(f"{1000 * np.median(times):8.0f} ms  {1000 * max(times):8.0f} ms  {address}", flush=True)
    return times


if __name__ == "__main__":
    main()
