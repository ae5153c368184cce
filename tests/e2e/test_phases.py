"""The phases around the ratings, in a real browser."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from playwright.sync_api import Page, Route, ViewportSize, expect
from pytest_django.live_server_helper import LiveServer

from annotator.enums import Panel, Phase
from annotator.models import (
    Example,
    PanelLink,
    PracticeAnswer,
    Procedure,
    Rater,
    Rating,
    Study,
)
from tests import factories
from tests.e2e.conftest import DESKTOP, PHONE, press

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def make_practice(study: Study) -> None:
    for right in (5, 3):
        factories.make_example(
            study, Phase.TRAINING, right=right, explanation="It covers the circle."
        )
    factories.make_example(study, Phase.QUALIFICATION, right=4)


def assert_clean(page: Page) -> None:
    report = Axe().run(page)
    assert report.violations_count == 0, report.generate_report()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_from_consent_to_the_first_rating_by_keyboard(
    page: Page, address: str, study: Study, size: ViewportSize
) -> None:
    page.set_viewport_size(size)
    make_practice(study)
    factories.make_example(study, Phase.INSTRUCTIONS, right=5, explanation="All of it.")
    page.goto(address)
    page.get_by_role("button", name="agree").press("Enter")
    page.wait_for_selector(".overlay canvas")
    assert_clean(page)
    page.get_by_role("button", name="Start practising").press("Enter")

    press(page, "5")
    feedback = page.get_by_role("dialog")
    expect(feedback).to_contain_text("That is how we see it too")
    expect(feedback).to_contain_text("5 · Excellent")
    assert_clean(page)
    page.keyboard.press("Enter")
    press(page, "5")
    expect(feedback).to_contain_text("We see it differently")
    page.keyboard.press("Enter")

    page.wait_for_url("**/qualification/")
    press(page, "1")
    expect(page.get_by_role("heading", name="Not quite yet")).to_be_visible()
    assert_clean(page)
    page.get_by_role("button", name="Try again").press("Enter")
    press(page, "4")

    page.wait_for_url("**/rate/")
    press(page, "4")
    page.wait_for_selector("text=saved")
    assert (PracticeAnswer.objects.count(), Rating.objects.count()) == (4, 1)


def test_training_is_gone_on_with_after_a_reload(page: Page, address: str, study: Study) -> None:
    make_practice(study)
    page.goto(address)
    page.get_by_role("button", name="agree").click()
    page.get_by_role("button", name="Start practising").click()
    press(page, "5")
    page.get_by_role("button", name="Go on").click()
    page.wait_for_selector("text=saved")
    page.goto(address)

    page.wait_for_selector("#rate[aria-busy=false]")
    assert page.url.endswith("/training/")
    expect(page.locator("#count")).to_have_text("1 of 2")


def test_a_researcher_adds_an_example_by_looking(
    page: Page, study: Study, live_server: LiveServer, alice: User
) -> None:
    page.goto(f"{live_server.url}/login/?next=/studies/{study.pk}/phases/")
    page.get_by_label("Username").fill("alice")
    page.get_by_label("Password").fill("a-long-password-1")
    page.get_by_role("button", name="Log in").click()
    assert_clean(page)
    page.get_by_role("link", name="Add a training picture").click()
    assert_clean(page)
    page.get_by_role("link", name="circle").first.click()
    assert_clean(page)
    page.get_by_role("radio", name="rolls").check()
    page.get_by_label("Right answers from").select_option("1")
    page.get_by_label("why").fill("The rolling is not the circle.")
    page.get_by_role("button", name="Add the example").click()

    expect(page.get_by_text("shown with the map of “rolls”")).to_be_visible()
    assert Example.objects.get().accepted == [1]


def test_a_rater_who_is_screened_out_can_go_nowhere_else(
    page: Page, address: str, study: Study
) -> None:
    page.goto(address)
    page.get_by_role("button", name="agree").click()
    Rater.objects.update(phase=Phase.SCREENED_OUT)
    page.goto(address)

    expect(page.get_by_role("heading", name="Thank you for trying")).to_be_visible()
    assert_clean(page)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_questionnaire_completion_and_deletion_by_keyboard(
    page: Page, address: str, study: Study, size: ViewportSize
) -> None:
    page.set_viewport_size(size)
    questions = [
        {"name": "screen", "type": "choice", "text": "On what?", "choices": ["phone", "desk"]},
        {"name": "age", "type": "number", "text": "How old are you?", "minimum": 18},
        {"name": "remarks", "type": "text", "text": "Anything else?", "required": False},
    ]
    Procedure.objects.create(study=study, questionnaire=questions, debrief="It was about maps.")
    PanelLink.objects.create(
        invitation=study.invitations.get(), panel=Panel.PROLIFIC, finished_code="DONE1"
    )
    page.goto(address)
    expect(page.get_by_text("Open the study from the page that offered it")).to_be_visible()
    assert_clean(page)
    page.goto(address + "?PROLIFIC_PID=a&STUDY_ID=b&SESSION_ID=c")
    page.get_by_role("button", name="agree").press("Enter")
    Rater.objects.update(phase=Phase.QUESTIONNAIRE)
    page.goto(address + "next/")
    page.get_by_role("button", name="Send the answers").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Nothing is saved yet")
    assert_clean(page)
    page.get_by_role("radio", name="desk").press("Space")
    page.get_by_label("How old are you?").fill("30")
    page.get_by_role("button", name="Send the answers").press("Enter")

    finish = page.get_by_role("link", name="Finish on Prolific")
    expect(finish).to_have_attribute(
        "href", "https://app.prolific.com/submissions/complete?cc=DONE1"
    )
    assert_clean(page)
    page.get_by_role("link", name="have your data deleted").press("Enter")
    assert_clean(page)
    page.get_by_role("button", name="Delete my data").press("Enter")
    expect(page.get_by_role("heading", name="Your data are deleted")).to_be_visible()
    assert_clean(page)
    assert not Rater.objects.exists()


def test_mechanical_turks_form_may_be_posted_to_amazon(
    page: Page, address: str, study: Study
) -> None:
    """The policy of every other page would not let it go."""
    PanelLink.objects.create(invitation=study.invitations.get(), panel=Panel.MTURK)
    task = "assignmentId=A1&hitId=H1&workerId=W1&turkSubmitTo=https://workersandbox.mturk.com"
    sent: list[str] = []

    def take(route: Route) -> None:
        sent.append(route.request.post_data or "")
        route.fulfill(body="Thank you")

    page.route("https://workersandbox.mturk.com/mturk/externalSubmit", take)
    page.goto(f"{address}mturk/?assignmentId=ASSIGNMENT_ID_NOT_AVAILABLE")
    assert_clean(page)
    page.goto(f"{address}?{task}")
    page.get_by_role("button", name="agree").click()
    Rater.objects.update(phase=Phase.FINISHED)
    page.goto(address + "next/")
    page.get_by_role("button", name="Hand in on Mechanical Turk").click()

    expect(page.get_by_text("Thank you")).to_be_visible()
    assert sent == [f"assignmentId=A1&outcome=finished&rater={Rater.objects.get().pseudonym}"]


def test_a_researchers_recruiting_pages_are_clean(
    page: Page, study: Study, live_server: LiveServer, alice: User
) -> None:
    base = f"/studies/{study.pk}/"
    page.goto(f"{live_server.url}/login/?next={base}raters/")
    page.get_by_label("Username").fill("alice")
    page.get_by_label("Password").fill("a-long-password-1")
    page.get_by_role("button", name="Log in").click()
    page.get_by_label("Raters per link").fill("1")
    page.get_by_role("button", name="Make a link").click()
    expect(page.get_by_text("0 of 1 places used, 1 left")).to_be_visible()
    assert_clean(page)
    page.get_by_role("link", name="Panel of").first.click()
    page.get_by_label("Panel", exact=True).select_option("prolific")
    page.get_by_label("code for finished").fill("DONE1")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("?PROLIFIC_PID={{%PROLIFIC_PID%}}")).to_be_visible()
    assert_clean(page)
    page.goto(f"{live_server.url}{base}phases/questions/")
    page.get_by_role("button", name="Add the question about colour vision").click()
    expect(page.get_by_text("Do you have difficulty telling some colours apart?")).to_be_visible()
    assert_clean(page)
