"""Studies whose raters draw where a thing is, or say which things are there."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from annotator.domain.rating import masks
from annotator.enums import OptOut, Task
from annotator.models import Rating, Study
from tests import factories
from tests.e2e.conftest import DESKTOP, PHONE, READY
from tests.e2e.test_accessibility import assert_accessible

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def study(transactional_db: None, alice: User, request: pytest.FixtureRequest) -> Study:
    return factories.make_open_study(alice, parts_of_speech=["NOUN"], task=request.param)


def answers() -> list[Rating]:
    return list(Rating.objects.current().order_by("assignment__trial"))


def wait_for_answers(page: Page, n: int, revision: int = 0) -> None:
    for _ in range(400):
        if len([answer for answer in answers() if answer.revision >= revision]) >= n:
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"Fewer than {n} answers arrived.")


def assert_accessible_everywhere(page: Page) -> None:
    """On a phone in the dark, and on a desk by day."""
    for size, scheme in ((PHONE, "dark"), (DESKTOP, "light")):
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme)
        assert_accessible(page)


@pytest.fixture
def start(page: Page, address: str) -> Callable[[], None]:
    def start() -> None:
        page.goto(address)
        page.get_by_role("button", name="agree").click()
        page.get_by_role("button", name="Start").click()
        page.wait_for_selector(READY)

    return start


@pytest.mark.parametrize("study", [Task.SEGMENTATION], indirect=True)
def test_what_is_painted_is_what_is_stored(page: Page, start: Callable[[], None]) -> None:
    start()
    asked_for_maps: list[str] = []
    page.on(
        "request", lambda request: "/maps/" in request.url and asked_for_maps.append(request.url)
    )
    save = page.get_by_role("button", name="Save and go on")
    expect(save).to_be_disabled()
    box = page.locator("#drawing").bounding_box()
    assert box is not None
    scale = min(box["width"], box["height"]) / factories.SIDE
    left = box["x"] + (box["width"] - scale * factories.SIDE) / 2
    top = box["y"] + (box["height"] - scale * factories.SIDE) / 2

    def at(x: float, y: float) -> tuple[float, float]:
        return left + scale * x, top + scale * y

    page.get_by_role("button", name="Polygon").click()
    for corner in ((4, 8), (20, 8), (20, 16), (4, 16)):
        page.mouse.click(*at(*corner))
    page.get_by_role("button", name="Close the polygon").click()
    save.click()
    wait_for_answers(page, 1)
    expected = np.zeros((factories.SIDE, factories.SIDE), dtype=bool)
    expected[8:16, 4:20] = True
    stored = masks.decoded(answers()[0].mask)
    assert (stored != expected).sum() <= 8  # of 128: a corner's place is a fraction of a pixel
    assert stored[12, 12]
    assert not asked_for_maps
    page.wait_for_selector(READY)
    assert_accessible_everywhere(page)


@pytest.mark.parametrize("study", [Task.SEGMENTATION], indirect=True)
def test_a_mask_is_drawn_taken_back_and_saved_by_keyboard(
    page: Page, start: Callable[[], None]
) -> None:
    page.set_viewport_size(PHONE)
    start()
    press = page.keyboard.press
    for _ in range(9):
        press("[")
    press(" ")
    press("u")
    expect(page.get_by_role("button", name="Save and go on")).to_be_disabled()
    press("r")
    press("Enter")  # the middle
    wait_for_answers(page, 1)
    page.wait_for_selector(READY)
    press("n")
    wait_for_answers(page, 2)
    page.wait_for_selector(READY)
    press("p")
    wait_for_answers(page, 3)
    drawn, absent, poor = answers()
    assert masks.decoded(drawn.mask)[factories.SIDE // 2, factories.SIDE // 2]
    assert masks.area(drawn.mask) < factories.SIDE**2
    assert masks.area(absent.mask) == 0
    assert (poor.mask, poor.opt_out) == (None, OptOut.IMAGE_TOO_POOR)
    assert page.evaluate("document.scrollingElement.scrollHeight <= innerHeight")


@pytest.mark.parametrize("study", [Task.SEGMENTATION], indirect=True)
def test_a_drawing_comes_back_to_be_changed(page: Page, start: Callable[[], None]) -> None:
    start()
    page.keyboard.press(" ")
    page.keyboard.press("Enter")
    wait_for_answers(page, 1)
    first = answers()[0]
    page.reload()
    page.wait_for_selector(READY)
    page.get_by_role("button", name="back").click()
    page.get_by_role("button", name="Save and go on").click()  # enabled: there is a drawing
    wait_for_answers(page, 1, revision=1)
    assert answers()[0].mask == first.mask


@pytest.mark.parametrize("study", [Task.PRESENCE], indirect=True)
def test_things_are_ticked_and_none_is_an_answer(page: Page, start: Callable[[], None]) -> None:
    page.set_viewport_size(PHONE)
    start()
    expect(page.get_by_role("img", name="The picture")).to_be_visible()
    expect(page.locator("#prompt")).to_be_hidden()
    page.keyboard.press("1")
    page.get_by_role("button", name="Save and go on").click()
    wait_for_answers(page, 1)
    page.wait_for_selector(READY)
    page.get_by_role("button", name="None of them").click()
    wait_for_answers(page, 2)
    assert [answer.seen for answer in answers()] == [["circle"], []]
    page.wait_for_selector(READY)
    assert_accessible_everywhere(page)
