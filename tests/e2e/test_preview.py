"""The rating screen in a study's settings: the real one, following the form, storing nothing."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from annotator.models import Assignment, Rater, Rating, Study
from tests.e2e.conftest import READY

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

PREVIEW = "iframe[name=preview]"


def log_in(page: Page, address: str) -> None:
    page.goto(address + "/login/")
    page.get_by_label("Username").fill("alice")
    page.get_by_label("Password").fill("a-long-password-1")
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/studies/")


def test_the_preview_follows_what_is_typed(
    page: Page, transactional_db: None, alice: User, live_server: LiveServer
) -> None:
    log_in(page, live_server.url)
    page.goto(live_server.url + "/studies/new/")
    preview = page.frame_locator(PREVIEW)
    expect(preview.locator(READY)).to_be_visible()
    expect(preview.locator("#question")).to_contain_text("“sun”")

    page.get_by_label("Question").fill("Is “{word}” lit?")
    expect(preview.locator("#question")).to_have_text("Is “sun” lit?")
    page.locator("#id_label_5").fill("Superb")
    expect(preview.get_by_role("radio", name="5 Superb")).to_be_visible()
    page.locator("#id_hiding_locked").check()
    expect(preview.get_by_role("button", name="Hold to hide")).to_have_count(0)
    page.locator("#id_colour_map_locked").uncheck()
    expect(preview.get_by_label("Colours")).to_be_visible()
    page.get_by_label("Question").fill("What cannot be: no word")
    expect(preview.locator("#question")).to_contain_text("“sun”")

    assert Axe().run(page).violations_count == 0
    page.go_back()
    page.wait_for_url("**/studies/")


def test_the_preview_can_be_rated_and_nothing_is_stored(
    page: Page, study: Study, live_server: LiveServer
) -> None:
    log_in(page, live_server.url)
    page.goto(f"{live_server.url}/studies/{study.pk}/settings/")
    preview = page.frame_locator(PREVIEW)
    for done in range(1, 4):
        expect(preview.locator(READY)).to_be_visible()
        preview.get_by_role("radio", name="4 Good").click()
        expect(preview.locator("#count")).to_have_text(f"{done} of {study.items_per_rater}")
    expect(preview.locator("#prompt")).to_have_text("a red circle rolls quickly")
    assert page.evaluate("Object.keys(localStorage)") == []
    assert not Rater.objects.exists()
    assert not Rating.objects.exists()
    assert not Assignment.objects.exists()


def test_without_javascript_a_button_shows_what_is_filled_in(
    browser: Browser, transactional_db: None, alice: User, live_server: LiveServer
) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    log_in(page, live_server.url)
    page.goto(live_server.url + "/studies/new/")
    page.locator("#id_label_1").fill("Dreadful")
    page.get_by_role("button", name="Show what is filled in").click()
    preview = page.frame_locator(PREVIEW)
    expect(preview.get_by_role("radio", name="1 Dreadful")).to_be_visible()
    assert not Study.objects.exists()
    page.context.close()
