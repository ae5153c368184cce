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
import uuid
from pathlib import Path
from typing import Any

import numpy as np

sys.path[0] = str(Path(__file__).resolve().parent.parent)  # for `annotator`; and not this folder

WORDS_PER_PROMPT, ITEMS_PER_PROMPT, RATINGS = 10, 8, 3
RATERS = 2_000
PARTS = ("NOUN", "VERB", "ADJ", "ADV", "NUM", "PROPN", "ADP", "DET")
AT_ONCE = 20_000


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

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    start = time.perf_counter()
    study = make_study(n_items)
    print(f"{n_items:,} items, {n_items * RATINGS:,} ratings made in {seconds_since(start):.0f} s")
    times = {name: measure(address) for name, address in addresses(study).items()}
    slowest = 1000 * max(max(of_page) for of_page in times.values())
    print(
        json.dumps({"items": n_items, "ratings": n_items * RATINGS, "slowest_ms": round(slowest)})
    )


def seconds_since(start: float) -> float:
    return time.perf_counter() - start


# -- the study -----------------------------------------------------------------------------------


def make_study(n_items: int) -> Any:
    from django.contrib.auth.models import User

    from annotator.domain import studies
    from annotator.models import Study

    owner = User.objects.create_superuser("benchmark")
    study = Study.objects.create(name="Many items", owner=owner, parts_of_speech=list(PARTS))
    studies.invite(study=study)
    words = make_words(study, n_items // ITEMS_PER_PROMPT + 1)
    make_items(study, words, n_items)
    make_ratings(study)
    analyse()
    return study


def make_words(study: Any, n_prompts: int) -> list[Any]:
    """Ten batches of prompts, a picture each and a map per word, of Zipf's frequencies."""
    from annotator.models import Generation, HeatMap, Prompt, PromptBatch, Word

    rng = np.random.default_rng(1)
    batches = [
        PromptBatch.objects.create(study=study, file_name=f"{n}.csv", sha256=uuid.uuid4().hex * 2)
        for n in range(10)
    ]
    prompts = [
        Prompt(study=study, batch=batches[n * 10 // n_prompts], line=n, text=f"prompt {n}", seed=n)
        for n in range(n_prompts)
    ]
    store(Prompt, prompts)
    fields = {"status": "done", "image_file": "none.webp", "width": 512, "height": 512}
    store(Generation, [Generation(study=study, prompt=one, **fields) for one in prompts])
    generations = list(Generation.objects.order_by("pk"))
    ranks = np.minimum(rng.zipf(1.3, (n_prompts, WORDS_PER_PROMPT)), 20_000)
    words = [
        Word(prompt=prompt, index=index, text=f"word{rank}", lemma=f"word{rank}", start=0, end=4)
        for prompt, ranked in zip(prompts, ranks, strict=True)
        for index, rank in enumerate(ranked)
    ]
    for word in words:
        word.pos, word.head_index = PARTS[len(word.text) % len(PARTS)], 0
    store(Word, words)
    maps = [
        HeatMap(generation=generations[n // WORDS_PER_PROMPT], word=word, row=word.index)
        for n, word in enumerate(words)
    ]
    for heat_map in maps:
        heat_map.peak, heat_map.floor = 1.0, 0.0
    return store(HeatMap, maps)


def make_items(study: Any, maps: list[Any], n_items: int) -> None:
    from annotator.models import Item

    rng = np.random.default_rng(2)
    chosen = [one for n, one in enumerate(maps) if n % WORDS_PER_PROMPT < ITEMS_PER_PROMPT]
    order = rng.permutation(len(chosen))[:n_items]
    kinds = rng.choice(["real", "shuffled_word", "random_blob"], n_items, p=[0.98, 0.015, 0.005])
    items = [
        Item(
            study=study,
            heat_map=chosen[place],
            kind=kind,
            pos=chosen[place].word.pos,
            position=position,
            ratings_wanted=RATINGS,
            free_slots=0,
        )
        for position, (place, kind) in enumerate(zip(order, kinds, strict=True))
    ]
    for item, answers in zip(items, rng.choice(7, (n_items, RATINGS), p=ANSWERS), strict=True):
        for answer in answers:
            column = COUNTED[answer]
            setattr(item, column, getattr(item, column) + 1)
    store(Item, items)


ANSWERS = [0.05, 0.1, 0.2, 0.35, 0.25, 0.03, 0.02]
COUNTED = [
    *(f"count_{score}" for score in range(1, 6)),
    "count_image_too_poor",
    "count_word_too_abstract",
]


def make_ratings(study: Any) -> None:
    """As many of each answer as the items count, by raters in turn."""
    from django.utils import timezone

    from annotator.models import Assignment, Item, Rater, Rating

    now, invitation = timezone.now(), study.invitations.get()
    raters = store(
        Rater,
        [
            Rater(study=study, invitation=invitation, number=n, consented_at=now)
            for n in range(RATERS)
        ],
    )
    common = {"status": "submitted", "slots": RATINGS, "drawn_at": now, "deadline": now}
    given = 0
    columns = list(Item.objects.order_by("pk").values_list("pk", *COUNTED))
    for start in range(0, len(columns), AT_ONCE):
        assignments, answers = [], []
        for item, *counts in columns[start : start + AT_ONCE]:
            one_by_one = [answer for answer, n in enumerate(counts) for _ in range(n)]
            for slot, answer in enumerate(one_by_one):
                rater = raters[given % RATERS]
                assignments.append(
                    Assignment(item_id=item, rater=rater, slot=slot, trial=given, **common)
                )
                answers.append(answer)
                given += 1
        store(Assignment, assignments)
        store(
            Rating,
            [
                Rating(
                    assignment=assignment,
                    answer_id=uuid.uuid4(),
                    submitted_at=now,
                    reaction_ms=4000,
                    score=answer + 1 if answer < 5 else None,
                    opt_out="" if answer < 5 else COUNTED[answer].removeprefix("count_"),
                )
                for assignment, answer in zip(assignments, answers, strict=True)
            ],
        )


def store(model: Any, rows: list[Any]) -> list[Any]:
    return list(model.objects.bulk_create(rows, batch_size=AT_ONCE // 20))


def analyse() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


# -- the pages -----------------------------------------------------------------------------------


def addresses(study: Any) -> dict[str, str]:
    from django.urls import reverse

    from annotator.domain import items
    from annotator.models import Rater

    index = reverse("items", args=[study.pk])
    found = {f"items by {sort}": f"{index}?sort={sort}" for sort in items.Sort.values}
    for name, query in FILTERS.items():
        for sort in ("order", "disagreement"):
            found[f"{name} by {sort}"] = f"{index}?sort={sort}&{query}"
    for sort in items.Sort:
        selection = items.Selection(sort)
        deep = items.select(study=study, selection=selection).order_by(selection.column, "pk")
        item = deep[deep.count() // 2]
        place = items.Place(getattr(item, selection.column), item.pk)
        found[f"middle by {sort}"] = f"{index}?sort={sort}&after={place}"
        found[f"item by {sort}"] = (
            reverse("item", args=[study.pk, item.public_id]) + f"?sort={sort}"
        )
    words = reverse("words", args=[study.pk])
    found |= {"words": words, "words searched": f"{words}?search=77&sort=spread"}
    for text in ("word1", "word500"):
        found[f"maps of {text}"] = reverse("word", args=[study.pk]) + f"?lemma={text}"
    rater = Rater.objects.first()
    assert rater is not None
    return found | {"rater": reverse("rater", args=[study.pk, rater.pseudonym])}


FILTERS = {
    "one part of speech": "pos=NUM",
    "rare kind": "kind=random_blob",
    "no such kind": "kind=blank",
    "frequent word": "word=word1",
    "rare word": "word=WORD9999",
    "last batch": "batch=10",
    "rated three times": "rated=3",
    "rated nine times": "rated=9",
    "all filters": "pos=NUM&kind=controls&word=word1&batch=10&rated=2",
}


def measure(address: str) -> list[float]:
    from django.contrib.auth.models import User
    from django.test import Client

    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.get())
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
