"""What a rating costs the server, and whether any is lost, doubled or one too many.

    .venv/bin/python benchmarks/rating.py [--quick] [--items N] [--raters N] [--kill]
    .venv/bin/python -m tests.services COMMAND    runs it on PostgreSQL

A real gunicorn of two processes with a database of its own (SQLite in a temporary folder; the one
`DATABASE_URL` names, where it is set, which then keeps the study), 10,000 items and 8 raters at a
time unless told otherwise, who speak the rating page's protocol: one `draw`, then one request per
rating, which submits and, where few are left ahead, draws the next.
Claims: `server_cpu_ms_per_rating` (CPU time of the server's processes, submit and draw together),
`draw_ms_p95` and `submit_ms_p95` as the raters see them, `lost` (acknowledged, but not stored),
`doubled` (stored twice) and `over_assigned` (items with more ratings than wanted). The last line is
JSON.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import re
import signal
import sys
import tempfile
import threading
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

sys.path[0] = str(Path(__file__).resolve().parent.parent)  # for `tests`; and not this folder

PROMPTS_AT_ONCE = 5_000
WORDS_PER_PROMPT = 4
RATERS_AT_A_TIME = 8
MOST_TRIES = 30
LOW, AHEAD = 4, 8  # the page asks for more when fewer than LOW are ahead


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="ten seconds of load, not forty")
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--raters", type=int, default=8, help="at a time")
    parser.add_argument("--kill", action="store_true", help="kill -9 processes in mid-load")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rating-") as folder:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "annotator.settings",
            "ANNOTATOR_TRIAL_DIR": folder,
            "LOG_LEVEL": "WARNING",
        }
        run(options)


def run(options: argparse.Namespace) -> None:
    import django

    django.setup()
    from tests.site_server import serve

    seconds = 10 if options.quick else 40
    study = make_study(options.items)
    token = study.invitations.get().token
    killed: list[str] = []
    with serve(workers=2, threads=4) as site:
        # Warm-up: connections, caches, imports.
        load(site.address, token, seconds=2, raters=RATERS_AT_A_TIME)
        before = site.cpu_seconds()
        end = time.monotonic() + seconds
        if options.kill:
            killer = threading.Thread(target=lambda: killed.extend(kill_now_and_then(site, end)))
            killer.start()
        log = load(site.address, token, seconds=seconds, raters=options.raters)
        cpu = site.cpu_seconds() - before
        if options.kill:
            killer.join()
    report(options, log, cpu, seconds, check(study, log) | {"killed": len(killed)})


# -- the study -----------------------------------------------------------------------------------


def make_study(items: int) -> Any:
    """A study with so many items in random order, each wanted three times, open for raters.

    Not by the plan: choosing a million items is done once, and is not what is measured.
    """
    from django.contrib.auth.models import User
    from django.core.management import call_command

    from annotator.domain import studies
    from annotator.models import Study
    from tests import factories

    call_command("migrate", verbosity=0)
    owner, _ = User.objects.get_or_create(username="benchmark")
    study = factories.make_study(owner, parts_of_speech=["NOUN"], ratings_per_item=3)
    batch = factories.make_batch(study)
    picture, maps = factories.make_files("shared", words=WORDS_PER_PROMPT)
    places = random.Random(0).sample(range(items), items)  # noqa: S311
    for line in range(0, items // WORDS_PER_PROMPT, PROMPTS_AT_ONCE):
        lines = range(line, min(line + PROMPTS_AT_ONCE, items // WORDS_PER_PROMPT))
        make_items(study, batch, lines, {"image_file": picture, "maps_file": maps}, places)
    Study.objects.filter(pk=study.pk).update(status="open")
    studies.invite(study=study)
    analyse()
    return study


def make_items(
    study: Any, batch: Any, lines: range, files: dict[str, str], places: list[int]
) -> None:
    from annotator.models import Generation, HeatMap, Item, Prompt, Word
    from tests.factories import SIDE

    text = "a red circle rolls"
    spans = [(match.start(), match.end()) for match in re.finditer(r"\w+", text)]
    prompts = Prompt.objects.bulk_create(
        Prompt(study=study, batch=batch, line=line, text=text, seed=line) for line in lines
    )
    shape = {"status": "done", "width": SIDE, "height": SIDE}
    generations = Generation.objects.bulk_create(
        Generation(study=study, prompt=prompt, **shape, **files) for prompt in prompts
    )
    words = Word.objects.bulk_create(
        Word(
            prompt=prompt,
            index=index,
            text=text[start:end],
            start=start,
            end=end,
            lemma="",
            pos="NOUN",
            dependency="",
            head_index=0,
        )
        for prompt in prompts
        for index, (start, end) in enumerate(spans)
    )
    made = {generation.prompt_id: generation for generation in generations}
    heat_maps = HeatMap.objects.bulk_create(
        HeatMap(generation=made[word.prompt_id], word=word, row=word.index, peak=1, floor=0)
        for word in words
    )
    first = lines.start * WORDS_PER_PROMPT
    Item.objects.bulk_create(
        Item(
            study=study,
            heat_map=heat_map,
            pos="NOUN",
            position=places[number],
            ratings_wanted=3,
            free_slots=3,
        )
        for number, heat_map in enumerate(heat_maps, start=first)
    )


def analyse() -> None:
    """What a database does by itself some minutes after so many new rows."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


# -- what goes wrong -----------------------------------------------------------------------------


def kill_now_and_then(site: Any, end: float) -> list[str]:
    """Every three seconds, kill -9: a server process or, on PostgreSQL, one of the database's."""
    from django.db import connection

    killed: list[str] = []
    while time.monotonic() + 3 < end:
        time.sleep(3)
        if connection.vendor == "postgresql" and len(killed) % 2:
            os.kill(a_backend(), signal.SIGKILL)
            killed.append("database")
        elif len(workers := site.processes()) > 1:
            os.kill(random.choice(workers[1:]), signal.SIGKILL)  # noqa: S311
            killed.append("web")
    return killed


def a_backend() -> int:
    """The number of a process of the database that serves the site."""
    from django.db import connection

    # One killed process takes every connection along, also the one kept from last time.
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' "
            "AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1"
        )
        return int(cursor.fetchone()[0])


# -- raters --------------------------------------------------------------------------------------


@dataclass
class Log:
    """What all raters saw. Times in milliseconds."""

    draws: list[float] = field(default_factory=list)
    submits: list[float] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    tried_again: int = 0


class ServerFailed(Exception):
    """A status of 500 or more."""


class Rater:
    """One person's browser: its connection, its cookies, the page's proof of origin."""

    def __init__(self, address: str, token: str, log: Log) -> None:
        self._host = urlsplit(address).netloc
        self._path = f"/r/{token}/"
        self._connection = http.client.HTTPConnection(self._host, timeout=60)
        self._cookies: dict[str, str] = {}
        self._log = log
        self._proof = self._agree()

    def rate_until(self, end: float) -> None:
        """Rate until the share is done or time is up."""
        started = time.perf_counter()
        held = self._post("draw/", {"want": AHEAD})["items"]
        self._log.draws.append(1000 * (time.perf_counter() - started))
        while held and time.monotonic() < end:
            assignment = held.pop(0)["id"]
            want = AHEAD if len(held) < LOW else 0
            held = self._submit(assignment, want).get("items", held)
        self._connection.close()

    def _submit(self, assignment: str, want: int) -> dict[str, Any]:
        answer_id = str(uuid.uuid4())
        started = time.perf_counter()
        reply = self._post("ratings/", {"answer": answer(assignment, answer_id), "want": want})
        self._log.submits.append(1000 * (time.perf_counter() - started))
        self._log.acknowledged.append(reply["saved"])
        return reply

    def _agree(self) -> str:
        form = f"csrfmiddlewaretoken={self._proof_in(self._request('GET', ''))}".encode()
        self._request("POST", "", form, "application/x-www-form-urlencoded")
        self._request("POST", "instructions/", form, "application/x-www-form-urlencoded")
        return self._proof_in(self._request("GET", "rate/"))

    def _proof_in(self, page: bytes) -> str:
        found = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', page)
        assert found is not None, page[:500]
        return found.group(1).decode()

    def _post(self, path: str, content: dict[str, Any]) -> dict[str, Any]:
        body = json.dumps(content).encode()
        return dict(json.loads(self._request("POST", path, body, "application/json")))

    def _request(self, method: str, path: str, body: bytes = b"", kind: str = "") -> bytes:
        """Asked again, as the page does, while the server is away or fails."""
        for again in range(MOST_TRIES):
            try:
                return self._request_once(method, path, body, kind)
            except (OSError, http.client.HTTPException, ServerFailed):
                self._connection.close()
                self._log.tried_again += 1
                time.sleep(0.1 * (again + 1))
        raise RuntimeError(f"{method} {path}: no answer after {MOST_TRIES} tries")

    def _request_once(self, method: str, path: str, body: bytes, kind: str) -> bytes:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if body:
            headers |= {"Content-Type": kind, "X-CSRFToken": getattr(self, "_proof", "")}
        self._connection.request(method, self._path + path, body or None, headers)
        response = self._connection.getresponse()
        content = response.read()
        if response.status >= 500:
            raise ServerFailed
        if response.status >= 400:
            raise RuntimeError(f"{method} {path}: {response.status} {content[:300]!r}")
        for cookie in response.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        return content


def answer(assignment: str, answer_id: str) -> dict[str, Any]:
    return {
        "assignment": assignment,
        "answer_id": answer_id,
        "score": 1 + int(answer_id[0], 16) % 5,
        "opt_out": "",
        "painted_at": datetime.now(UTC).isoformat(),
        "reaction_ms": 1234,
        "hidden_ms": 0,
        "opacity_initial": 0.8,
        "opacity_final": 0.8,
        "map_toggles": 0,
        "colour_map": "turbo",
        "input_method": "keyboard",
    }


def load(address: str, token: str, *, seconds: float, raters: int) -> Log:
    """So many raters at a time, each followed by a new one, for so many seconds."""
    log, end = Log(), time.monotonic() + seconds

    def chair() -> None:
        while time.monotonic() < end:
            Rater(address, token, log).rate_until(end)

    chairs = [threading.Thread(target=chair) for _ in range(raters)]
    for thread in chairs:
        thread.start()
    for thread in chairs:
        thread.join()
    return log


# -- what came of it -----------------------------------------------------------------------------


def check(study: Any, log: Log) -> dict[str, int]:
    from collections import Counter

    from django.db import connection

    from annotator.enums import HOLDING
    from annotator.models import Assignment, Rating

    connection.close()
    ratings = list(Rating.objects.in_study(study).values_list("answer_id", "assignment_id"))
    stored = {str(answer_id) for answer_id, _ in ratings}
    assigned = Assignment.objects.filter(item__study=study, status__in=HOLDING)
    per_item = Counter(assigned.values_list("item_id", flat=True))
    return {
        "lost": len(set(log.acknowledged) - stored),
        "doubled": len(ratings) - len({assignment for _, assignment in ratings}),
        "over_assigned": sum(count > study.ratings_per_item for count in per_item.values()),
    }


def report(
    options: argparse.Namespace, log: Log, cpu: float, seconds: float, faults: dict[str, int]
) -> None:
    from django.db import connection

    count = len(log.acknowledged)
    print(f"{options.items:,} items, {options.raters} raters at a time, {connection.vendor}")
    print(f"{'ratings':24}{count:10,}  ({count / seconds:.0f} a second)")
    for name, times in (("draw, first eight", log.draws), ("submit (and draw)", log.submits)):
        p50, p95 = np.percentile(times, [50, 95])
        print(f"{name:24}{p50:10.1f}  ms median, {p95:.1f} ms at the 95th percentile")
    print(f"{'server CPU':24}{1000 * cpu / count:10.2f}  ms a rating")
    print(f"{'requests tried again':24}{log.tried_again:10}")
    for name, number in faults.items():
        print(f"{name:24}{number:10}")
    figures = {
        "server_cpu_ms_per_rating": round(1000 * cpu / count, 3),
        "draw_ms_p95": round(float(np.percentile(log.draws, 95)), 2),
        "submit_ms_p95": round(float(np.percentile(log.submits, 95)), 2),
    }
    print(json.dumps(figures | faults))


if __name__ == "__main__":
    main()
