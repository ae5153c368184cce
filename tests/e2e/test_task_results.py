"""What was drawn and what was seen, on the researcher's pages."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from annotator.domain import mask_comparisons
from annotator.domain.rating import assignments, masks
from annotator.domain.rating.assignments import Answer
from annotator.enums import Task
from annotator.models import Study
from tests import factories
from tests.e2e.test_accessibility import assert_accessible
from tests.e2e.test_tasks import assert_accessible_everywhere
from tests.factories import SIDE
from workers import drawn

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def answered(alice: User, task: Task, **answer: object) -> Study:
    study = factories.make_open_study(alice, prompts=2, parts_of_speech=["NOUN"], task=task)
    for _ in range(2):
        for held in assignments.draw(rater=factories.make_rater(study), count=9):
            given = Answer(answer_id=uuid.uuid4(), **answer)
            assignments.submit_rating(assignment=held, answer=given)
    return study


def test_masks_are_held_against_maps_and_looked_at(
    page: Page, live_server: LiveServer, log_in: Callable[..., None], alice: User
) -> None:
    mask = masks.rle_of([0, 8 * SIDE, SIDE * (SIDE - 8)], SIDE, SIDE)
    study = answered(alice, Task.SEGMENTATION, mask=mask)
    rated = factories.make_open_study(alice, prompts=2, name="Rated maps")
    for _ in range(2):
        factories.rate(factories.make_rater(rated), count=6)
    log_in(page.context)
    page.goto(live_server.url + reverse("drawings", args=[study.pk]))
    page.get_by_label("Ratings of the same nouns").select_option(rated.name)
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_text("The numbers are being computed.")).to_be_visible()
    drawn.compare_masks(mask_comparisons.state(study=study, rated=rated).analysis.pk)
    expect(page.get_by_role("img", name="Scores and overlap of the same nouns")).to_be_visible()
    assert_accessible_everywhere(page)
    page.get_by_role("img", name="Where raters say “circle” is").first.click()
    expect(page.get_by_role("link", name="PNG of rater")).to_have_count(2)
    assert_accessible(page)


def test_things_seen_are_told(
    page: Page, live_server: LiveServer, log_in: Callable[..., None], alice: User
) -> None:
    study = answered(alice, Task.PRESENCE, seen=["circle"])
    study.prompts.filter(seed=0).update(batch=factories.make_batch(study, file_name="others.csv"))
    log_in(page.context)
    page.goto(live_server.url + reverse("things", args=[study.pk]))
    expect(page.get_by_text("others.csv less prompts.csv")).to_be_visible()
    assert_accessible_everywhere(page)
