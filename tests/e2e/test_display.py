"""How the map is shown: set by the study, changed by the rater where it is not locked, recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from annotator.models import Rating, Study
from tests.e2e.conftest import DESKTOP, PHONE, READY, press

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

PIXELS = "document.getElementById('overlay').toDataURL()"
UNLOCKED = {
    "colour_map_locked": False,
    "opacity_locked": False,
    "contour_locked": False,
    "hiding_locked": False,
}
LOCKED = dict.fromkeys(UNLOCKED, True)


def answered(page: Page) -> Rating:
    page.keyboard.press("4")
    expect(page.get_by_role("status")).to_contain_text("saved")
    return Rating.objects.get()


def test_what_the_study_locks_cannot_be_changed(
    page: Page, start_rating: Callable[[], None], study: Study
) -> None:
    Study.objects.update(
        **LOCKED, opacity=0.6, colour_map="inferno", contour=True, tau=0.3, side_by_side=False
    )
    start_rating()
    before = page.evaluate(PIXELS)
    for key in (" ", "h"):
        page.keyboard.down(key)
    assert page.evaluate(PIXELS) == before
    expect(page.locator(".tools")).to_be_hidden()
    rating = answered(page)
    assert (rating.opacity_initial, rating.opacity_final, rating.map_toggles) == (0.6, 0.6, 0)
    assert (rating.colour_map, rating.contour_tau, rating.side_by_side) == ("inferno", 0.3, False)


def test_what_the_rater_sets_is_stored_with_the_answer_and_kept(
    page: Page, start_rating: Callable[[], None], study: Study
) -> None:
    Study.objects.update(**UNLOCKED, opacity=0.6, colour_map="inferno", contour=True, tau=0.3)
    start_rating()
    page.get_by_label("Colours").select_option("jet")
    page.get_by_label("Strength").fill("0.25")
    page.get_by_label("Outline").uncheck()
    rating = answered(page)
    assert (rating.opacity_initial, rating.opacity_final) == (0.6, 0.25)
    assert (rating.colour_map, rating.contour_tau) == ("jet", None)
    page.reload()
    page.wait_for_selector(READY)
    expect(page.get_by_label("Colours")).to_have_value("jet")
    expect(page.get_by_label("Strength")).to_have_value("0.25")
    expect(page.get_by_label("Outline")).not_to_be_checked()


def test_the_map_can_be_switched_off_and_is_there_again_with_the_next_item(
    page: Page, start_rating: Callable[[], None]
) -> None:
    start_rating()
    shown = page.evaluate(PIXELS)
    hide = page.get_by_role("button", name="Hide", exact=False).nth(1)
    page.keyboard.press("h")
    expect(hide).to_have_attribute("aria-pressed", "true")
    assert page.evaluate(PIXELS) != shown
    hide.click()
    assert page.evaluate(PIXELS) == shown
    page.keyboard.press("H")
    rating = answered(page)
    assert (rating.opacity_initial, rating.opacity_final, rating.map_toggles) == (0.8, 0, 2)
    page.wait_for_selector(READY)
    expect(hide).to_have_attribute("aria-pressed", "false")


def test_a_held_key_hides_the_map_until_it_is_let_go(
    page: Page, start_rating: Callable[[], None]
) -> None:
    start_rating()
    shown = page.evaluate(PIXELS)
    page.keyboard.down(" ")
    assert page.evaluate(PIXELS) != shown
    page.keyboard.up(" ")
    assert page.evaluate(PIXELS) == shown


def test_a_choice_of_colours_leaves_the_digits_to_the_answers(
    page: Page, start_rating: Callable[[], None]
) -> None:
    Study.objects.update(colour_map_locked=False)
    start_rating()
    page.get_by_label("Colours").focus()
    page.keyboard.press("v")
    expect(page.get_by_label("Colours")).to_have_value("viridis")
    assert answered(page).score == 4


@pytest.mark.parametrize(
    ("size", "ratio", "beside"), [(PHONE, 3, False), (DESKTOP, 1.5, True)], ids=["phone", "desktop"]
)
def test_how_large_the_picture_was_is_stored(
    browser: Browser, address: str, size: Any, ratio: float, beside: bool
) -> None:
    page = browser.new_page(viewport=size, device_scale_factor=ratio)
    page.goto(address)
    page.get_by_role("button", name="agree").click()
    page.get_by_role("button", name="Start rating").click()
    page.wait_for_selector(READY)
    box = page.locator("#overlay").bounding_box()
    rating = answered(page)
    assert box is not None
    side = round(min(box["width"], box["height"]))  # the pictures are square
    assert (rating.picture_width, rating.picture_height) == (side, side)
    assert (rating.viewport_width, rating.viewport_height) == (size["width"], size["height"])
    assert (rating.pixel_ratio, rating.pinch_zoom) == (ratio, 1)
    assert (rating.side_by_side, rating.language) == (beside, "en")
    page.close()


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_with_nothing_locked_rating_still_needs_no_scrolling(
    page: Page, start_rating: Callable[[], None], size: Any
) -> None:
    Study.objects.update(**UNLOCKED)
    page.set_viewport_size(size)
    start_rating()
    press(page, "5")
    page.wait_for_selector(READY)
    extent = "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
    assert page.evaluate(extent) == [size["width"], size["height"]]
    controls = page.locator(".tools button, .tools input, .tools select, .tools label.check").all()
    assert len(controls) == 6
    for part in [*controls, *page.get_by_role("radio").all()]:
        box = part.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= size["width"]
        assert box["y"] + box["height"] <= size["height"]
    stage = page.locator("#stage").bounding_box()
    assert stage is not None
    assert stage["height"] >= 160
