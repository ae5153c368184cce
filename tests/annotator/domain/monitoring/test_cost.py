from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from annotator.domain.monitoring.cost import Cost, cost
from annotator.models import Rater, Rating, Study
from tests import factories


@pytest.fixture
def study(alice: User) -> Study:
    """Twelve items, two ratings each; two people and a simulated rater have rated six in all."""
    study = factories.make_open_study(alice, pay_amount=0.5, items_per_rater=6, repeat_percent=50)
    for count in (3, 1, 2):
        factories.rate(factories.make_rater(study), count=count)
    Rater.objects.filter(number=2).update(simulated=True)
    Rating.objects.update(reaction_ms=900_000)
    return study


@pytest.mark.parametrize(
    ("per", "expected"),
    [
        # Four ratings by people; of 24 wanted half as many again are repeats.
        ("rating", Cost(2.0, 18.0, "GBP")),
        # Four quarters of an hour for six of 24 ratings.
        ("hour", Cost(0.5, 2.0, "GBP")),
        # Two people so far; 24 ratings at six each take four.
        ("rater", Cost(1.0, 2.0, "GBP")),
    ],
)
def test_costs_follow_what_is_paid_for(study: Study, per: str, expected: Cost) -> None:
    study.pay_per = per

    assert cost(study=study, given=6, wanted=24) == expected


def test_without_pay_there_are_no_costs(study: Study) -> None:
    study.pay_amount = 0

    assert cost(study=study, given=6, wanted=24) is None


def test_hours_are_not_foreseen_before_anybody_rated(alice: User) -> None:
    fresh = factories.make_open_study(alice, pay_amount=9, pay_per="hour")

    assert cost(study=fresh, given=0, wanted=24) == Cost(0.0, None, "GBP")
