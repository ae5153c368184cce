from __future__ import annotations

import html
import re
import uuid
from datetime import timedelta
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotator.domain import analyses
from annotator.domain.rating import assignments, masks
from annotator.domain.rating.assignments import Answer
from annotator.models import Analysis, Reporting, Study
from tests import factories
from tests.annotator.views.reading import text_of


@pytest.fixture
def study(alice: User) -> Study:
    study = factories.make_open_study(alice, prompts=2)
    factories.rate(factories.make_rater(study), 4, count=2)
    return study


def test_the_page_says_how_the_study_was_done_and_what_is_missing(
    as_alice: Client, study: Study
) -> None:
    page = text_of(as_alice.get(reverse("methods", args=[study.pk])))

    assert "1 rater answered, of 1 who began." in page
    assert "[not recorded, fill in: Who could take part, Pay, Ethics approval" in page
    assert "Pay not recorded, fill in" in page
    assert "@inproceedings{otani2023," in page


def test_what_the_site_cannot_know_is_told(as_alice: Client, study: Study) -> None:
    told = {"pay": "12 EUR per hour", "filters": "", "platform": "", "ethics": "", "data": ""}

    response = as_alice.post(reverse("methods", args=[study.pk]), told, follow=True)

    assert Reporting.objects.get().pay == "12 EUR per hour"
    assert "Pay 12 EUR per hour" in text_of(response)


def test_the_latex_file_and_the_picture_are_downloaded(as_alice: Client, study: Study) -> None:
    latex = as_alice.get(reverse("methods-latex", args=[study.pk]))
    picture = as_alice.get(reverse("methods-interface", args=[study.pk]))

    assert latex["Content-Disposition"] == f'attachment; filename="study-{study.pk}-methods.zip"'
    with ZipFile(BytesIO(latex.content)) as packed:
        assert packed.read("methods.tex").decode().endswith("\\end{document}\n")
        assert packed.read("interface.png") == picture.content
    assert picture.content.startswith(b"\x89PNG")


def test_a_study_without_items_has_a_report_and_no_picture(as_alice: Client, alice: User) -> None:
    empty = factories.make_study(alice)

    page = as_alice.get(reverse("methods", args=[empty.pk]))
    picture = as_alice.get(reverse("methods-interface", args=[empty.pk]))

    assert (page.status_code, picture.status_code) == (200, 404)


@pytest.mark.parametrize("task", ["segmentation", "presence"])
def test_a_study_of_another_task_has_a_report_of_its_own(
    as_alice: Client, alice: User, task: str
) -> None:
    study = factories.make_open_study(alice, prompts=1, task=task, parts_of_speech=["NOUN"])

    page = text_of(as_alice.get(reverse("methods", args=[study.pk])))
    latex = as_alice.get(reverse("methods-latex", args=[study.pk]))

    assert "opinion score" not in page
    assert "without a heat map" in page
    assert latex["Content-Type"] == "application/zip"


def test_numbers_that_a_worker_computes_are_waited_for(
    as_alice: Client, study: Study, monkeypatch: Any
) -> None:
    monkeypatch.setattr(analyses, "AT_ONCE", 0)
    address = reverse("methods", args=[study.pk])

    assert "being computed" in text_of(as_alice.get(address))
    latex = as_alice.get(reverse("methods-latex", args=[study.pk]))
    assert (latex.status_code, latex["Retry-After"]) == (503, "10")

    for waited_for in Analysis.objects.filter(study=study):
        analyses.run(waited_for)
    assert "being computed" not in text_of(as_alice.get(address))


def test_masks_of_a_large_study_are_compared_by_a_worker(
    as_alice: Client, alice: User, monkeypatch: Any
) -> None:
    monkeypatch.setattr(analyses, "AT_ONCE", 0)
    study = factories.make_open_study(
        alice, prompts=1, task="segmentation", parts_of_speech=["NOUN"]
    )
    side = factories.SIDE
    for _ in range(2):
        (held,) = assignments.draw(rater=factories.make_rater(study), count=1)
        answer = Answer(answer_id=uuid.uuid4(), mask=masks.rle_of([0, side * side], side, side))
        assignments.submit_rating(assignment=held, answer=answer)
    address = reverse("methods", args=[study.pk])
    with monkeypatch.context() as request:
        request.setattr(masks, "figures", None)
        assert "being computed" in text_of(as_alice.get(address))

    waiting = Analysis.objects.filter(study=study)
    assert {one.filter_key for one in waiting} == {"masks", "methods"}
    for waited_for in waiting:
        analyses.run(waited_for)
    assert "1.00 (no interval) (1 thing, 1 pair of masks)" in text_of(as_alice.get(address))


def test_a_report_says_that_newer_numbers_are_counted_and_offers_them(
    as_alice: Client, study: Study, monkeypatch: Any
) -> None:
    address = reverse("methods", args=[study.pk])
    as_alice.get(address)
    Analysis.objects.update(computed_at=timezone.now() - timedelta(hours=1))  # it rests no more
    monkeypatch.setattr(analyses, "AT_ONCE", 0)
    factories.rate(factories.make_rater(study), 2, count=2)

    page = as_alice.get(address)
    assert "Newer ratings are being counted" in text_of(page)
    assert "1 rater answered, of 2 who began." in text_of(page)

    fragment = re.search(r'data-live="([^"]+)"', page.content.decode())
    assert fragment is not None
    live = html.unescape(fragment[1])
    assert 'data-every="5"' in as_alice.get(live).content.decode()
    for waited_for in Analysis.objects.filter(study=study):
        analyses.run(waited_for)
    assert "Newer numbers are ready. Show them" in text_of(as_alice.get(live))
    assert "2 raters answered, of 2 who began." in text_of(as_alice.get(address))
