"""The mixed model on the results page, as CSV and in the API."""

from __future__ import annotations

import math

import pytest
from django.contrib.auth.models import User
from django.template.loader import render_to_string
from django.test import Client

from annotator.domain import analyses
from annotator.domain.results.effects import Effect, Effects
from annotator.domain.results.filters import Filter
from annotator.enums import ItemKind
from annotator.models import Study
from annotator.statistics import Estimate
from annotator.views.effects import effects_table
from annotator.views.subject import of_study
from tests.annotator.answers import make_control, make_rated_study


@pytest.fixture
def study(alice: User) -> Study:
    """One control kind, and no group large enough to be compared."""
    study = make_rated_study(alice)
    make_control(study, ItemKind.BLANK, [[1, 2, 1]])
    return study


def shown(study: Study, found: Effects) -> str:
    table = effects_table(of_study(study), found)
    return render_to_string("researcher/_results_effects.html", {"effects": table})


def test_a_row_says_who_is_rated_higher_than_whom(study: Study) -> None:
    logit = Estimate(math.log(2), math.log(1.5), math.log(3), 90)
    rows = (
        Effect("pos", "VERB", "NOUN", logit, 0.0004),
        Effect("kind", "blank", "real", Estimate(-1, -3, 1, 90), 0.2),
    )
    page = shown(study, Effects(rows, 1.25, 0.5, 1090, 30, 3, ("ADV",), ""))
    for text in ("2.00 [1.50, 3.00]", "&lt; 0.001", "Rated higher.", "0.200", "Not told apart"):
        assert text in page
    assert "1,090 scores of 30 items by 3 raters" in page
    assert "fewer than five items: adverb" in page


def test_why_there_is_no_model_is_said(study: Study) -> None:
    page = shown(study, Effects((), math.nan, math.nan, 9, 3, 3, (), "not fitted: too many"))
    assert "not fitted: too many" in page
    assert "<table" not in page


def test_small_groups_leave_nothing_to_compare(study: Study, client: Client, alice: User) -> None:
    assert analyses.state(study=study, filter=Filter()).results().effects is None
    client.force_login(alice)
    assert "effects-title" not in client.get(f"/studies/{study.pk}/results/").text
    table = client.get(f"/studies/{study.pk}/results/figure.csv?figure=effects").text
    assert table.startswith("family,group,reference,n_scores,logit,logit_low,logit_high,odds_ratio")
    assert len(table.splitlines()) == 1
