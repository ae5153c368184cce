"""Who rates what. The heart: an item gets exactly the ratings it wants, and no answer is lost.

Two invariants are held by the database and only used here (see `models.rating.Assignment`): a slot
of an item holds one assignment, and a rater holds an item once. `Item.free_slots` counts the slots
nobody holds; `domain.rating.drawing` finds the next item by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Count, F
from django.utils import timezone

from annotator.domain.rating import drawing, tally
from annotator.domain.rating.masks import Rle
from annotator.enums import HOLDING, AssignmentPurpose, AssignmentStatus, StudyStatus
from annotator.errors import AssignmentGone, RatingConflict, StudyNotOpen
from annotator.models import Assignment, Item, Rater, Rating, Study
from annotator.models.rating import AssignmentQuerySet

# What is shown of an item, fetched with it, and no column more: the rows are wide and often read.
_SHOWN = ("item__heat_map__word__prompt", "item__heat_map__generation")
_SHOWN_COLUMNS = (
    "public_id",
    "rater_id",
    "status",
    "trial",
    "item__study_id",
    "item__pos",
    "item__kind",
    "item__position",
    "item__ratings_wanted",
    "item__heat_map__word__text",
    "item__heat_map__word__start",
    "item__heat_map__word__end",
    "item__heat_map__word__pos",
    "item__heat_map__word__prompt__text",
    "item__heat_map__generation__width",
    "item__heat_map__generation__height",
)

# -- raters --------------------------------------------------------------------------------------


def begin_session(*, rater: Rater) -> None:
    """A new sitting: the rater can be given `items_per_session` more."""
    held = rater.assignments.filter(status__in=HOLDING).count()
    Rater.objects.filter(pk=rater.pk).update(session_from=held)


@dataclass(frozen=True)
class Progress:
    """How far a rater is: ratings given, and how many there can be for this rater."""

    done: int
    total: int


def progress(rater: Rater) -> Progress:
    done = rater.assignments.submitted().count()
    return Progress(done, most_items(rater.study))


def most_items(study: Study) -> int:
    """How many items one rater can be shown; it costs the same in a study of any size."""
    return drawing.workload(study)


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
    return assignments.select_related(*_SHOWN).only(*_SHOWN_COLUMNS)


# -- drawing -------------------------------------------------------------------------------------


def draw(*, rater: Rater, count: int, at: datetime | None = None) -> list[Assignment]:
    """Up to `count` open assignments of this rater, oldest first: those held, then new ones.

    Fewer, or none, when the rater is stopped, has reached their share, or no item with a free slot
    is left that they have not had. What is overdue and nobody has taken meanwhile is theirs for
    another while.
    """
    now = at or timezone.now()
    if rater.study.status != StudyStatus.OPEN:
        raise StudyNotOpen
    drawing.fill_up(rater, count, now)
    return list(_shown(rater.assignments.open()).order_by("trial"))[:count]


# -- answers -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """What a rater says of an item, and what they saw.

    Exactly one of `score`, `mask` (COCO's RLE, see `domain.rating.masks`), `seen` (names of things)
    and `opt_out`, by the study's task.
    """

    answer_id: UUID
    score: int | None = None
    mask: Rle | None = None
    seen: list[str] | None = None
    opt_out: str = ""
    painted_at: datetime | None = None
    reaction_ms: int | None = None
    hidden_ms: int = 0
    opacity_initial: float | None = None
    opacity_final: float | None = None
    map_toggles: int = 0
    colour_map: str = ""
    contour_tau: float | None = None
    picture_width: int | None = None
    picture_height: int | None = None
    viewport_width: int | None = None
    viewport_height: int | None = None
    pixel_ratio: float | None = None
    pinch_zoom: float | None = None
    side_by_side: bool | None = None
    language: str = ""
    input_method: str = ""


def submit_rating(*, assignment: Assignment, answer: Answer, at: datetime | None = None) -> Rating:
    """Store an answer once. Sent again, it returns what was stored; changed, it adds a revision.

    A pause does not turn away an answer that is on its way; a closed study takes none.

    Raises `AssignmentGone` where the item has meanwhile been given to somebody else, or the rater
    its word under another condition where they judge each under one,
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
    # First, as everybody locks the rater first; an answer sent twice is counted twice, harmlessly.
    Rater.objects.filter(pk=assignment.rater_id).update(answers_stored=F("answers_stored") + 1)
    waiting = Assignment.objects.open().filter(pk=assignment.pk)
    if waiting.update(status=AssignmentStatus.SUBMITTED):
        return _store(assignment, answer, now)
    found = Assignment.objects.select_for_update().filter(pk=assignment.pk).first()
    if found is None:
        raise AssignmentGone  # the rater has just had their data deleted
    assignment = found
    stored = assignment.ratings.filter(answer_id=answer.answer_id).first()
    if stored is not None:
        return stored
    if assignment.status != AssignmentStatus.SUBMITTED:
        _take_back(assignment)
    earlier = assignment.ratings.filter(is_current=True).first()
    assignment.ratings.filter(is_current=True).update(is_current=False)
    return _store(assignment, answer, now, earlier)


def _store(
    assignment: Assignment, answer: Answer, now: datetime, earlier: Rating | None = None
) -> Rating:
    revision = 0 if earlier is None else earlier.revision + 1
    rating = Rating.objects.create(
        assignment=assignment, revision=revision, submitted_at=now, **vars(answer)
    )
    tally.count(assignment=assignment, given=rating, instead=earlier)
    return rating


def _take_back(assignment: Assignment) -> None:
    """A late answer still counts where nobody took its place: limits are for the others' sake."""
    item = Item.objects.select_for_update(no_key=True).get(pk=assignment.item_id)
    takes_slot = assignment.purpose == AssignmentPurpose.RATING
    if _has_again(assignment, item) or (takes_slot and not item.free_slots):
        raise AssignmentGone
    assignment.status = AssignmentStatus.SUBMITTED
    if takes_slot:
        assignment.slot = drawing.free_slots({item.pk: item.ratings_wanted})[item.pk]
        Item.objects.filter(pk=item.pk).update(free_slots=F("free_slots") - 1)
    assignment.save(update_fields=["slot", "status"])


def _has_again(assignment: Assignment, item: Item) -> bool:
    """Whether its rater was given the same once more: the item, or its word where a rater judges
    each under one condition only."""
    held = Assignment.objects.filter(
        rater=assignment.rater_id, purpose=assignment.purpose, status__in=HOLDING
    )
    to_rate = assignment.purpose == AssignmentPurpose.RATING
    if to_rate and drawing.judges_words_once(item.study):
        return held.filter(item__heat_map__word=item.heat_map.word_id).exists()
    return held.filter(item=item).exists()


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
    if changed and assignment.purpose == AssignmentPurpose.RATING:
        Item.objects.filter(pk=assignment.item_id).update(free_slots=F("free_slots") + 1)
    return bool(changed)
