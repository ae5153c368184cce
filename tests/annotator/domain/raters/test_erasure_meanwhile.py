"""A rater's data are deleted while an answer of theirs is on its way, on two connections."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction

from annotator.domain.raters import erasure
from annotator.domain.rating import assignments
from annotator.domain.rating.assignments import Answer
from annotator.errors import AssignmentGone
from annotator.models import Assignment, Rater, Rating, Study
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
_HELD_SECONDS = 0.3


@pytest.fixture
def study(alice: User) -> Study:
    return factories.make_open_study(alice, prompts=1)


def meanwhile(first: Callable[[], object], second: Callable[[], object]) -> list[BaseException]:
    """`second` begins when `first` has written, and before it commits. What `second` raised."""
    written, errors = threading.Event(), list[BaseException]()

    def later() -> None:
        written.wait(10)
        try:
            second()
        except BaseException as error:  # handed to the test
            errors.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=later)
    thread.start()
    with transaction.atomic():
        first()
        written.set()
        # Long enough for the other to reach the rows that are locked.
        thread.join(_HELD_SECONDS)
    thread.join(20)
    assert not thread.is_alive()
    return errors


def is_as_if_nobody_had_come(study: Study) -> bool:
    rows = Rater.objects.count() + Assignment.objects.count() + Rating.objects.count()
    items = list(study.items.all())
    free = all(item.free_slots == item.ratings_wanted for item in items)
    return rows == 0 and free and not any(any(item.score_counts) for item in items)


def test_an_answer_that_comes_first_is_deleted_too(study: Study) -> None:
    rater = factories.make_rater(study)
    drawn, _next = assignments.draw(rater=rater, count=2)
    answer = Answer(answer_id=uuid.uuid4(), score=4)

    errors = meanwhile(
        lambda: assignments.submit_rating(assignment=drawn, answer=answer),
        lambda: erasure.erase(rater=rater),
    )

    assert errors == []
    assert is_as_if_nobody_had_come(study)


def test_an_answer_that_comes_second_is_told_that_its_place_is_gone(study: Study) -> None:
    rater = factories.make_rater(study)
    (drawn,) = assignments.draw(rater=rater, count=1)
    answer = Answer(answer_id=uuid.uuid4(), score=4)

    errors = meanwhile(
        lambda: erasure.erase(rater=rater),
        lambda: assignments.submit_rating(assignment=drawn, answer=answer),
    )

    assert [type(error) for error in errors] == [AssignmentGone]
    assert is_as_if_nobody_had_come(study)


def test_a_draw_that_comes_second_gets_nothing(study: Study) -> None:
    rater = factories.make_rater(study)
    drawn: list[Assignment] = []

    errors = meanwhile(
        lambda: erasure.erase(rater=rater),
        lambda: drawn.extend(assignments.draw(rater=rater, count=3)),
    )

    assert (errors, drawn) == ([], [])
    assert is_as_if_nobody_had_come(study)
