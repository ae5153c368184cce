"""Raters at a real server: one connection each, who speak the rating page's protocol."""

from __future__ import annotations

import http.client
import json
import re
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

MOST_TRIES = 30
LOW, AHEAD = 4, 10  # the page asks for more when fewer than LOW are ahead


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


def arrive(address: str, token: str, log: Log, raters: int) -> list[Rater]:
    """So many raters, eight at a time, who have agreed and read, and have drawn nothing yet."""
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda _: Rater(address, token, log), range(raters)))


def load(address: str, token: str, log: Log, *, present: list[Rater], seconds: float) -> None:
    """Let these raters rate at the same time for so long, each followed by a new one when done."""
    end = time.monotonic() + seconds

    def chair(rater: Rater) -> None:
        rater.rate_until(end)
        while time.monotonic() < end:
            Rater(address, token, log).rate_until(end)

    chairs = [threading.Thread(target=chair, args=(rater,)) for rater in present]
    for thread in chairs:
        thread.start()
    for thread in chairs:
        thread.join()
