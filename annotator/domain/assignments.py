"""Who rates what. The heart: an item gets exactly the ratings it wants, and no answer is lost.

Two invariants are held by the database and only used here (see `models.rating.Assignment`): a slot
of an item holds one assignment, and a rater holds an item once. `Item.free_slots` counts the slots
nobody holds, so that the next item is found by one walk along an index.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, F, OuterRef, Q
from django.utils import timezone

from annotator.enums import HOLDING, AssignmentStatus, StudyStatus
from annotator.errors import AssignmentGone, RatingConflict, StudyNotOpen
from annotator.models import Assignment, Invitation, Item, Rater, Rating, Study
from annotator.models.rating import AssignmentQuerySet

# What is shown of an item, fetched with it, and no column more: the rows are wide and often read.
_SHOWN = ("heat_map__word__prompt", "heat_map__generation")
_SHOWN_COLUMNS = (
    "study_id",
    "pos",
    "position",
    "ratings_wanted",
    "heat_map__word__text",
    "heat_map__word__start",
    "heat_map__word__end",
    "heat_map__word__pos",
    "heat_map__word__prompt__text",
    "heat_map__generation__width",
    "heat_map__generation__height",
)
_ASSIGNMENT_COLUMNS = ("public_id", "rater_id", "status", "trial", "deadline")

# -- raters --------------------------------------------------------------------------------------


@transaction.atomic
def join_study(*, invitation: Invitation, consent_text: str, simulated: bool = False) -> Rater:
    """A new rater, who just agreed to `consent_text`, at a random place of the study's order."""
    study = invitation.study
    if study.status != StudyStatus.OPEN:
        raise StudyNotOpen
    return Rater.objects.create(
        study=study,
        invitation=invitation,
        consented_at=timezone.now(),
        consent_text=consent_text,
        next_position=random.randrange(max(1, study.items.count())),  # noqa: S311
        simulated=simulated,
    )


@dataclass(frozen=True)
class Progress:
    """How far a rater is: ratings given, and how many there can be for this rater."""

    done: int
    total: int


def progress(rater: Rater) -> Progress:
    done = rater.assignments.submitted().count()
    return Progress(done, most_items(rater.study))


def most_items(study: Study) -> int:
    """How many items one rater can get; counted no further, so that it costs the same always."""
    return study.items.all()[: study.items_per_rater].count()


def answers_given(rater: Rater) -> dict[str, int]:
    """How many of the rater's current answers are scores (under "") and how many each opt-out."""
    current = Rating.objects.current().filter(assignment__rater=rater)
    return dict(current.values_list("opt_out").annotate(Count("pk")))


def last_answered(*, rater: Rater, before: int) -> Assignment | None:
    """What this rater answered last before their trial `before`, to be looked at again."""
    earlier = rater.assignments.submitted().filter(trial__lt=before)
    return _shown(earlier).order_by("-trial").first()


def _shown(assignments: AssignmentQuerySet) -> AssignmentQuerySet:
    """With what is shown of their items."""
    return assignments.select_related(*(f"item__{path}" for path in _SHOWN)).only(
        *_ASSIGNMENT_COLUMNS, *(f"item__{column}" for column in _SHOWN_COLUMNS)
    )


# -- drawing -------------------------------------------------------------------------------------


def draw(*, rater: Rater, count: int, at: datetime | None = None) -> list[Assignment]:
    """Up to `count` open assignments of this rater, oldest first: those held, then new ones.

    Fewer, or none, when the rater's share is reached or no item with a free slot is left that this
    rater has not had. What is overdue and nobody has taken meanwhile is theirs for another while.
    """
    now = at or timezone.now()
    if rater.study.status != StudyStatus.OPEN:
        raise StudyNotOpen
    held = list(_shown(rater.assignments.open()).order_by("trial"))
    if held and min(assignment.deadline for assignment in held) < now:
        rater.assignments.overdue(now).update(deadline=_deadline(rater, now))
    if len(held) < count:
        held += _draw_new(rater, count - len(held), now)
    return held[:count]


@transaction.atomic
def _draw_new(rater: Rater, count: int, now: datetime) -> list[Assignment]:
    # The rater's row is locked first: two tabs of one rater draw one after the other.
    places = Rater.objects.select_for_update().values_list("next_position", flat=True)
    place = places.get(pk=rater.pk)
    given = rater.assignments.aggregate(
        ever=Count("pk"), held=Count("pk", filter=Q(status__in=HOLDING))
    )
    room = rater.study.items_per_rater - given["held"]
    items = _next_items(rater, place, min(count, room))
    if not items:
        return []
    slots = _free_slots(items)
    drawn = [
        Assignment(
            item=item,
            rater=rater,
            slot=slots[item.pk],
            slots=item.ratings_wanted,
            trial=trial,
            drawn_at=now,
            deadline=_deadline(rater, now),
        )
        for trial, item in enumerate(items, start=given["ever"])
    ]
    Item.objects.filter(pk__in=slots).update(free_slots=F("free_slots") - 1)
    Rater.objects.filter(pk=rater.pk).update(next_position=items[-1].position + 1)
    return Assignment.objects.bulk_create(drawn)


def _deadline(rater: Rater, now: datetime) -> datetime:
    return now + timedelta(minutes=rater.study.assignment_minutes)


def _next_items(rater: Rater, place: int, count: int) -> list[Item]:
    """The next items from `place` on that can be given to this rater, locked; going round once."""
    if count <= 0:
        return []
    had = Assignment.objects.filter(item=OuterRef("pk"), rater=rater, status__in=HOLDING)
    possible = (
        Item.objects.needing_ratings()
        .filter(~Exists(had), study=rater.study)
        .select_related(*_SHOWN)
        .only(*_SHOWN_COLUMNS)
        .order_by("position")
    )
    ahead, behind = possible.filter(position__gte=place), possible.filter(position__lt=place)
    # An item somebody is drawing at this moment is passed over. Only where there is no other do we
    # wait for one, since they may leave a slot; holding none meanwhile: two who wait must not meet.
    items: list[Item] = []
    for places in (ahead, behind):
        if len(items) < count:
            free = places.select_for_update(of=("self",), skip_locked=True)
            items += free[: count - len(items)]
    for places in (ahead, behind):
        if not items:
            items += places.select_for_update(of=("self",))[:1]
    return items


def _free_slots(items: Sequence[Item]) -> dict[int, int]:
    """The lowest slot nobody holds, by item. The items are locked and have one."""
    taken: dict[int, set[int]] = {item.pk: set() for item in items}
    holding = Assignment.objects.filter(item__in=taken, status__in=HOLDING)
    for item, slot in holding.values_list("item", "slot"):
        taken[item].add(slot)
    return {
        item.pk: next(slot for slot in range(item.ratings_wanted) if slot not in taken[item.pk])
        for item in items
    }


# -- answers -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """What a rater says of an item, and what they saw. Exactly one of `score` and `opt_out`."""

    answer_id: UUID
    score: int | None = None
    opt_out: str = ""
    painted_at: datetime | None = None
    reaction_ms: int | None = None
    hidden_ms: int = 0
    opacity_initial: float | None = None
    opacity_final: float | None = None
    map_toggles: int = 0
    colour_map: str = ""
    input_method: str = ""


def submit_rating(*, assignment: Assignment, answer: Answer, at: datetime | None = None) -> Rating:
    """Store an answer once. Sent again, it returns what was stored; changed, it adds a revision.

    A pause does not turn away an answer that is on its way; a closed study takes none.

    Raises `AssignmentGone` where the item has meanwhile been given to somebody else,
    `RatingConflict` where the answer's id already names an answer to another item,
    `StudyNotOpen` where the study is closed.
    """
    if assignment.rater.study.status == StudyStatus.CLOSED:
        raise StudyNotOpen
    try:
        return _submit(assignment, answer, at or timezone.now())
    except IntegrityError:
        elsewhere = Rating.objects.exclude(assignment=assignment)
        if elsewhere.filter(answer_id=answer.answer_id).exists():
            raise RatingConflict from None
        raise


@transaction.atomic
def _submit(assignment: Assignment, answer: Answer, now: datetime) -> Rating:
    waiting = Assignment.objects.open().filter(pk=assignment.pk)
    if waiting.update(status=AssignmentStatus.SUBMITTED):
        return _store(assignment, answer, 0, now)
    assignment = Assignment.objects.select_for_update().get(pk=assignment.pk)
    stored = assignment.ratings.filter(answer_id=answer.answer_id).first()
    if stored is not None:
        return stored
    if assignment.status != AssignmentStatus.SUBMITTED:
        _take_back(assignment)
    assignment.ratings.filter(is_current=True).update(is_current=False)
    return _store(assignment, answer, assignment.ratings.count(), now)


def _store(assignment: Assignment, answer: Answer, revision: int, now: datetime) -> Rating:
    return Rating.objects.create(
        assignment=assignment, revision=revision, submitted_at=now, **vars(answer)
    )


def _take_back(assignment: Assignment) -> None:
    """A late answer still counts where nobody took its place: limits are for the others' sake."""
    item = Item.objects.select_for_update().get(pk=assignment.item_id)
    held_again = item.assignments.filter(rater=assignment.rater_id, status__in=HOLDING).exists()
    if not item.free_slots or held_again:
        raise AssignmentGone
    assignment.slot = _free_slots([item])[item.pk]
    assignment.status = AssignmentStatus.SUBMITTED
    assignment.save(update_fields=["slot", "status"])
    Item.objects.filter(pk=item.pk).update(free_slots=F("free_slots") - 1)


# -- giving back ---------------------------------------------------------------------------------


def return_assignments(*, rater: Rater) -> int:
    """What a rater who leaves has not answered goes back to the others."""
    return _release(list(rater.assignments.open()), AssignmentStatus.RETURNED)


def expire_assignments(*, at: datetime | None = None, study: Study | None = None) -> int:
    """What is overdue goes back to the others. Returns how many did."""
    overdue = Assignment.objects.overdue(at or timezone.now())
    if study is not None:
        overdue = overdue.filter(item__study=study)
    return _release(list(overdue[:5000]), AssignmentStatus.EXPIRED)


def _release(assignments: Sequence[Assignment], status: AssignmentStatus) -> int:
    return sum(_release_one(assignment, status) for assignment in assignments)


@transaction.atomic
def _release_one(assignment: Assignment, status: AssignmentStatus) -> bool:
    # Conditional: an answer that arrived in the meantime wins.
    changed = Assignment.objects.filter(pk=assignment.pk, status=AssignmentStatus.OPEN).update(
        status=status
    )
    if changed:
        Item.objects.filter(pk=assignment.item_id).update(free_slots=F("free_slots") + 1)
    return bool(changed)
