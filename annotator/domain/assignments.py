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

from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef
from django.utils import timezone

from annotator.enums import HOLDING, AssignmentStatus, StudyStatus
from annotator.errors import AssignmentGone, RatingConflict, StudyNotOpen
from annotator.models import Assignment, Invitation, Item, Rater, Rating, Study

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
    """How many items one rater can get; counted no further, so that it costs the same at any size."""
    return study.items.all()[: study.items_per_rater].count()


def answers_given(rater: Rater) -> dict[str, int]:
    """How many of the rater's current answers are scores (under "") and how many each opt-out."""
    current = Rating.objects.current().filter(assignment__rater=rater)
    return dict(current.values_list("opt_out").annotate(Count("pk")))


def last_answered(*, rater: Rater, before: int) -> Assignment | None:
    """What this rater answered last before their trial `before`, to be looked at again."""
    return (
        rater.assignments.submitted()
        .filter(trial__lt=before)
        .select_related("item__heat_map__word__prompt", "item__heat_map__generation")
        .prefetch_related("ratings")
        .order_by("-trial")
        .first()
    )


# -- drawing -------------------------------------------------------------------------------------


def draw(*, rater: Rater, count: int, at: datetime | None = None) -> list[Assignment]:
    """Up to `count` open assignments of this rater, oldest first: those held, then new ones.

    Fewer, or none, when the rater's share is reached or no item with a free slot is left that this
    rater has not had. Each new one is its own transaction: what was drawn stays drawn.
    """
    now = at or timezone.now()
    if rater.study.status != StudyStatus.OPEN:
        raise StudyNotOpen
    held = list(
        rater.assignments.open()
        .filter(deadline__gte=now)
        .select_related("item__heat_map__word__prompt", "item__heat_map__generation")
        .order_by("trial")
    )
    room = rater.study.items_per_rater - rater.assignments.filter(status__in=HOLDING).count()
    for _ in range(min(count - len(held), room)):
        assignment = _draw_one(rater, now)
        if assignment is None:
            break
        held.append(assignment)
    return held[:count]


@transaction.atomic
def _draw_one(rater: Rater, now: datetime) -> Assignment | None:
    # The rater's row is locked first: two tabs of one rater draw one after the other.
    rater = Rater.objects.select_for_update().select_related("study").get(pk=rater.pk)
    item = _next_item(rater)
    if item is None:
        return None
    held = set(item.assignments.filter(status__in=HOLDING).values_list("slot", flat=True))
    assignment = Assignment.objects.create(
        item=item,
        rater=rater,
        slot=next(slot for slot in range(item.ratings_wanted) if slot not in held),
        slots=item.ratings_wanted,
        trial=rater.assignments.count(),
        drawn_at=now,
        deadline=now + timedelta(minutes=rater.study.assignment_minutes),
    )
    Item.objects.filter(pk=item.pk).update(free_slots=F("free_slots") - 1)
    Rater.objects.filter(pk=rater.pk).update(next_position=item.position + 1)
    return assignment


def _next_item(rater: Rater) -> Item | None:
    """The first item at or after the rater's place that can be given to them, going round once."""
    had = Assignment.objects.filter(item=OuterRef("pk"), rater=rater, status__in=HOLDING)
    possible = (
        Item.objects.needing_ratings()
        .filter(~Exists(had), study=rater.study)
        .select_related("heat_map__word__prompt", "heat_map__generation")
        .order_by("position")
    )
    ahead = possible.filter(position__gte=rater.next_position)
    behind = possible.filter(position__lt=rater.next_position)
    # An item somebody is drawing at this moment is passed over; only where there is no other do we
    # wait for them, since they may leave a slot.
    for skip_locked in (True, False):
        for places in (ahead, behind):
            item = places.select_for_update(of=("self",), skip_locked=skip_locked).first()
            if item is not None:
                return item
    return None


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


@transaction.atomic
def submit_rating(*, assignment: Assignment, answer: Answer, at: datetime | None = None) -> Rating:
    """Store an answer once. Sent again, it returns what was stored; changed, it adds a revision.

    A pause does not turn away an answer that is on its way; a closed study takes none.

    Raises `AssignmentGone` where the item has meanwhile been given to somebody else,
    `RatingConflict` where the answer's id already names an answer to another item,
    `StudyNotOpen` where the study is closed.
    """
    stored = Rating.objects.filter(answer_id=answer.answer_id).first()
    if stored is not None:
        if stored.assignment_id != assignment.pk:
            raise RatingConflict
        return stored
    if assignment.rater.study.status == StudyStatus.CLOSED:
        raise StudyNotOpen
    assignment = Assignment.objects.select_for_update().get(pk=assignment.pk)
    if assignment.status == AssignmentStatus.OPEN:
        assignment.status = AssignmentStatus.SUBMITTED
        assignment.save(update_fields=["status"])
    elif assignment.status != AssignmentStatus.SUBMITTED:
        assignment = _take_back(assignment)
    earlier = assignment.ratings.filter(is_current=True).first()
    if earlier is not None:
        assignment.ratings.filter(is_current=True).update(is_current=False)
    return Rating.objects.create(
        assignment=assignment,
        revision=0 if earlier is None else earlier.revision + 1,
        submitted_at=at or timezone.now(),
        **vars(answer),
    )


def _take_back(assignment: Assignment) -> Assignment:
    """A late answer still counts where nobody took its place: limits are for the others' sake."""
    item = Item.objects.select_for_update().get(pk=assignment.item_id)
    held_again = item.assignments.filter(rater=assignment.rater_id, status__in=HOLDING).exists()
    if not item.free_slots or held_again:
        raise AssignmentGone
    held = set(item.assignments.filter(status__in=HOLDING).values_list("slot", flat=True))
    assignment.slot = next(slot for slot in range(item.ratings_wanted) if slot not in held)
    assignment.status = AssignmentStatus.SUBMITTED
    assignment.save(update_fields=["slot", "status"])
    Item.objects.filter(pk=item.pk).update(free_slots=F("free_slots") - 1)
    return assignment


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
