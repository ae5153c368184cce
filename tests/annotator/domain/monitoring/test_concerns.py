from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from annotator.domain.design import gold, studies
from annotator.domain.monitoring.concerns import Concern, concerns
from annotator.domain.monitoring.overview import kind_shares, overview
from annotator.domain.monitoring.strata import strata
from annotator.domain.raters import stopping
from annotator.domain.rating import assignments
from annotator.enums import AssignmentPurpose, ItemKind, Stop
from annotator.models import HeatMap, Rating, Study
from tests import factories
from tests.annotator.answers import give


@pytest.fixture
def study(alice: User) -> Study:
    return factories.make_open_study(alice)


def found(study: Study, later: timedelta = timedelta()) -> list[Concern]:
    fresh = Study.objects.get(pk=study.pk)
    return concerns(study=fresh, strata=strata(study=fresh), at=timezone.now() + later)


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


def test_a_day_without_a_rater_is_told(study: Study) -> None:
    assert found(study, timedelta(hours=23)) == []
    assert found(study, timedelta(hours=25)) == [Concern.NOBODY_CAME]

    factories.rate(factories.make_rater(study))
    assert Concern.NOBODY_CAME not in found(study, timedelta(hours=25))


def test_links_that_let_nobody_in_are_told_while_ratings_are_missing(study: Study) -> None:
    study.invitations.update(quota=1, joined=1)
    assert found(study) == [Concern.LINKS_FULL]

    study.invitations.update(quota=2)
    assert found(study) == []
    studies.revoke(invitation=study.invitations.get())
    assert found(study) == []  # nobody is to come


def test_places_taken_by_people_who_never_rate_are_told(study: Study) -> None:
    study.invitations.update(quota=9)
    for _ in range(3):
        factories.make_rater(study)
    assert found(study, timedelta(minutes=59)) == []
    assert found(study, timedelta(minutes=61)) == [Concern.UNUSED_PLACES]

    for _ in range(4):
        factories.rate(factories.make_rater(study))
    assert Concern.UNUSED_PLACES not in found(study, timedelta(minutes=61))


def test_many_opt_outs_are_told(alice: User) -> None:
    study = factories.make_open_study(alice, ratings_per_item=4)
    raters = [factories.make_rater(study) for _ in range(3)]
    for rater in raters:
        factories.rate(rater, None, opt_out="word_too_abstract", count=5)
        factories.rate(rater, count=5)
    assert found(study) == [Concern.OPT_OUTS]

    factories.rate(raters[0], count=1)
    assert found(study) == []


def test_gold_that_everybody_misses_is_told(study: Study, alice: User) -> None:
    spare = HeatMap.objects.filter(generation__study=study, items=None)[0]
    item = gold.add_gold(study=study, user=alice, heat_map=spare, accepted=(1, 1))
    for _ in range(4):
        give(item, factories.make_rater(study), 5, purpose=AssignmentPurpose.GOLD)
    assert Concern.BAD_GOLD not in found(study)

    give(item, factories.make_rater(study), 5, purpose=AssignmentPurpose.GOLD)
    assert Concern.BAD_GOLD in found(study)

    give(item, factories.make_rater(study), 1, purpose=AssignmentPurpose.GOLD)
    give(item, factories.make_rater(study), 1, purpose=AssignmentPurpose.GOLD)
    assert Concern.BAD_GOLD not in found(study)


def test_what_was_stored_later_than_now_is_told(study: Study) -> None:
    factories.rate(factories.make_rater(study))

    assert found(study, timedelta(minutes=-3)) == [Concern.CLOCKS]
    assert found(study, timedelta(minutes=-1)) == []


def test_flags_and_stopped_raters_are_counted(study: Study) -> None:
    fast = factories.make_rater(study)
    factories.rate(fast, count=10)
    Rating.objects.update(reaction_ms=100)
    stopping.stop(rater=factories.make_rater(study), why=Stop.RETURNED)
    shown = overview(study=study)

    assert [(one.flag, one.raters) for one in shown.flags] == [("too_fast", 1)]
    assert (shown.stopped, shown.cost) == (1, None)


def test_progress_by_kind_counts_each_kinds_ratings(study: Study) -> None:
    assert kind_shares(strata(study=study)) == []
    study.items.filter(pos="NOUN").update(kind=ItemKind.BLANK)
    factories.rate(factories.make_rater(study), count=12)

    real, blank = kind_shares(strata(study=study))

    assert (real.of, real.given, real.wanted) == ("real", 8, 16)
    assert (blank.of, blank.given, blank.wanted) == ("blank", 4, 8)
