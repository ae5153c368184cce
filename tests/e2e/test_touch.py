"""Fingers on the page where masks are drawn: one draws, two move the picture and zoom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect

from annotator.domain.rating import masks
from annotator.enums import Task
from annotator.models import Study
from tests import factories
from tests.e2e.conftest import PHONE, READY
from tests.e2e.test_tasks import answers, wait_for_answers

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

SIDE = factories.SIDE
RATIO = 2  # device pixels to one of CSS
THICKNESS = 60  # of the slider
PIXELS = 0.4 * SIDE * 0.6**2  # what that is in the picture's

Place = tuple[float, float]


@dataclass(frozen=True)
class Shown:
    """Where on the screen the picture's corner is, and how many CSS pixels one of its is."""

    left: float
    top: float
    scale: float

    @classmethod
    def on(cls, page: Page) -> Shown:
        """The whole picture, fitted to its canvas."""
        box = page.locator("#drawing").bounding_box()
        assert box is not None
        scale = min(box["width"], box["height"]) / SIDE
        left = box["x"] + (box["width"] - scale * SIDE) / 2
        return cls(left, box["y"] + (box["height"] - scale * SIDE) / 2, scale)

    def nearer(self, factor: float, about: Place, to: Place) -> Shown:
        """What is at `about` comes to be at `to`."""
        left = to[0] - factor * (about[0] - self.left)
        top = to[1] - factor * (about[1] - self.top)
        return replace(self, left=left, top=top, scale=factor * self.scale)

    def screen(self, x: float, y: float) -> Place:
        return self.left + self.scale * x, self.top + self.scale * y


class Fingers:
    """Real touches: what the browser makes of them is its own."""

    def __init__(self, page: Page) -> None:
        self._session = page.context.new_cdp_session(page)

    def touch(self, kind: str, *places: Place) -> None:
        """Those that are missing are lifted."""
        points = [{"x": x, "y": y, "id": key} for key, (x, y) in enumerate(places)]
        event = {"type": f"touch{kind}", "touchPoints": points}
        self._session.send("Input.dispatchTouchEvent", event)

    def draw(self, places: Sequence[Place]) -> None:
        self.touch("Start", places[0])
        for place in places[1:]:
            self.touch("Move", place)
        self.touch("End")


def line(start: Place, end: Place) -> np.ndarray:
    """The pixels whose centre is within half a brush of a line in the picture: (height, width)."""
    y, x = np.mgrid[:SIDE, :SIDE] + 0.5
    dx, dy = end[0] - start[0], end[1] - start[1]
    along = np.clip(((x - start[0]) * dx + (y - start[1]) * dy) / (dx**2 + dy**2), 0, 1)
    return np.hypot(x - start[0] - along * dx, y - start[1] - along * dy) <= PIXELS / 2


def assert_is_line(mask: masks.Rle | None, start: Place, end: Place) -> None:
    assert mask is not None
    expected = line(start, end)
    wrong = (masks.decoded(mask) != expected).sum()
    assert wrong <= 0.1 * expected.sum()  # half a pixel's width around it


@pytest.fixture
def study(transactional_db: None, alice: User) -> Study:
    return factories.make_open_study(alice, parts_of_speech=["NOUN"], task=Task.SEGMENTATION)


@pytest.fixture
def page(browser: Browser, address: str) -> Page:
    """A phone, at the first picture."""
    page = browser.new_page(
        viewport=PHONE,
        has_touch=True,
        is_mobile=True,
        device_scale_factor=RATIO,
    )
    page.goto(address)
    page.get_by_role("button", name="agree").click()
    page.get_by_role("button", name="Start").click()
    page.wait_for_selector(READY)
    page.locator("#size").fill(str(THICKNESS))
    return page


def save(page: Page, n: int) -> masks.Rle | None:
    page.get_by_role("button", name="Save and go on").click()
    wait_for_answers(page, n)
    page.wait_for_selector(READY)
    return answers()[-1].mask


def test_a_stroke_lands_where_the_finger_was_however_near_the_picture_is(page: Page) -> None:
    fingers, shown = Fingers(page), Shown.on(page)
    fingers.draw([shown.screen(8, 8), shown.screen(16, 10), shown.screen(24, 12)])
    assert_is_line(save(page, 1), (8, 8), (24, 12))

    # Two fingers go apart and to the left; one is lifted, the other goes on: none of it draws.
    apart = (
        (shown.screen(15, 18), shown.screen(20, 18)),
        (shown.screen(8, 16), shown.screen(22, 18)),
    )
    fingers.touch("Start", apart[0][0])
    fingers.touch("Start", *apart[0])
    fingers.touch("Move", *apart[1])
    fingers.touch("Move", apart[1][0])
    onwards = apart[1][0][0] + 10, apart[1][0][1] - 5
    fingers.touch("Move", onwards)
    fingers.touch("End")
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    expect(page.get_by_role("button", name="Redo")).to_be_disabled()
    middles = [tuple(np.mean(places, axis=0)) for places in apart]
    factor = np.hypot(14, 2) / 5
    near = shown.nearer(factor, *middles)
    near = replace(near, left=near.left + 10, top=near.top - 5)
    fingers.draw([near.screen(16, 17), near.screen(18, 18), near.screen(20, 19)])
    assert_is_line(save(page, 2), (16, 17), (20, 19))

    # A notch of a wheel, which counts device pixels.
    place = shown.screen(20, 20)
    page.mouse.move(*place)
    page.mouse.wheel(0, -100 * RATIO)
    page.evaluate("new Promise((done) => setTimeout(done, 100))")  # the wheel answers nobody
    near = shown.nearer(np.exp(0.2), place, place)
    fingers.draw([near.screen(18, 16), near.screen(20, 22)])
    assert_is_line(save(page, 3), (18, 16), (20, 22))
    assert page.evaluate("document.scrollingElement.scrollHeight <= innerHeight")
    page.close()
