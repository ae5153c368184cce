"""Every rater page, as axe-core sees it, in both themes and both sizes."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from annotator.domain.design import studies
from annotator.enums import Panel, Phase
from annotator.models import PanelLink, Procedure, Study
from tests import factories
from tests.e2e.conftest import DESKTOP, PHONE, READY

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

Scheme = Literal["light", "dark"]


def assert_accessible(page: Page) -> None:
    found = [
        (violation["id"], [node["html"] for node in violation["nodes"]])
        for violation in Axe().run(page).response["violations"]
    ]
    assert found == []


@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "dark"), (DESKTOP, "light")])
def test_no_rater_page_has_a_violation(
    browser: Browser, address: str, study: Study, size: Any, scheme: Scheme
) -> None:
    Study.objects.update(colour_map_locked=False, contour_locked=False)
    page = browser.new_page(viewport=size, color_scheme=scheme)
    page.goto(address)
    assert_accessible(page)
    page.get_by_role("button", name="agree").click()
    assert_accessible(page)
    page.get_by_role("button", name="Start rating").click()
    page.wait_for_selector(READY)
    assert_accessible(page)
    page.keyboard.press("3")
    page.wait_for_selector(READY)
    page.keyboard.press("Backspace")
    page.wait_for_selector("[role=radio][aria-checked=true]")
    assert_accessible(page)
    page.keyboard.press("?")
    page.wait_for_selector("dialog[open]")
    assert_accessible(page)
    page.goto(address + "leave/")
    assert_accessible(page)
    page.get_by_role("button", name="Stop rating").click()
    assert_accessible(page)
    assert_ways_out_are_accessible(page, address, study)
    page.close()


def assert_ways_out_are_accessible(page: Page, address: str, study: Study) -> None:
    """What a rater sees who is done, is sent away, is from a panel, or wants to be forgotten."""
    rater = study.raters.get()
    question = {"name": "age", "type": "number", "text": "How old are you?"}
    Procedure.objects.create(study=study, questionnaire=[question])
    factories.join_panel(rater, Panel.MTURK)
    task = "hitId=H1&workerId=W1&turkSubmitTo=https://www.mturk.com"
    pages = {
        Phase.QUESTIONNAIRE: "questionnaire/",
        Phase.FINISHED: "thanks/",
        Phase.SCREENED_OUT: "screened-out/",
        Phase.RATING: f"mturk/?assignmentId=A1&{task}",
    }
    for phase, way in pages.items():
        study.raters.update(phase=phase)
        page.goto(address + way)
        assert page.url == address + way
        assert_accessible(page)
    PanelLink.objects.all().delete()
    studies.pause_study(study=study, user=None)
    page.goto(address + "rate/")
    assert_accessible(page)
    page.goto(address + "delete/")
    assert_accessible(page)
    page.get_by_role("button", name="Delete my data").click()
    page.wait_for_url("**/deleted/**")
    assert_accessible(page)
