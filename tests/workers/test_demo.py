"""`manage.py demo`, as a newcomer runs it: in a folder of its own, on a free port."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

from django.conf import settings

from tests.services import free_port

PATIENCE_SECONDS = 480


def environment(folder: Path, port: int) -> dict[str, str]:
    own = {"ANNOTATOR_TRIAL_DIR": str(folder), "PORT": str(port)}
    # Whatever servers the session runs on, the demo brings its own.
    rest = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "BROKER_URL")}
    return rest | own


@contextmanager
def demo(folder: Path, port: int) -> Iterator[str]:
    """The running demo's output up to the moment it serves; stopped by Ctrl-C."""
    output = folder / "output.txt"
    folder.mkdir(exist_ok=True)
    with output.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "demo"],
            cwd=settings.BASE_DIR,
            env=environment(folder, port),
            stdout=stream,
            stderr=stream,
        )
    try:
        end = time.monotonic() + PATIENCE_SECONDS
        while "Ctrl-C stops it" not in (said := output.read_text()):
            assert process.poll() is None, said
            assert time.monotonic() < end, said
            time.sleep(0.2)
        yield said
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0, output.read_text()


def address(said: str, name: str) -> str:
    found = re.search(rf"{name}: +(\S+)", said)
    assert found, said
    return found[1]


def log_in(said: str, port: int) -> OpenerDirector:
    password = re.search(r"log in as demo with the password (\S+)", said)
    assert password
    cookies = CookieJar()
    browser = build_opener(HTTPCookieProcessor(cookies))
    page = f"http://127.0.0.1:{port}/login/"
    browser.open(page).close()
    token = next(cookie.value for cookie in cookies if cookie.name == "csrftoken")
    form = {"username": "demo", "password": password[1], "csrfmiddlewaretoken": token}
    browser.open(page, urlencode(form).encode()).close()
    return browser


def read(browser: OpenerDirector, page: str) -> str:
    with browser.open(page) as response:
        return str(response.read().decode())


def test_the_demo_serves_a_study_full_of_pictures_and_ratings_and_keeps_it(tmp_path: Path) -> None:
    port = free_port()
    with demo(tmp_path, port) as first:
        assert read(build_opener(), address(first, "Rate"))
        exported = read(log_in(first, port), address(first, "Research") + "export/ratings.csv")
        assert len(exported.splitlines()) > 100
    assert (tmp_path / "demo-login.txt").stat().st_mode & 0o777 == 0o600
    assert len(list((tmp_path / "media" / "pictures").iterdir())) >= 24
    with demo(tmp_path, port) as second:
        assert "Making the pictures" not in second
        assert address(second, "Rate") != address(first, "Rate")
        again = read(log_in(second, port), address(second, "Research") + "export/ratings.csv")
    assert again == exported


def test_a_port_that_is_taken_is_said_before_anything_is_made(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        result = subprocess.run(
            [sys.executable, "manage.py", "demo"],
            cwd=settings.BASE_DIR,
            env=environment(tmp_path, port),
            capture_output=True,
            text=True,
            check=False,
        )
    assert result.returncode == 1
    assert f"Port {port} cannot be used" in result.stderr
    assert not (tmp_path / "annotator.sqlite3").exists()
