from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from annotator.domain import assignments, gold
from annotator.domain.concerns import Concern, concerns
from annotator.domain.overview import kind_shares
from annotator.enums import ItemKind
from annotator.models import HeatMap, Study
from tests import factories


@pytest.fixture
def study(alice: User) -> Study:
    return factories.make_open_study(alice)


def found(study: Study, later: timedelta = timedelta()) -> list[Concern]:
    fresh = Study.objects.get(pk=study.pk)
    return concerns(study=fresh, at=timezone.now() + later)


def test_a_study_that_goes_well_raises_no_concern(study: Study, alice: User) -> None:
    factories.rate(factories.make_rater(study))

    assert found(study) == []
    assert found(factories.make_study(alice, gold_percent=5)) == []


def test_gold_that_is_wanted_and_not_there_is_told(study: Study, alice: User) -> None:
    Study.objects.filter(pk=study.pk).update(gold_percent=5)
    assert found(study) == [Concern.NO_GOLD]

    spare = HeatMap.objects.filter(generation__study=study, items=None)[0]
    gold.add_gold(study=study, user=alice, heat_map=spare, accepted=(4, 5))
    assert found(study) == []


def test_strata_with_too_few_items_are_told(study: Study) -> None:
    Study.objects.filter(pk=study.pk).update(items_per_part_of_speech=5)
    assert found(study) == [Concern.SHORT_OF_ITEMS]

    Study.objects.filter(pk=study.pk).update(items_per_part_of_speech=4, blank_percent=25)
    assert found(study) == [Concern.SHORT_OF_CONTROLS]


def test_an_hour_without_a_rating_is_told_while_some_are_missing(study: Study) -> None:
    raters = [factories.make_rater(study) for _ in range(2)]
    hour = timedelta(minutes=61)
    assert found(study, hour) == []

    factories.rate(raters[0])
    assert found(study, hour) == [Concern.QUIET]

    factories.rate(raters[0], count=11)
    factories.rate(raters[1], count=12)
    assert found(study, hour) == []


def test_items_that_nobody_gives_back_are_told(study: Study) -> None:
    assignments.draw(rater=factories.make_rater(study), count=1)

    assert found(study, timedelta(minutes=40)) == []
    assert found(study, timedelta(minutes=46)) == [Concern.OVERDUE]


def test_progress_by_kind_counts_each_kinds_ratings(study: Study) -> None:
    assert kind_shares(study=study) == []
    study.items.filter(pos="NOUN").update(kind=ItemKind.BLANK)
    factories.rate(factories.make_rater(study), count=12)

    real, blank = kind_shares(study=study)

    assert (real.kind, real.items, real.share.given, real.share.wanted) == ("real", 8, 8, 16)
    assert (blank.kind, blank.items, blank.share.given, blank.share.wanted) == ("blank", 4, 4, 8)
