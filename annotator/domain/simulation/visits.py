"""Simulated raters who come in over HTTP: a rehearsal of the whole way, as a browser goes it.

They follow a rehearsal link through every phase of the study. Only what is to be judged is looked
up in the database, since a program does not see pictures.
"""

from __future__ import annotations

import json
import re
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from http.cookiejar import CookieJar
from typing import Any

from django.db import connection
from django.utils import timezone

from annotator.domain.design.questionnaire import Question, questions_of
from annotator.domain.simulation.crowd import (
    ADVERSARIAL,
    DEFAULT_SHARES,
    Judgement,
    SimulatedRater,
    recruit,
)
from annotator.domain.simulation.run import Report, check_simulation, rehearsal_invitation
from annotator.models import Assignment, Example, Study
from annotator.models.study import SCORES

_SECONDS = 60
_AT_A_TIME = 8
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_VERSION = re.compile(r'name="version" value="(\d+)"')


class _Browser:
    """Cookies, and the token of the last page that had a form."""

    def __init__(self, link: str) -> None:
        self.link = link
        self.page = ""
        self._address = link
        cookies = urllib.request.HTTPCookieProcessor(CookieJar())
        self._opener = urllib.request.build_opener(cookies)

    @property
    def place(self) -> str:
        """The last part of the page's address: `rate`, `thanks`."""
        return urllib.parse.urlsplit(self._address).path.rstrip("/").rsplit("/", 1)[-1]

    def get(self, path: str = "") -> None:
        self._open(urllib.request.Request(self.link + path))  # noqa: S310

    def post(self, path: str = "", **fields: Any) -> None:
        content = urllib.parse.urlencode(fields | {"csrfmiddlewaretoken": self._token()})
        self._open(self._request(path, content.encode()))

    def ask(self, path: str, content: Any) -> Any:
        """JSON in, JSON out."""
        request = self._request(path, json.dumps(content).encode())
        request.add_header("Content-Type", "application/json")
        request.add_header("X-CSRFToken", self._token())
        with self._opener.open(request, timeout=_SECONDS) as response:
            return json.load(response)

    def _token(self) -> str:
        found = _TOKEN.search(self.page)
        return found[1] if found else ""

    def _request(self, path: str, body: bytes) -> urllib.request.Request:
        # A page of our own asks: over HTTPS that is looked at.
        return urllib.request.Request(  # noqa: S310
            self.link + path, data=body, headers={"Referer": self.link}
        )

    def _open(self, request: urllib.request.Request) -> None:
        with self._opener.open(request, timeout=_SECONDS) as response:
            self._address = response.geturl()
            self.page = response.read().decode()


@dataclass(frozen=True)
class _Visit:
    """One rater's way, from the link to the end."""

    browser: _Browser
    mind: SimulatedRater
    study: Study
    seed: int

    def run(self) -> int:
        """Returns how many ratings were given."""
        browser, answers = self.browser, 0
        browser.get()
        version = _VERSION.search(browser.page)
        browser.post(version=version[1] if version else "")
        while browser.place not in ("thanks", "screened-out"):
            if browser.place in ("training", "qualification") and 'id="rate"' in browser.page:
                self._answer_all("practice/draw/", "practice/answers/", self._practise)
            elif browser.place == "rate":
                answers += self._answer_all("draw/", "ratings/", self._rate)
            elif browser.place == "questionnaire":
                browser.post("questionnaire/", **self._questionnaire())
                continue
            else:  # a page to be read: instructions, another attempt, a break
                browser.post(f"{browser.place}/")
                continue
            browser.get("next/")
        return answers

    def _answer_all(self, draw: str, submit: str, judge: Callable[[str], Judgement]) -> int:
        answers = 0
        waiting = self.browser.ask(draw, {"want": 4})["items"]
        while waiting:
            item, *_ = waiting
            answer = _answer(item["id"], judge(item["id"]))
            waiting = self.browser.ask(submit, {"answer": answer, "want": 4})["items"]
            answers += 1
        return answers

    def _rate(self, public_id: str) -> Judgement:
        assignments = Assignment.objects.select_related("item__heat_map__word__prompt")
        return self.mind.judge(assignments.get(public_id=public_id).item, self.seed)

    def _practise(self, public_id: str) -> Judgement:
        """Who reads the item knows the answer; the others guess."""
        example = Example.objects.get(public_id=public_id)
        if not self.mind.habit.reads_the_item:
            return Judgement(self.mind.favourite, "", reaction_ms=400)
        score = example.lowest
        if self.mind.habit is ADVERSARIAL and score is not None:
            score = SCORES[0] + SCORES[-1] - score
        return Judgement(score, example.opt_out, reaction_ms=3000)

    def _questionnaire(self) -> dict[str, Any]:
        return {question.name: _reply(question) for question in questions_of(self.study)}


def _reply(question: Question) -> Any:
    if question.type == "choice":
        return question.choices[0]
    if question.type == "number":
        return next((end for end in (question.minimum, question.maximum) if end is not None), 0)
    return "simulated"


def _answer(public_id: str, judgement: Judgement) -> dict[str, Any]:
    return {
        "assignment": public_id,
        "answer_id": str(uuid.uuid4()),
        "score": judgement.score,
        "opt_out": judgement.opt_out,
        "painted_at": timezone.now().isoformat(),
        "reaction_ms": judgement.reaction_ms,
        "hidden_ms": 0,
        "opacity_initial": 0.8,
        "opacity_final": 0.8,
        "map_toggles": 0,
        "colour_map": "turbo",
        "input_method": "keyboard",
    }


def visit_study(
    *,
    study: Study,
    site: str,
    raters: int,
    seed: int,
    shares: tuple[float, ...] = DEFAULT_SHARES,
    on_progress: Report | None = None,
) -> int:
    """Let simulated raters go through the study at `site`, several at a time, to their end.

    Returns how many ratings they gave. Who they are depends on the seed alone; which items they get
    also on how fast they are served. Raises `WrongStatus`, and `URLError` where the site is not.
    """
    study = check_simulation(study, shares)
    invitation = rehearsal_invitation(study)
    link = f"{site.rstrip('/')}/r/{invitation.token}/"
    visits = [
        _Visit(_Browser(link), recruit(seed, number, shares), study, seed)
        for number in range(raters)
    ]
    answers = 0
    for given in _run(visits):
        answers += given
        if on_progress is not None:
            on_progress(answers)
    return answers


def _run(visits: list[_Visit]) -> Iterator[int]:
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        for visit in as_completed([pool.submit(_run_one, visit) for visit in visits]):
            yield visit.result()


def _run_one(visit: _Visit) -> int:
    try:
        return visit.run()
    finally:
        connection.close()  # each thread has its own
