"""A researcher reads the results while raters work, in Chromium."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from annotator.models import Study
from tests.annotator.answers import give, make_rated_study
from tests.e2e.conftest import DESKTOP, PHONE
from tests.e2e.test_accessibility import assert_accessible

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

FIVE_SECONDS = 5_100


@pytest.fixture
def rated(transactional_db: None, alice: User) -> Study:
    return make_rated_study(alice)


def open_page(page: Page, server: LiveServer, as_alice: Client, name: str, study: Study) -> None:
    session = as_alice.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": server.url}])
    page.goto(server.url + reverse(name, args=[study.pk]))


def test_numbers_follow_the_raters_and_the_reader_keeps_their_place(
    page: Page, live_server: LiveServer, as_alice: Client, rated: Study
) -> None:
    page.clock.install()
    open_page(page, live_server, as_alice, "results", rated)
    page.get_by_text("How this was computed").click()
    page.locator("#mos-csv").focus()
    give(rated.items.filter(pos="ADJ")[0], rated.raters.all()[0], 1)
    page.clock.run_for(FIVE_SECONDS)
    expect(page.locator("tbody tr").first.locator("td").first).to_have_text("10")
    expect(page.locator("#mos-csv")).to_be_focused()
    expect(page.locator("#method")).to_have_attribute("open", "")


def test_a_server_that_stays_away_is_mentioned_until_it_is_back(
    page: Page, live_server: LiveServer, as_alice: Client, rated: Study
) -> None:
    page.clock.install()
    open_page(page, live_server, as_alice, "results", rated)
    page.route("**/*fragment*", lambda route: route.abort())
    for _ in range(5):
        with page.expect_event("requestfailed"):
            page.clock.run_for(FIVE_SECONDS)
    expect(page.locator("#results-lost")).to_be_visible()
    page.unroute("**/*fragment*")
    page.clock.run_for(FIVE_SECONDS)
    expect(page.locator("#results-lost")).to_be_hidden()


@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "dark"), (DESKTOP, "light")])
def test_results_and_export_have_no_serious_violation(
    browser: Browser,
    live_server: LiveServer,
    as_alice: Client,
    rated: Study,
    size: Any,
    scheme: Literal["light", "dark"],
) -> None:
    page = browser.new_page(viewport=size, color_scheme=scheme)
    for name in ("results", "export"):
        open_page(page, live_server, as_alice, name, rated)
        assert_accessible(page)
        fits = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        assert page.evaluate(fits)
    page.close()
