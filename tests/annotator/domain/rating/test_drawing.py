"""Which item comes next: the rater's own order, their share, sittings, gold checks and repeats."""

import uuid
from collections import Counter
from itertools import pairwise

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from annotator.domain.rating import assignments, checks, drawing, rater_order
from annotator.enums import AssignmentPurpose, AssignmentStatus, ItemKind
from annotator.errors import AssignmentGone
from annotator.models import Assignment, Item, Rater, Study
from tests import factories

PURPOSE = AssignmentPurpose


def with_settings(study: Study, **fields: object) -> Study:
    Study.objects.filter(pk=study.pk).update(**fields)
    return Study.objects.get(pk=study.pk)


def shown(rater: Rater, count: int) -> list[Assignment]:
    """What a rater is given, answering one after the other."""
    given = []
    for _ in range(count):
        drawn = assignments.draw(rater=rater, count=1)
        if not drawn:
            break
        answer = assignments.Answer(answer_id=uuid.uuid4(), score=3)
        assignments.submit_rating(assignment=drawn[0], answer=answer)
        given += drawn
    return given


def make_gold(study: Study, count: int = 1) -> list[Item]:
    """Gold items over words that are in no plan."""
    spare = study.generations.order_by("pk").values_list("heat_maps", flat=True)
    words = {"pos": "DET", "accepted_low": 1, "accepted_high": 2}
    keys = [key for key in spare if not study.items.filter(heat_map=key).exists()][:count]
    return [
        Item.objects.create(
            study=study,
            heat_map_id=key,
            kind=ItemKind.GOLD,
            ratings_wanted=0,
            free_slots=0,
            **words,
        )
        for key in keys
    ]


# -- order ---------------------------------------------------------------------------------------


def test_the_order_follows_from_the_seed_and_the_raters_number(alice: User) -> None:
    """One picture per item here, so that nothing but the order decides."""
    study = factories.make_open_study(alice, prompts=12, parts_of_speech=["NOUN"])
    study = with_settings(study, items_per_part_of_speech=12)
    size = study.items.count()
    for number in range(3):
        rater = factories.make_rater(study)

        drawn = assignments.draw(rater=rater, count=2)

        places = [
            rater_order.place(seed=study.seed, rater=number, step=step, size=size)
            for step in range(2)
        ]
        assert rater.number == number
        assert [assignment.item.position for assignment in drawn] == places


def test_a_place_that_is_taken_leads_to_the_next_that_is_free_going_round(alice: User) -> None:
    study = factories.make_open_study(alice, prompts=6, parts_of_speech=["NOUN"])
    size = study.items.count()
    rater = factories.make_rater(study)
    place = rater_order.place(seed=study.seed, rater=0, step=0, size=size)
    only = (place - 2) % size
    study.items.exclude(position=only).update(free_slots=0)

    (drawn,) = assignments.draw(rater=rater, count=1)

    assert drawn.item.position == only


def test_two_items_of_one_picture_do_not_follow_each_other(alice: User) -> None:
    study = factories.make_open_study(
        alice, prompts=8, items_per_part_of_speech=8, ratings_per_item=9
    )
    for _ in range(5):
        pictures = [a.item.heat_map.generation_id for a in shown(factories.make_rater(study), 15)]

        assert len(pictures) == 15
        assert all(one != other for one, other in pairwise(pictures))


def test_where_only_one_picture_is_left_its_items_follow_each_other(alice: User) -> None:
    study = factories.make_open_study(alice, prompts=1)

    assert len(shown(factories.make_rater(study), 9)) == 3


# -- how much ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("percent", "items"), [(18, 2), (50, 6), (1, 1), (100, 12)])
def test_a_rater_gets_their_share_of_the_studys_items(
    alice: User, percent: int, items: int
) -> None:
    study = with_settings(factories.make_open_study(alice), rater_share_percent=percent)

    assert len(shown(factories.make_rater(study), 20)) == items
    assert drawing.workload(study) == items


def test_the_cap_holds_where_it_is_smaller_than_the_share(alice: User) -> None:
    study = with_settings(
        factories.make_open_study(alice), rater_share_percent=50, items_per_rater=4
    )

    assert len(shown(factories.make_rater(study), 20)) == 4


def test_a_sitting_ends_and_the_next_goes_on(alice: User) -> None:
    study = with_settings(factories.make_open_study(alice), items_per_session=5)
    rater = factories.make_rater(study)

    first = shown(rater, 20)
    assignments.begin_session(rater=rater)
    second = shown(rater, 20)

    assert (len(first), len(second)) == (5, 5)
    assert {a.item_id for a in first}.isdisjoint(a.item_id for a in second)


def test_raters_are_numbered_in_the_order_they_come(alice: User) -> None:
    study = factories.make_open_study(alice)

    raters = [factories.make_rater(study) for _ in range(3)]

    assert [rater.number for rater in raters] == [0, 1, 2]
    with pytest.raises(IntegrityError), transaction.atomic():
        Rater.objects.filter(pk=raters[2].pk).update(number=1)


# -- gold checks ---------------------------------------------------------------------------------


def test_gold_comes_as_often_as_wanted_each_once_and_takes_no_slot(alice: User) -> None:
    study = factories.make_open_study(alice, prompts=10, items_per_part_of_speech=10)
    gold = make_gold(study, count=5)
    study = with_settings(study, gold_percent=10)

    given = shown(factories.make_rater(study), 50)

    checks = [a.item_id for a in given if a.purpose == PURPOSE.GOLD]
    assert len(given) == 33 == drawing.workload(study)
    assert len(checks) == len(set(checks)) == 3
    assert set(checks) <= {item.pk for item in gold}
    assert set(study.items.filter(kind=ItemKind.GOLD).values_list("free_slots", flat=True)) == {0}


def test_every_rater_gets_gold_however_many_there_are(alice: User) -> None:
    study = factories.make_open_study(alice, ratings_per_item=8)
    (gold,) = make_gold(study)
    study = with_settings(study, gold_percent=20)

    for _ in range(8):
        shown(factories.make_rater(study), 20)

    assert gold.assignments.submitted().count() == 8


def test_without_gold_items_the_study_goes_on(alice: User) -> None:
    study = with_settings(factories.make_open_study(alice), gold_percent=50)

    assert len(shown(factories.make_rater(study), 20)) == 12


@pytest.mark.parametrize(("low", "high"), [(None, None), (3, 2), (0, 2), (4, 6)])
def test_the_database_refuses_gold_without_accepted_scores(
    alice: User, low: int | None, high: int | None
) -> None:
    study = factories.make_open_study(alice)
    (gold,) = make_gold(study)

    with pytest.raises(IntegrityError), transaction.atomic():
        Item.objects.filter(pk=gold.pk).update(accepted_low=low, accepted_high=high)


# -- repeats -------------------------------------------------------------------------------------


def test_repeats_come_later_once_and_are_none_of_the_ratings_an_item_wants(alice: User) -> None:
    study = factories.make_open_study(
        alice, prompts=10, items_per_part_of_speech=10, ratings_per_item=1
    )
    study = with_settings(study, repeat_percent=20)

    given = shown(factories.make_rater(study), 50)

    first = {a.item_id: a.trial for a in given if a.purpose == PURPOSE.RATING}
    repeats = [a for a in given if a.purpose == PURPOSE.REPEAT]
    assert len(first) == 30 == len(given) - len(repeats)
    assert 4 <= len(repeats) <= 6
    assert all(a.trial - first[a.item_id] > checks.REPEAT_AFTER for a in repeats)
    assert len({a.item_id for a in repeats}) == len(repeats)
    assert Counter(study.items.values_list("free_slots", flat=True)) == {0: 30}


def test_a_repeat_given_back_gives_no_slot_back(alice: User) -> None:
    study = factories.make_open_study(alice, ratings_per_item=1)
    rater = factories.make_rater(study)
    shown(rater, 12)
    repeat = Assignment.objects.create(
        item=study.items.all()[0],
        rater=rater,
        purpose=PURPOSE.REPEAT,
        trial=12,
        drawn_at=timezone.now(),
        deadline=timezone.now(),
    )

    assignments.return_assignments(rater=rater)

    repeat.refresh_from_db()
    assert repeat.status == AssignmentStatus.RETURNED
    assert sum(study.items.values_list("free_slots", flat=True)) == 0


def test_a_late_answer_to_a_repeat_counts_though_the_item_has_all_its_ratings(alice: User) -> None:
    study = factories.make_open_study(alice, ratings_per_item=1)
    rater = factories.make_rater(study)
    shown(rater, 12)
    late = Assignment.objects.create(
        item=study.items.all()[0],
        rater=rater,
        purpose=PURPOSE.REPEAT,
        status=AssignmentStatus.EXPIRED,
        trial=12,
        drawn_at=timezone.now(),
        deadline=timezone.now(),
    )
    answer = assignments.Answer(answer_id=uuid.uuid4(), score=2)

    assignments.submit_rating(assignment=late, answer=answer)

    late.refresh_from_db()
    assert (late.status, late.slot) == (AssignmentStatus.SUBMITTED, None)


def test_a_late_answer_is_refused_where_the_item_was_repeated_meanwhile(alice: User) -> None:
    study = factories.make_open_study(alice, ratings_per_item=1)
    rater = factories.make_rater(study)
    shown(rater, 12)
    times = {"drawn_at": timezone.now(), "deadline": timezone.now()}
    late, _ = (
        Assignment.objects.create(
            item=study.items.all()[0],
            rater=rater,
            purpose=PURPOSE.REPEAT,
            status=status,
            trial=trial,
            **times,
        )
        for trial, status in ((12, AssignmentStatus.EXPIRED), (13, AssignmentStatus.OPEN))
    )

    with pytest.raises(AssignmentGone):
        assignments.submit_rating(
            assignment=late, answer=assignments.Answer(answer_id=uuid.uuid4(), score=2)
        )


def test_the_database_refuses_a_rating_without_a_slot_and_a_repeat_with_one(alice: User) -> None:
    study = factories.make_open_study(alice)
    (taken,) = shown(factories.make_rater(study), 1)

    for wrong in ({"slot": None}, {"purpose": PURPOSE.REPEAT}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Assignment.objects.filter(pk=taken.pk).update(**wrong)
