"""The pages of experiments in a real browser: started, followed, read."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from annotator.domain import experiments
from annotator.files import Draft
from annotator.models import Experiment
from tests.e2e.conftest import DESKTOP, PHONE
from tests.e2e.test_accessibility import assert_accessible
from tests.factories import RESULT

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def log_in(page: Page, client: Client, alice: User, live_server: LiveServer) -> None:
    client.force_login(alice)
    value = client.cookies[settings.SESSION_COOKIE_NAME].value
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": value, "url": live_server.url}
    page.context.add_cookies([cookie])  # type: ignore[list-item]


def finish() -> None:
    claimed = experiments.claim(key=Experiment.objects.get().pk)
    assert claimed is not None
    picture = Path(settings.BASE_DIR, "docs", "images", "results.png").read_bytes()
    with Draft() as draft:
        stored = {"sheet.png": draft.write("experiments", ".png", picture)}
        draft.keep()
    experiments.record(experiment=claimed, result=RESULT, files=stored)


def test_an_experiment_is_started_and_its_result_comes_by_itself(
    browser: Browser, client: Client, alice: User, live_server: LiveServer
) -> None:
    page = browser.new_page(viewport=PHONE, color_scheme="dark")
    log_in(page, client, alice, live_server)
    page.goto(f"{live_server.url}/studies/")
    page.get_by_role("link", name="Experiments").click()
    assert_accessible(page)
    page.get_by_role("link", name="New experiment").click()
    assert_accessible(page)
    page.get_by_role("radio", name="Segmentation").check()
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text("Waiting for a worker.")).to_be_visible()
    finish()
    expect(page.get_by_role("rowheader", name="heat map")).to_be_visible()
    expect(page.get_by_role("img", name="Maps and things at every τ")).to_be_visible()
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.set_viewport_size(DESKTOP)
    page.emulate_media(color_scheme="light")
    assert_accessible(page)
    page.close()
