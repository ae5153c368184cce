"""Nothing a rater answers is lost or doubled, whatever happens to the connection or the page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, Route, expect

from annotator.domain.design import studies
from annotator.domain.rating import assignments
from annotator.models import Assignment, Rater, Rating, Study
from tests import factories
from tests.e2e.conftest import READY, hold, press, scores

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_answers_given_without_a_connection_are_sent_when_it_is_back(
    page: Page, context: BrowserContext, start_rating: Callable[[], None]
) -> None:
    start_rating()
    page.wait_for_load_state("networkidle")
    context.set_offline(True)
    for key in "142":
        press(page, key)
    expect(page.get_by_role("status")).to_contain_text("no connection: 3 kept here")
    assert scores() == []
    context.set_offline(False)
    expect(page.get_by_role("status")).to_contain_text("saved")
    assert scores() == [1, 4, 2]


def test_an_answer_whose_acknowledgement_is_lost_is_stored_once(
    page: Page, start_rating: Callable[[], None]
) -> None:
    start_rating()
    sent: list[str] = []

    def lose_the_first_reply(route: Route) -> None:
        sent.append(route.request.post_data or "")
        response = route.fetch()
        route.abort() if len(sent) == 1 else route.fulfill(response=response)

    page.route("**/ratings/", lose_the_first_reply)
    press(page, "5")
    expect(page.get_by_role("status")).to_contain_text("saved")
    assert len(sent) == 2
    assert list(Rating.objects.values_list("score", "revision")) == [(5, 0)]


def test_answers_survive_a_reload(page: Page, start_rating: Callable[[], None]) -> None:
    page.on("dialog", lambda dialog: dialog.accept())
    start_rating()
    page.route("**/ratings/", lambda route: route.abort())
    for key in "253":
        press(page, key)
    page.unroute("**/ratings/")
    page.reload()
    expect(page.get_by_role("status")).to_contain_text("saved")
    for key in "111111111":
        press(page, key)
    page.wait_for_url("**/thanks/")
    assert scores() == [2, 5, 3] + 9 * [1]
    assert not Rating.objects.filter(revision__gt=0).exists()


def test_keys_faster_than_the_server_land_once_and_in_order(
    page: Page, start_rating: Callable[[], None]
) -> None:
    start_rating()
    held = hold(page, "**/ratings/")
    for key in "4321234512":  # as many as are held ahead
        press(page, key)
    expect(page.get_by_text("The next picture is on its way")).to_be_visible()
    page.keyboard.press("5")  # there is nothing to answer
    held[0].continue_()
    page.unroute("**/ratings/")
    press(page, "5")
    expect(page.get_by_role("status")).to_contain_text("saved")
    assert scores() == [4, 3, 2, 1, 2, 3, 4, 5, 1, 2, 5]
    assert Rating.objects.count() == 11


def test_a_change_made_without_a_connection_arrives_after_what_it_changes(
    page: Page, context: BrowserContext, start_rating: Callable[[], None]
) -> None:
    start_rating()
    page.wait_for_load_state("networkidle")
    context.set_offline(True)
    press(page, "2")
    press(page, "4")
    press(page, "Backspace")
    press(page, "Backspace")
    press(page, "5")
    expect(page.get_by_role("status")).to_contain_text("no connection: 3 kept here")
    context.set_offline(False)
    expect(page.get_by_role("status")).to_contain_text("saved")
    assert scores() == [5, 4]
    first = Rating.objects.filter(assignment__trial=0).order_by("revision")
    assert list(first.values_list("score", "is_current")) == [(2, False), (5, True)]


def test_two_tabs_without_a_connection_send_each_answer_once(
    page: Page, context: BrowserContext, start_rating: Callable[[], None]
) -> None:
    start_rating()
    other = context.new_page()
    other.goto(page.url)
    other.wait_for_selector(READY)
    for tab in (page, other):
        tab.wait_for_load_state("networkidle")
    context.set_offline(True)
    press(page, "2")
    press(other, "4")
    context.set_offline(False)
    for tab in (page, other):
        expect(tab.get_by_role("status")).to_contain_text("saved")
    answers = list(Rating.objects.values_list("answer_id", flat=True))
    assert len(answers) == len(set(answers)) == 2
    assert Rating.objects.current().count() == Assignment.objects.submitted().count()
    waiting = "Object.keys(localStorage).filter(key => key.startsWith('daam-answer')).length"
    assert page.evaluate(waiting) == 0


def test_an_answer_waits_for_the_page_to_be_opened_again(
    page: Page, context: BrowserContext, start_rating: Callable[[], None]
) -> None:
    start_rating()
    page.route("**/ratings/", lambda route: route.abort())
    press(page, "4")
    address = page.url
    page.close(run_before_unload=False)
    assert scores() == []
    again = context.new_page()
    again.goto(address)
    expect(again.get_by_role("status")).to_contain_text("saved")
    assert scores() == [4]


def test_a_key_held_down_is_one_answer(page: Page, start_rating: Callable[[], None]) -> None:
    start_rating()
    page.keyboard.down("4")
    for _ in range(5):
        page.wait_for_selector(READY)
        page.keyboard.down("4")  # what a keyboard repeats
    page.keyboard.up("4")
    expect(page.get_by_role("status")).to_contain_text("saved")
    assert Rating.objects.count() == 1


def test_the_thanks_come_only_when_the_last_answer_is_saved(
    page: Page, start_rating: Callable[[], None]
) -> None:
    start_rating()
    for key in 11 * "3":
        press(page, key)
    expect(page.get_by_role("status")).to_contain_text("saved")
    held = hold(page, "**/ratings/")
    press(page, "3")
    expect(page.get_by_role("status")).to_contain_text("1 waiting")
    assert page.url.endswith("/rate/")
    held[0].continue_()
    page.wait_for_url("**/thanks/")
    assert Rating.objects.count() == 12


def test_two_tabs_of_one_rater_never_make_two_answers_to_one_item(
    page: Page, context: BrowserContext, start_rating: Callable[[], None]
) -> None:
    start_rating()
    other = context.new_page()
    other.goto(page.url)
    for _ in range(4):
        press(page, "2")
        press(other, "4")
    for tab in (page, other):
        expect(tab.get_by_role("status")).to_contain_text("saved")
    items = list(Assignment.objects.submitted().values_list("item", flat=True))
    assert len(items) == len(set(items))
    assert Rating.objects.current().count() == len(items)


def test_an_item_lost_to_somebody_else_is_told_and_passed_over(
    page: Page, start_rating: Callable[[], None], study: Study
) -> None:
    start_rating()
    mine = Assignment.objects.order_by("trial").first()
    assert mine is not None
    assignments.expire_assignments(at=timezone.now() + 2 * (mine.deadline - mine.drawn_at))
    for _ in range(study.ratings_per_item):
        factories.rate(factories.make_rater(study), 1, count=12)
    press(page, "5")
    expect(page.get_by_role("status")).to_contain_text("given to somebody else")
    assert not Rating.objects.filter(score=5).exists()


def test_a_paused_study_keeps_the_answer_and_says_so(
    page: Page, start_rating: Callable[[], None], study: Study
) -> None:
    start_rating()
    studies.pause_study(study=study, user=None)
    press(page, "5")
    expect(page.get_by_role("alert")).to_contain_text("not taking ratings now")
    assert scores() == [5]


def test_a_revoked_link_stops_the_page_and_keeps_the_answer_in_the_browser(
    page: Page, start_rating: Callable[[], None]
) -> None:
    start_rating()
    Rater.objects.get().invitation.__class__.objects.update(revoked_at=timezone.now())
    press(page, "5")
    expect(page.get_by_role("alert")).to_contain_text("Reload it")
    waiting = "Object.keys(localStorage).filter(key => key.startsWith('daam-answer')).length"
    assert page.evaluate(waiting) == 1
