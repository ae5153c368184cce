"""Enlarged, without motion, in the system's own colours, and by a screen reader's roles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from annotator.models import Study
from tests.e2e.conftest import READY, press, scores

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def begin(browser: Browser, address: str, **options: Any) -> Page:
    page = browser.new_page(**options)
    page.goto(address)
    page.get_by_role("button", name="agree").click()
    page.get_by_role("button", name="Start rating").click()
    page.wait_for_selector(READY)
    return page


# 1280 × 800 at 200 %, and the width that WCAG 1.4.10 asks for (1280 at 400 %).
@pytest.mark.parametrize(
    "size",
    [ViewportSize(width=640, height=400), ViewportSize(width=320, height=256)],
    ids=["200 %", "400 %"],
)
def test_enlarged_everything_can_be_reached_without_scrolling_sideways(
    browser: Browser, address: str, size: ViewportSize
) -> None:
    Study.objects.update(colour_map_locked=False, contour_locked=False)
    page = begin(browser, address, viewport=size, device_scale_factor=2)
    assert page.evaluate("document.documentElement.scrollWidth") == size["width"]
    parts = [*page.get_by_role("radio").all(), *page.locator(".tools button").all()]
    for part in [*parts, page.locator("#overlay"), page.locator("#question")]:
        part.scroll_into_view_if_needed()
        expect(part).to_be_in_viewport(ratio=0.9)
    overlay = page.locator("#overlay").bounding_box()
    assert overlay is not None
    assert overlay["height"] >= 120
    boxes = [part.bounding_box() for part in parts]
    assert not any(overlap(one, two) for one in boxes for two in boxes if one is not two)
    page.get_by_role("radio", name="4 Good").click()
    expect(page.get_by_role("status")).to_contain_text("saved")
    assert scores() == [4]
    page.close()


def overlap(one: Any, two: Any) -> bool:
    return (
        one["x"] < two["x"] + two["width"] - 1
        and two["x"] < one["x"] + one["width"] - 1
        and one["y"] < two["y"] + two["height"] - 1
        and two["y"] < one["y"] + one["height"] - 1
    )


def test_in_the_systems_colours_the_choice_and_the_word_are_still_told(
    browser: Browser, address: str
) -> None:
    page = begin(browser, address, forced_colors="active")
    press(page, "4")
    press(page, "Backspace")
    chosen = page.get_by_role("radio", name="4 Good")
    expect(chosen).to_have_attribute("aria-checked", "true")
    background = "part => getComputedStyle(part).backgroundColor"
    other = page.get_by_role("radio", name="3 Fair")
    assert chosen.evaluate(background) != other.evaluate(background)
    underline = "part => getComputedStyle(part).textDecorationLine"
    assert page.locator("mark").evaluate(underline) == "underline"
    page.close()


def test_the_answers_are_one_radio_group_with_one_tab_stop(
    page: Page, start_rating: Callable[[], None]
) -> None:
    start_rating()
    expect(page.get_by_role("radiogroup")).to_match_aria_snapshot(
        """
        - radiogroup:
          - radio "1 Bad"
          - radio "2 Poor"
          - radio "3 Fair"
          - radio "4 Good"
          - radio "5 Excellent"
          - radio "P Picture too poor to judge"
          - radio "A Word too abstract to place"
        """
    )
    assert page.locator("[role=radio][tabindex='0']").count() == 1
    press(page, "3")
    press(page, "Backspace")
    expect(page.locator("[role=radio][tabindex='0']")).to_have_text("3 Fair")


def test_help_opens_by_key_keeps_the_focus_and_rates_nothing(
    page: Page, start_rating: Callable[[], None]
) -> None:
    start_rating()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("4")
    page.keyboard.press("h")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert scores() == []
    press(page, "5")
    expect(page.get_by_role("status")).to_contain_text("saved")
    assert scores() == [5]
