"""A researcher looks through items, words and raters in a browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from annotator.enums import ItemKind
from tests.annotator.answers import make_control, make_rated_study
from tests.e2e.conftest import PHONE
from tests.e2e.test_accessibility import assert_accessible

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def fits(page: Page) -> bool:
    """Nothing is wider than the window."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_items_words_and_raters_are_gone_through_by_keyboard_and_on_a_phone(
    page: Page, live_server: LiveServer, log_in: Callable[..., None], alice: User
) -> None:
    study = make_rated_study(alice)
    make_control(study, ItemKind.BLANK, [[1, 2]])
    log_in(page.context)
    page.goto(live_server.url + reverse("items", args=[study.pk]))
    page.get_by_label("Sorted by").select_option("disagreement")
    page.get_by_role("button", name="Show").press("Enter")
    expect(page.get_by_role("heading", name="3 items")).to_be_visible()
    page.wait_for_selector(".card canvas")
    assert_accessible(page)

    page.locator(".card a").first.press("Enter")
    expect(page.get_by_role("heading", level=2).first).to_contain_text("circle")
    canvas = page.locator("#item-map canvas")
    expect(canvas).to_be_visible()
    seen = canvas.evaluate("canvas => canvas.toDataURL()")
    page.keyboard.down(" ")
    hidden = canvas.evaluate("canvas => canvas.toDataURL()")
    page.keyboard.up(" ")
    assert (hidden != seen, canvas.evaluate("canvas => canvas.toDataURL()") == seen) == (True, True)
    assert_accessible(page)
    first = page.url
    page.keyboard.press("ArrowRight")
    page.wait_for_url(lambda url: url != first)
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(first)

    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="dark")
    assert fits(page)
    assert_accessible(page)
    page.get_by_role("link", name="All maps of").click()
    assert fits(page)
    assert_accessible(page)
    page.get_by_role("link", name="All words").click()
    assert fits(page)
    assert_accessible(page)
    rater = study.raters.earliest("pk")
    page.goto(live_server.url + reverse("rater", args=[study.pk, rater.pseudonym]))
    assert fits(page)
    assert_accessible(page)
