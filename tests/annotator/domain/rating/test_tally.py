"""The counts on an item are those of its ratings, whatever was done to them."""

from __future__ import annotations

import uuid

import pytest
from django.contrib.auth.models import User
from numpy.testing import assert_allclose

from annotator.domain.monitoring import quality
from annotator.domain.raters import erasure
from annotator.domain.rating import assignments, tally
from annotator.domain.rating.assignments import Answer
from annotator.enums import AssignmentPurpose
from annotator.models import Assignment, Item, Rater, Rating, Study
from tests import factories
from tests.annotator.answers import give


@pytest.fixture
def study(alice: User) -> Study:
    return factories.make_open_study(
        alice, prompts=1, parts_of_speech=["NOUN"], items_per_part_of_speech=1, ratings_per_item=5
    )


def answered(study: Study, *answers: int | str) -> list[Assignment]:
    return [submit(one_draw(factories.make_rater(study)), answer) for answer in answers]


def one_draw(rater: Rater) -> Assignment:
    (assignment,) = assignments.draw(rater=rater, count=1)
    return assignment


def submit(assignment: Assignment, answer: int | str) -> Assignment:
    score, opt_out = (answer, "") if isinstance(answer, int) else (None, answer)
    assignments.submit_rating(
        assignment=assignment, answer=Answer(uuid.uuid4(), score=score, opt_out=opt_out)
    )
    return assignment


def counts(study: Study) -> tuple[list[int], int]:
    item = study.items.get()
    return item.score_counts, item.n_opt_outs


def test_every_answer_is_counted_where_it_belongs(study: Study) -> None:
    answered(study, 1, 4, 4, "image_too_poor", "word_too_abstract")

    item = study.items.get()
    assert item.score_counts == [1, 0, 0, 2, 0]
    assert (item.count_image_too_poor, item.count_word_too_abstract) == (1, 1)
    assert (item.n_scores, item.n_opt_outs) == (3, 2)
    assert_allclose(item.mean_score, 3.0)
    assert_allclose(item.standard_deviation, 3**0.5)  # (4 + 1 + 1) / 2


def test_mean_and_spread_need_scores(study: Study) -> None:
    item = study.items.get()
    assert (item.mean_score, item.standard_deviation) == (None, None)

    answered(study, 4)

    item.refresh_from_db()
    assert (item.mean_score, item.standard_deviation) == (4.0, None)


def test_a_changed_answer_takes_the_place_of_the_first(study: Study) -> None:
    (assignment,) = answered(study, 2)

    submit(assignment, "image_too_poor")
    submit(assignment, 5)

    assert counts(study) == ([0, 0, 0, 0, 1], 0)
    assert list(assignment.ratings.values_list("revision", "is_current").order_by("pk")) == [
        (0, False),
        (1, False),
        (2, True),
    ]


def test_an_answer_sent_twice_counts_once(study: Study) -> None:
    assignment, answer = one_draw(factories.make_rater(study)), Answer(uuid.uuid4(), score=3)

    for _ in range(2):
        assignments.submit_rating(assignment=assignment, answer=answer)

    assert counts(study) == ([0, 0, 1, 0, 0], 0)


def test_a_late_answer_that_is_taken_back_counts(study: Study) -> None:
    assignment = one_draw(factories.make_rater(study))
    assignments.return_assignments(rater=assignment.rater)

    submit(assignment, 3)

    assert counts(study) == ([0, 0, 1, 0, 0], 0)


def test_a_repeat_does_not_count_and_a_check_of_gold_does(study: Study) -> None:
    rater = factories.make_rater(study)
    item = study.items.get()
    for purpose in (AssignmentPurpose.REPEAT, AssignmentPurpose.GOLD):
        rating = give(item, rater, 3, purpose=purpose)
        rating.assignment.ratings.all().delete()
        tally.recount(items=[item.pk])
        submit(rating.assignment, 2)

    assert counts(study) == ([0, 1, 0, 0, 0], 0)
    tally.recount(items=[item.pk])
    assert counts(study) == ([0, 1, 0, 0, 0], 0)


def test_an_excluded_rater_counts_again_when_included(study: Study, alice: User) -> None:
    first, _ = answered(study, 1, 5)

    quality.exclude(rater=first.rater, user=alice, reason="Told us so.")
    assert counts(study) == ([0, 0, 0, 0, 1], 0)
    # What an excluded rater changes is kept, and not counted either.
    submit(first, 2)
    assert counts(study) == ([0, 0, 0, 0, 1], 0)

    quality.include(rater=first.rater, user=alice)
    assert counts(study) == ([0, 1, 0, 0, 1], 0)


def test_deleted_answers_do_not_count(study: Study) -> None:
    first, _ = answered(study, 1, 5)

    erasure.erase(rater=first.rater)

    assert counts(study) == ([0, 0, 0, 0, 1], 0)


def test_counting_anew_mends_whatever_was_wrong(study: Study) -> None:
    answered(study, 1, 5)
    Item.objects.update(count_1=7, count_image_too_poor=2)

    tally.recount(items=[study.items.get().pk])

    assert counts(study) == ([1, 0, 0, 0, 1], 0)
    assert Rating.objects.count() == 2
