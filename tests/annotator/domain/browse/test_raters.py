"""One rater beside all."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from numpy.testing import assert_allclose

from annotator.domain.browse import raters
from annotator.domain.monitoring import quality
from annotator.enums import AssignmentPurpose
from annotator.models import Study
from tests import factories
from tests.annotator.answers import give, make_rated_study


@pytest.fixture
def study(alice: User) -> Study:
    return make_rated_study(alice, {"NOUN": [[4, 5], [4, "image_too_poor"]]})


def test_answers_are_set_beside_those_of_all(study: Study, alice: User) -> None:
    first, second, _ = study.raters.order_by("number")

    shares = {share.answer: share for share in raters.shares(rater=first)}
    assert (shares[4].n, shares[4].percent, shares[4].percent_of_all) == (2, 100, 50)
    assert (shares[5].percent, shares[5].percent_of_all) == (0, 25)
    assert shares["image_too_poor"].percent_of_all == 25
    assert shares["image_too_poor"].label == "Picture too poor to judge"

    quality.exclude(rater=second, user=alice, reason="Asleep.")
    shares = {share.answer: share for share in raters.shares(rater=second)}
    assert (shares[5].percent, shares[5].percent_of_all, shares[4].percent_of_all) == (50, 0, 100)


def test_without_answers_there_are_no_shares(alice: User) -> None:
    rater = factories.make_rater(factories.make_open_study(alice, prompts=1))

    assert_allclose([share.percent for share in raters.shares(rater=rater)], [float("nan")] * 7)


def test_answers_come_in_their_order_and_repeats_with_the_first(study: Study) -> None:
    rater = study.raters.order_by("number")[1]
    item = study.items.filter(assignments__rater=rater).earliest("position")
    give(item, rater, 2, purpose=AssignmentPurpose.REPEAT)

    found = list(raters.answers(rater=rater))

    assert [one.trial for one in found] == [0, 1, 2]
    assert [one.answer and one.answer.score for one in found] == [5, None, 2]
    assert (found[2].purpose, found[2].first_score, found[2].first_opt_out) == ("repeat", 5, "")
