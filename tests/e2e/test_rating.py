"""A rater at work, in Chromium."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from annotator.models import Rating, Study
from tests.e2e.conftest import DESKTOP, PHONE, READY, hold, press, scores

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_a_rater_finishes_a_study_by_keyboard_only(
    page: Page, address: str, study: Study, size: Any
) -> None:
    page.set_viewport_size(size)
    page.goto(address)
    for _ in range(4):  # the skip link, two languages, the button
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="agree")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/instructions/")
    page.get_by_role("button", name="Start rating").focus()
    page.keyboard.press("Enter")
    for key in "123451234pa4":
        press(page, key)
    page.wait_for_url("**/thanks/")
    assert scores() == [1, 2, 3, 4, 5, 1, 2, 3, 4, None, None, 4]
    opt_outs = Rating.objects.exclude(opt_out="").order_by("assignment__trial")
    assert list(opt_outs.values_list("opt_out", flat=True)) == [
        "image_too_poor",
        "word_too_abstract",
    ]


def test_what_was_seen_is_stored_with_the_answer(
    page: Page, start_rating: Callable[[], None]
) -> None:
    start_rating()
    page.keyboard.down(" ")
    page.keyboard.up(" ")
    page.locator("#opacity").fill("0.5")
    page.get_by_role("radio", name="4 Good").click()
    expect(page.get_by_role("status")).to_contain_text("saved")
    rating = Rating.objects.get()
    assert (rating.score, rating.input_method, rating.colour_map) == (4, "pointer", "turbo")
    assert (rating.opacity_initial, rating.opacity_final, rating.map_toggles) == (0.8, 0.5, 1)
    assert rating.painted_at is not None
    assert rating.painted_at < rating.submitted_at


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_rating_needs_no_scrolling(page: Page, start_rating: Callable[[], None], size: Any) -> None:
    page.set_viewport_size(size)
    start_rating()
    width, height = page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
    )
    assert (width, height) == (size["width"], size["height"])
    for part in [*page.get_by_role("radio").all(), page.locator("#hold"), page.locator("#overlay")]:
        box = part.bounding_box()
        assert box is not None
        assert box["height"] >= 44
        assert box["y"] + box["height"] <= size["height"]


def test_the_five_points_are_of_one_width_and_in_one_row(
    page: Page, start_rating: Callable[[], None]
) -> None:
    page.set_viewport_size(PHONE)
    start_rating()
    boxes = [point.bounding_box() for point in page.locator(".point").all()]
    assert {box and round(box["y"]) for box in boxes} == {boxes[0] and round(boxes[0]["y"])}
    assert {box and round(box["width"]) for box in boxes} == {boxes[0] and round(boxes[0]["width"])}


def test_the_judged_word_of_a_long_prompt_is_in_view(
    page: Page, start_rating: Callable[[], None]
) -> None:
    page.set_viewport_size(PHONE)
    before, after = "a pale house near the water and " * 9, " under " * 40

    def lengthen(route: Route) -> None:
        response = route.fetch()
        body = response.json()
        for item in body["items"]:
            start, end = len(before), len(before) + len(item["word"])
            text = before + item["word"] + after
            item |= {"prompt": text, "start": start, "end": end}
        route.fulfill(response=response, json=body)

    page.route("**/draw/", lengthen)
    start_rating()
    prompt, mark = page.locator("#prompt").bounding_box(), page.locator("mark").bounding_box()
    assert prompt is not None
    assert mark is not None
    assert prompt["y"] <= mark["y"]
    assert mark["y"] + mark["height"] <= prompt["y"] + prompt["height"]
    assert page.evaluate("document.documentElement.scrollHeight") == PHONE["height"]


def test_going_back_shows_the_earlier_answer_and_changing_it_makes_a_revision(
    page: Page, start_rating: Callable[[], None]
) -> None:
    start_rating()
    press(page, "2")
    press(page, "3")
    press(page, "Backspace")
    expect(page.get_by_role("radio", name="3 Fair")).to_have_attribute("aria-checked", "true")
    press(page, "ArrowLeft")
    expect(page.get_by_role("radio", name="2 Poor")).to_have_attribute("aria-checked", "true")
    press(page, "5")
    expect(page.get_by_role("radio", name="3 Fair")).to_have_attribute("aria-checked", "true")
    press(page, "ArrowRight")
    expect(page.locator("[role=radio][aria-checked=true]")).to_have_count(0)
    expect(page.get_by_role("status")).to_contain_text("saved")
    assert scores() == [5, 3]
    assert list(Rating.objects.order_by("submitted_at").values_list("score", "revision")) == [
        (2, 0),
        (3, 0),
        (5, 1),
    ]


def test_an_answer_from_before_the_page_was_loaded_can_be_gone_back_to(
    page: Page, start_rating: Callable[[], None]
) -> None:
    start_rating()
    press(page, "2")
    expect(page.get_by_role("status")).to_contain_text("saved")
    page.reload()
    press(page, "Backspace")
    expect(page.get_by_role("radio", name="2 Poor")).to_have_attribute("aria-checked", "true")


def test_nothing_is_taken_as_an_answer_before_its_picture_is_on_the_screen(
    page: Page, open_rating: Callable[[], None]
) -> None:
    held = hold(page, "**/pictures/*.webp")
    open_rating()
    expect(page.get_by_text("The next picture is on its way")).to_be_visible()
    page.keyboard.press("1")
    for route in held:
        route.continue_()
    page.unroute("**/pictures/*.webp")
    press(page, "5")
    expect(page.get_by_role("status")).to_contain_text("saved")
    assert scores() == [5]


@pytest.mark.parametrize("part", ["**/pictures/*.webp", "**/maps/*.png"], ids=["picture", "map"])
def test_the_clock_starts_when_picture_and_map_are_painted(
    page: Page, open_rating: Callable[[], None], part: str
) -> None:
    held = hold(page, part)
    with page.expect_request(part):
        open_rating()
    page.keyboard.press("1")
    released = timezone.now()
    for route in held:
        route.continue_()
    page.unroute(part)
    press(page, "5")
    expect(page.get_by_role("status")).to_contain_text("saved")
    rating = Rating.objects.get()
    assert rating.score == 5
    assert rating.painted_at is not None
    assert rating.painted_at >= released
    assert rating.reaction_ms is not None
    spent = (rating.submitted_at - rating.painted_at).total_seconds()
    assert rating.reaction_ms <= 1000 * spent + 1


def test_what_is_loaded_but_not_painted_yet_takes_no_answer(
    page: Page, open_rating: Callable[[], None]
) -> None:
    page.add_init_script(
        "window.frames_held = []; window.requestAnimationFrame = (draw) => frames_held.push(draw);"
    )
    open_rating()
    expect(page.locator("#overlay")).to_be_visible()
    page.keyboard.press("1")
    expect(page.locator("#rate")).to_have_attribute("aria-busy", "true")
    for _ in range(2):  # the frame that draws, and the one after it
        page.wait_for_function("frames_held.length > 0")
        page.evaluate("frames_held.splice(0).forEach((draw) => draw(performance.now()))")
    page.wait_for_selector(READY)
    assert not Rating.objects.exists()


def test_an_item_painted_in_a_hidden_tab_counts_as_hidden_from_the_start(
    page: Page, start_rating: Callable[[], None]
) -> None:
    start_rating()
    turn = """hidden => {
        Object.defineProperty(document, "hidden", {value: hidden, configurable: true});
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    page.evaluate(turn, True)
    press(page, "2")
    page.wait_for_selector(READY)
    page.wait_for_timeout(300)
    page.evaluate(turn, False)
    press(page, "3")
    expect(page.get_by_role("status")).to_contain_text("saved")
    second = Rating.objects.get(score=3)
    assert second.hidden_ms >= 300


def test_a_picture_that_cannot_be_loaded_cannot_be_judged(
    page: Page, open_rating: Callable[[], None]
) -> None:
    page.route("**/maps/*.png", lambda route: route.abort())
    open_rating()
    expect(page.get_by_role("alert")).to_contain_text("could not be loaded")
    page.keyboard.press("1")
    page.unroute("**/maps/*.png")
    page.get_by_role("button", name="Try again").click()
    press(page, "4")
    expect(page.get_by_role("status")).to_contain_text("saved")
    assert scores() == [4]


def test_an_item_that_cannot_be_shown_can_wait_behind_the_others(
    page: Page, open_rating: Callable[[], None]
) -> None:
    with page.expect_response("**/draw/") as drawn:
        page.route("**/draw/", lambda route: route.continue_())
        first: list[str] = []

        def fail_first(route: Route) -> None:
            first.append(route.request.url)
            route.abort() if route.request.url == first[0] else route.continue_()

        page.route("**/pictures/*.webp", fail_first)
        open_rating()
    items = drawn.value.json()["items"]
    page.get_by_role("button", name="Show me another first").click()
    page.wait_for_selector(READY)
    expect(page.locator("#question")).to_have_text(items[1]["question"])


def test_time_in_a_hidden_tab_is_counted_apart(
    page: Page, start_rating: Callable[[], None]
) -> None:
    start_rating()
    turn = """hidden => {
        Object.defineProperty(document, "hidden", {value: hidden, configurable: true});
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    page.evaluate(turn, True)
    page.wait_for_timeout(400)
    page.evaluate(turn, False)
    press(page, "3")
    expect(page.get_by_role("status")).to_contain_text("saved")
    rating = Rating.objects.get()
    assert rating.hidden_ms >= 400
    assert rating.painted_at is not None
    seconds = (rating.submitted_at - rating.painted_at).total_seconds()
    assert rating.reaction_ms is not None
    assert rating.reaction_ms + rating.hidden_ms <= 1000 * seconds + 1


def test_arrows_move_between_the_points_and_choose_nothing(
    page: Page, start_rating: Callable[[], None]
) -> None:
    start_rating()
    page.get_by_role("radio", name="1 Bad").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="2 Poor")).to_be_focused()
    assert not Rating.objects.exists()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("saved")
    assert Rating.objects.values_list("score", "input_method").get() == (2, "keyboard")
    expect(page.locator("#stage")).to_be_focused()


def test_a_screen_reader_is_told_the_word_the_prompt_and_the_question(
    page: Page, start_rating: Callable[[], None]
) -> None:
    start_rating()
    word = page.locator("mark").inner_text()
    announcement = page.locator("[aria-live]")
    expect(announcement).to_contain_text(f"“{word}”")
    expect(announcement).to_contain_text("a red circle rolls quickly")
    expect(announcement).to_contain_text(page.locator("#question").inner_text())
    expect(page.get_by_role("radiogroup")).to_have_accessible_name(
        page.locator("#question").inner_text()
    )
    expect(page.locator("[role=radio][aria-checked=true]")).to_have_count(0)


def test_single_keys_can_be_turned_off(page: Page, start_rating: Callable[[], None]) -> None:
    start_rating()
    page.keyboard.press("?")
    page.get_by_label("Rate with single keys").uncheck()
    page.get_by_role("button", name="Go on rating").click()
    page.keyboard.press("1")
    page.get_by_role("radio", name="2 Poor").click()
    expect(page.get_by_role("status")).to_contain_text("saved")
    assert scores() == [2]


def test_leaving_gives_back_what_is_not_answered(
    page: Page, start_rating: Callable[[], None], study: Study
) -> None:
    start_rating()
    press(page, "3")
    expect(page.get_by_role("status")).to_contain_text("saved")
    page.keyboard.press("?")
    page.get_by_role("link", name="Stop here").click()
    page.get_by_role("button", name="Stop rating").click()
    expect(page.get_by_role("heading", name="You have stopped")).to_be_visible()
    assert sum(study.items.values_list("free_slots", flat=True)) == 12 * 2 - 1
