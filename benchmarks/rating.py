"""What a rating costs the server, and whether any is lost, doubled or one too many.

    .venv/bin/python benchmarks/rating.py [--quick]

A real gunicorn with a database of its own (SQLite in a temporary folder; the one `DATABASE_URL`
names, where it is set, which then keeps the study), 10,000 items and 8 raters at a time who speak
the rating page's protocol: one `draw`, then one request per rating, which submits and, where few
are left ahead, draws the next.
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
import re
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

ITEMS = 10_000
WORDS_PER_PROMPT = 4
RATERS_AT_A_TIME = 8
LOW, AHEAD = 4, 8  # the page asks for more when fewer than LOW are ahead


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="ten seconds of load, not forty")
    seconds = 10 if parser.parse_args().quick else 40
    with tempfile.TemporaryDirectory(prefix="rating-") as folder:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "annotator.settings",
            "ANNOTATOR_TRIAL_DIR": folder,
            "LOG_LEVEL": "WARNING",
        }
        run(seconds)


def run(seconds: float) -> None:
    import django

    django.setup()
    from tests.site_server import serve

    study = make_study()
    token = study.invitations.get().token
    with serve(workers=2, threads=4) as site:
        load(site.address, token, seconds=2)  # warm-up: connections, caches, imports
        before = site.cpu_seconds()
        log = load(site.address, token, seconds=seconds)
        cpu = site.cpu_seconds() - before
    report(log, cpu, seconds, check(study, log))


# -- the study -----------------------------------------------------------------------------------


def make_study() -> Any:
    """Ten thousand items, each wanted three times, as the plan would draw them."""
    from django.contrib.auth.models import User
    from django.core.management import call_command

    from annotator.domain import studies
    from annotator.models import Prompt
    from tests import factories

    call_command("migrate", verbosity=0)
    owner, _ = User.objects.get_or_create(username="benchmark")
    study = factories.make_study(owner, parts_of_speech=["NOUN"], items_per_part_of_speech=ITEMS)
    batch = factories.make_batch(study)
    Prompt.objects.bulk_create(
        Prompt(study=study, batch=batch, line=line, text="a red circle rolls", seed=line)
        for line in range(ITEMS // WORDS_PER_PROMPT)
    )
    make_heat_maps(study)
    studies.open_study(study=study, user=owner)
    studies.invite(study=study)
    return study


def make_heat_maps(study: Any) -> None:
    from annotator.models import Generation, HeatMap, Word
    from tests.factories import SIDE, make_files

    picture, maps = make_files("shared", words=WORDS_PER_PROMPT)
    spans = [(match.start(), match.end()) for match in re.finditer(r"\w+", "a red circle rolls")]
    prompts = list(study.prompts.all())
    generations = Generation.objects.bulk_create(
        Generation(
            study=study,
            prompt=prompt,
            status="done",
            image_file=picture,
            maps_file=maps,
            width=SIDE,
            height=SIDE,
        )
        for prompt in prompts
    )
    words = Word.objects.bulk_create(
        Word(
            prompt=prompt,
            index=index,
            text=prompt.text[start:end],
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
    HeatMap.objects.bulk_create(
        HeatMap(generation=made[word.prompt_id], word=word, row=word.index, peak=1, floor=0)
        for word in words
    )


# -- raters --------------------------------------------------------------------------------------


@dataclass
class Log:
    """What all raters saw. Times in milliseconds."""

    draws: list[float] = field(default_factory=list)
    submits: list[float] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)


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
        return self._proof_in(self._request("GET", "rate/"))

    def _proof_in(self, page: bytes) -> str:
        found = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', page)
        assert found is not None, page[:500]
        return found.group(1).decode()

    def _post(self, path: str, content: dict[str, Any]) -> dict[str, Any]:
        body = json.dumps(content).encode()
        return dict(json.loads(self._request("POST", path, body, "application/json")))

    def _request(self, method: str, path: str, body: bytes = b"", kind: str = "") -> bytes:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if body:
            headers |= {"Content-Type": kind, "X-CSRFToken": getattr(self, "_proof", "")}
        self._connection.request(method, self._path + path, body or None, headers)
        response = self._connection.getresponse()
        content = response.read()
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


def load(address: str, token: str, *, seconds: float) -> Log:
    """Eight raters at a time, each followed by a new one, for so many seconds."""
    log, end = Log(), time.monotonic() + seconds

    def chair() -> None:
        while time.monotonic() < end:
            Rater(address, token, log).rate_until(end)

    chairs = [threading.Thread(target=chair) for _ in range(RATERS_AT_A_TIME)]
    for thread in chairs:
        thread.start()
    for thread in chairs:
        thread.join()
    return log


# -- what came of it -----------------------------------------------------------------------------


def check(study: Any, log: Log) -> dict[str, int]:
    from collections import Counter

    from annotator.enums import HOLDING
    from annotator.models import Assignment, Rating

    ratings = list(Rating.objects.in_study(study).values_list("answer_id", "assignment_id"))
    stored = {str(answer_id) for answer_id, _ in ratings}
    assigned = Assignment.objects.filter(item__study=study, status__in=HOLDING)
    per_item = Counter(assigned.values_list("item_id", flat=True))
    return {
        "lost": len(set(log.acknowledged) - stored),
        "doubled": len(ratings) - len({assignment for _, assignment in ratings}),
        "over_assigned": sum(count > study.ratings_per_item for count in per_item.values()),
    }


def report(log: Log, cpu: float, seconds: float, faults: dict[str, int]) -> None:
    from django.db import connection

    count = len(log.acknowledged)
    print(f"{ITEMS:,} items, {RATERS_AT_A_TIME} raters at a time, {connection.vendor}")
    print(f"{'ratings':24}{count:10,}  ({count / seconds:.0f} a second)")
    for name, times in (("draw, first eight", log.draws), ("submit (and draw)", log.submits)):
        p50, p95 = np.percentile(times, [50, 95])
        print(f"{name:24}{p50:10.1f}  ms median, {p95:.1f} ms at the 95th percentile")
    print(f"{'server CPU':24}{1000 * cpu / count:10.2f}  ms a rating")
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
