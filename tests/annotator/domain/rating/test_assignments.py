import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from annotator.domain.design import studies
from annotator.domain.rating import assignments
from annotator.domain.rating.assignments import Answer
from annotator.enums import HOLDING, AssignmentStatus, StudyStatus
from annotator.errors import AssignmentGone, RatingConflict, StudyNotOpen
from annotator.models import Assignment, Item, Rater, Rating, Study
from tests import factories


@pytest.fixture
def study(alice: User) -> Study:
    """Twelve items (three parts of speech, four pictures), two ratings each."""
    return factories.make_open_study(alice)


def answer(score: int | None = 4, **fields: object) -> Answer:
    return Answer(answer_id=uuid.uuid4(), score=score, **fields)  # type: ignore[arg-type]


def draw_one(rater: Rater) -> Assignment:
    (assignment,) = assignments.draw(rater=rater, count=1)
    return assignment


def expire(assignment: Assignment) -> None:
    late = assignment.deadline + timedelta(seconds=1)
    assert assignments.expire_assignments(at=late) == 1
    assignment.refresh_from_db()


def fill(item: Item, raters: int) -> None:
    """Have other people take every slot of one item."""
    elsewhere = item.study.items.exclude(pk=item.pk)
    free = dict(elsewhere.values_list("pk", "free_slots"))
    elsewhere.update(free_slots=0)
    for _ in range(raters):
        assert draw_one(factories.make_rater(item.study)).item_id == item.pk
    for key, slots in free.items():
        Item.objects.filter(pk=key).update(free_slots=slots)


# -- drawing -------------------------------------------------------------------------------------


def test_a_draw_takes_a_slot(study: Study) -> None:
    assignment = draw_one(factories.make_rater(study))

    assignment.item.refresh_from_db()
    assert (assignment.slot, assignment.slots) == (0, study.ratings_per_item)
    assert assignment.item.free_slots == study.ratings_per_item - 1


def test_what_is_held_is_given_again_before_anything_new(study: Study) -> None:
    rater = factories.make_rater(study)
    first = assignments.draw(rater=rater, count=3)

    again = assignments.draw(rater=rater, count=3)

    assert [a.pk for a in again] == [a.pk for a in first]
    assert Assignment.objects.count() == 3


def test_a_rater_gets_every_item_once(study: Study) -> None:
    rater = factories.make_rater(study)

    drawn = assignments.draw(rater=rater, count=50)

    assert sorted(a.item.position for a in drawn) == list(range(12))
    assert assignments.draw(rater=rater, count=50) == drawn


def test_nobody_gets_more_than_their_share(study: Study) -> None:
    Study.objects.filter(pk=study.pk).update(items_per_rater=5)
    rater = factories.make_rater(Study.objects.get(pk=study.pk))

    factories.rate(rater, count=3)

    assert len(assignments.draw(rater=rater, count=50)) == 2


def test_an_item_is_given_to_as_many_raters_as_it_wants_ratings(study: Study) -> None:
    raters = [factories.make_rater(study) for _ in range(3)]

    drawn = [len(assignments.draw(rater=rater, count=50)) for rater in raters]

    assert drawn == [12, 12, 0]
    assert set(study.items.values_list("free_slots", flat=True)) == {0}


@pytest.mark.parametrize("status", [StudyStatus.PAUSED, StudyStatus.CLOSED])
def test_a_study_that_is_not_open_gives_nothing(study: Study, status: StudyStatus) -> None:
    rater = factories.make_rater(study)
    Study.objects.filter(pk=study.pk).update(status=status)
    rater = Rater.objects.select_related("study").get(pk=rater.pk)

    with pytest.raises(StudyNotOpen):
        assignments.draw(rater=rater, count=1)


def test_nobody_joins_a_study_that_is_not_open(study: Study, alice: User) -> None:
    studies.pause_study(study=study, user=alice)

    with pytest.raises(StudyNotOpen):
        factories.make_rater(Study.objects.get(pk=study.pk))


# -- answers -------------------------------------------------------------------------------------


def test_an_answer_is_stored_and_ends_the_assignment(study: Study) -> None:
    assignment = draw_one(factories.make_rater(study))

    rating = assignments.submit_rating(assignment=assignment, answer=answer(5, reaction_ms=900))

    assignment.refresh_from_db()
    assert assignment.status == AssignmentStatus.SUBMITTED
    assert (rating.score, rating.opt_out, rating.reaction_ms, rating.revision) == (5, "", 900, 0)


def test_the_same_answer_sent_again_is_stored_once(study: Study) -> None:
    assignment = draw_one(factories.make_rater(study))
    sent = answer(2)

    first = assignments.submit_rating(assignment=assignment, answer=sent)
    second = assignments.submit_rating(assignment=assignment, answer=sent)

    assert first.pk == second.pk
    assert Rating.objects.count() == 1


def test_an_answer_number_used_for_another_item_is_refused(study: Study) -> None:
    rater = factories.make_rater(study)
    one, other = assignments.draw(rater=rater, count=2)
    sent = answer(2)
    assignments.submit_rating(assignment=one, answer=sent)

    with pytest.raises(RatingConflict):
        assignments.submit_rating(assignment=other, answer=sent)


def test_a_changed_answer_is_a_revision_and_the_first_is_kept(study: Study) -> None:
    assignment = draw_one(factories.make_rater(study))
    assignments.submit_rating(assignment=assignment, answer=answer(1))

    assignments.submit_rating(
        assignment=assignment, answer=answer(None, opt_out="word_too_abstract")
    )

    history = assignment.ratings.order_by("revision")
    assert [(r.revision, r.score, r.opt_out, r.is_current) for r in history] == [
        (0, 1, "", False),
        (1, None, "word_too_abstract", True),
    ]


@pytest.mark.parametrize(
    ("score", "opt_out"), [(0, ""), (6, ""), (None, ""), (3, "image_too_poor")]
)
def test_the_database_refuses_what_is_no_answer(
    study: Study, score: int | None, opt_out: str
) -> None:
    assignment = draw_one(factories.make_rater(study))

    with pytest.raises(IntegrityError), transaction.atomic():
        assignments.submit_rating(assignment=assignment, answer=answer(score, opt_out=opt_out))

    assignment.refresh_from_db()
    assert assignment.status == AssignmentStatus.OPEN


# -- giving back ---------------------------------------------------------------------------------


def test_an_overdue_item_goes_back_to_the_others(study: Study) -> None:
    assignment = draw_one(factories.make_rater(study))

    expire(assignment)

    assignment.item.refresh_from_db()
    assert assignment.status == AssignmentStatus.EXPIRED
    assert assignment.item.free_slots == study.ratings_per_item


def test_a_rater_who_leaves_gives_back_what_is_open_and_keeps_what_is_rated(study: Study) -> None:
    rater = factories.make_rater(study)
    factories.rate(rater, count=2)
    assignments.draw(rater=rater, count=4)

    assert assignments.return_assignments(rater=rater) == 4

    counts = {
        status: rater.assignments.filter(status=status).count() for status in AssignmentStatus
    }
    assert counts == {"open": 0, "submitted": 2, "returned": 4, "expired": 0}


def test_a_late_answer_counts_where_nobody_took_the_place(study: Study) -> None:
    assignment = draw_one(factories.make_rater(study))
    expire(assignment)

    rating = assignments.submit_rating(assignment=assignment, answer=answer(3))

    assignment.item.refresh_from_db()
    assert rating.assignment.status == AssignmentStatus.SUBMITTED
    assert assignment.item.free_slots == study.ratings_per_item - 1


def test_a_late_answer_is_refused_where_others_took_every_place(study: Study) -> None:
    assignment = draw_one(factories.make_rater(study))
    expire(assignment)
    fill(assignment.item, raters=study.ratings_per_item)

    with pytest.raises(AssignmentGone):
        assignments.submit_rating(assignment=assignment, answer=answer(3))

    assert not assignment.ratings.exists()


def test_expiry_leaves_an_answer_that_arrived_first(study: Study) -> None:
    assignment = draw_one(factories.make_rater(study))
    assignments.submit_rating(assignment=assignment, answer=answer(3))

    assert assignments.expire_assignments(at=timezone.now() + timedelta(days=1)) == 0


# -- what the database holds ---------------------------------------------------------------------


def test_the_database_refuses_a_second_holder_of_a_slot(study: Study) -> None:
    taken = draw_one(factories.make_rater(study))
    other = factories.make_rater(study)

    with pytest.raises(IntegrityError), transaction.atomic():
        Assignment.objects.create(
            item=taken.item,
            rater=other,
            slot=taken.slot,
            slots=taken.slots,
            trial=0,
            drawn_at=timezone.now(),
            deadline=timezone.now(),
        )


def test_the_database_refuses_a_slot_beyond_the_last(study: Study) -> None:
    taken = draw_one(factories.make_rater(study))

    with pytest.raises(IntegrityError), transaction.atomic():
        Assignment.objects.filter(pk=taken.pk).update(slot=taken.slots)


def test_the_database_refuses_an_item_twice_for_one_rater(study: Study) -> None:
    taken = draw_one(factories.make_rater(study))

    with pytest.raises(IntegrityError), transaction.atomic():
        Assignment.objects.create(
            item=taken.item,
            rater=taken.rater,
            slot=taken.slot + 1,
            slots=taken.slots,
            trial=1,
            drawn_at=timezone.now(),
            deadline=timezone.now(),
        )


def test_free_slots_count_what_nobody_holds(study: Study) -> None:
    raters = [factories.make_rater(study) for _ in range(3)]
    for rater, count in zip(raters, (5, 3, 7), strict=True):
        assignments.draw(rater=rater, count=count)
    assignments.return_assignments(rater=raters[1])
    factories.rate(raters[0], count=2)

    for item in study.items.all():
        held = item.assignments.filter(status__in=HOLDING).count()
        assert item.free_slots == item.ratings_wanted - held
