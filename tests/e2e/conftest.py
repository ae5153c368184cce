"""A real browser on a real server. Chromium is the machine's own; nothing is downloaded."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import BrowserContext, Page, Route, ViewportSize
from pytest_django.live_server_helper import LiveServer

from annotator.models import Rating, Study
from tests import factories

PHONE = ViewportSize(width=375, height=667)
DESKTOP = ViewportSize(width=1280, height=800)
READY = "#rate[aria-busy=false]"


def press(page: Page, key: str) -> None:
    """One key, once what it answers can be seen."""
    page.wait_for_selector(READY)
    page.keyboard.press(key)


def hold(page: Page, pattern: str) -> list[Route]:
    """Requests to these addresses wait in the list until somebody lets them go on."""
    held: list[Route] = []
    page.route(pattern, lambda route: held.append(route))
    return held


def scores() -> list[int | None]:
    """The answers that count, in the order their items were given."""
    current = Rating.objects.current().order_by("assignment__trial")
    return list(current.values_list("score", flat=True))


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    quiet = ("background-networking", "component-update", "sync")
    options = ["--no-sandbox", "--disable-gpu", *(f"--disable-{what}" for what in quiet)]
    return {"executable_path": chromium, "args": options}


@pytest.fixture
def study(transactional_db: None, alice: User) -> Study:
    """Twelve items, each wanted twice."""
    return factories.make_open_study(alice)


@pytest.fixture
def address(study: Study, live_server: LiveServer) -> str:
    """What a rater is sent."""
    invitation = study.invitations.first()
    assert invitation is not None
    return f"{live_server.url}/r/{invitation.token}/"


@pytest.fixture
def open_rating(page: Page, address: str) -> Callable[[], None]:
    """Agree, read, and go to the rating page, whatever it then shows."""

    def open_page() -> None:
        page.goto(address)
        page.get_by_role("button", name="agree").click()
        page.get_by_role("button", name="Start rating").click()
        page.wait_for_selector("#rate")

    return open_page


@pytest.fixture
def start_rating(page: Page, open_rating: Callable[[], None]) -> Callable[[], None]:
    """As `open_rating`, and wait for the first item to be on the screen."""

    def start() -> None:
        open_rating()
        page.wait_for_selector(READY)

    return start


@pytest.fixture
def log_in(live_server: LiveServer, transactional_db: None, alice: User) -> Callable[..., None]:
    """Let a browser be Alice's."""

    def give_cookie(context: BrowserContext) -> None:
        client = Client()
        client.force_login(alice)
        value = client.cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": value, "url": live_server.url}])

    return give_cookie
