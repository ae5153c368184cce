"""Which item a rater gets next, and the slot it takes.

Each step of a rater's own order (`rater_order`) names a place in the study's. They get the first
item from there on that has a free slot and that they have not had: one look into an index, whatever
the study's size and however much of it is rated. Gold checks and repeats come in between.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery

from annotator.domain import rater_order
from annotator.enums import HOLDING, AssignmentPurpose, AssignmentStatus, ItemKind
from annotator.models import Assignment, Item, Rater, Study
from annotator.models.item import ItemQuerySet

# What is shown of an item, fetched with it, and no column more: the rows are wide and often read.
SHOWN = ("heat_map__word__prompt", "heat_map__generation")
SHOWN_COLUMNS = (
    "study_id",
    "pos",
    "kind",
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
# How many items lie at least between an item and its repeat, so that it is not just remembered.
REPEAT_AFTER = 10


# -- how much ------------------------------------------------------------------------------------


def share_of(study: Study, size: int | None = None) -> int:
    """How many items one rater may get, checks not counted; one at least, where there are any."""
    size = _size_of(study) if size is None else size
    share = max(1, size * study.rater_share_percent // 100)
    return min(size, share, study.items_per_rater)


def workload(study: Study) -> int:
    """How many items one rater can be shown in all, gold checks and repeats among them."""
    share = share_of(study)
    gold = 0
    if study.gold_percent:
        gold = min(share * study.gold_percent // 100, _gold(study).count())
    repeats = share * study.repeat_percent // 100 if share > REPEAT_AFTER else 0
    return share + gold + repeats


def _size_of(study: Study) -> int:
    """How many items the study's order has: the end of an index, not a count."""
    return _last_places(study).first() or 0


def _last_places(study: Study) -> QuerySet[Item, int]:
    """One past the last place of the order, as a query of at most one row."""
    placed = Item.objects.filter(study=study, position__isnull=False).order_by("-position")
    return placed.values_list(F("position") + 1, flat=True)[:1]


def _gold(study: Study) -> QuerySet[Item]:
    return study.items.filter(kind=ItemKind.GOLD).order_by("pk")


# -- drawing -------------------------------------------------------------------------------------


@transaction.atomic
def draw_new(rater: Rater, count: int, now: datetime) -> list[Assignment]:
    """Up to `count` new assignments of this rater, stored."""
    # The rater's row is locked: two tabs of one rater draw one after the other.
    Rater.objects.select_for_update(no_key=True).values_list("pk").get(pk=rater.pk)
    drawn: list[Assignment] = []
    while len(drawn) < count:
        past = _past(rater)
        if past.session_is_over:
            break
        chosen = _check(past) or _planned(past, may_wait=not drawn)
        if chosen is None:
            break
        item, purpose = chosen
        drawn.append(_give(past, item, purpose, now))
    return drawn


@transaction.atomic
def is_resting(rater: Rater) -> bool:
    """Whether the sitting is over though there is more to give to this rater."""
    past = _past(rater)
    return past.session_is_over and _planned(past, may_wait=False) is not None


@dataclass(frozen=True)
class _Past:
    """What a rater has had. `ever` and `steps` count what was given back too, the rest does not."""

    rater: Rater
    ever: int
    steps: int
    planned: int
    gold: int
    repeats: int
    size: int
    last_picture: int | None
    session_from: int

    @property
    def session_is_over(self) -> bool:
        most = self.rater.study.items_per_session
        held = self.planned + self.gold + self.repeats
        return bool(most) and held >= self.session_from + most


def _past(rater: Rater) -> _Past:
    def held(purpose: AssignmentPurpose) -> Count:
        mine = Q(assignments__purpose=purpose, assignments__status__in=HOLDING)
        return Count("assignments", filter=mine)

    before = Assignment.objects.filter(rater=OuterRef("pk"), status__in=HOLDING)
    last_picture = before.order_by("-trial").values("item__heat_map__generation")[:1]
    (found,) = (
        Rater.objects.filter(pk=rater.pk)
        .values("session_from")
        .annotate(
            ever=Count("assignments"),
            steps=Count("assignments", filter=Q(assignments__purpose=AssignmentPurpose.RATING)),
            planned=held(AssignmentPurpose.RATING),
            gold=held(AssignmentPurpose.GOLD),
            repeats=held(AssignmentPurpose.REPEAT),
            size=Subquery(_last_places(rater.study)),
            last_picture=Subquery(last_picture),
        )
    )
    return _Past(rater=rater, **(found | {"size": found["size"] or 0}))


def _give(past: _Past, item: Item, purpose: AssignmentPurpose, now: datetime) -> Assignment:
    rater = past.rater
    assignment = Assignment(
        item=item,
        rater=rater,
        purpose=purpose,
        trial=past.ever,
        drawn_at=now,
        deadline=deadline(rater, now),
    )
    if purpose == AssignmentPurpose.RATING:
        assignment.slot, assignment.slots = free_slot(item), item.ratings_wanted
        Item.objects.filter(pk=item.pk).update(free_slots=F("free_slots") - 1)
    assignment.save(force_insert=True)
    return assignment


def deadline(rater: Rater, now: datetime) -> datetime:
    return now + timedelta(minutes=rater.study.assignment_minutes)


def free_slot(item: Item) -> int:
    """The lowest slot nobody holds. The item is locked and has one."""
    holding = Assignment.objects.for_rating().filter(item=item, status__in=HOLDING)
    taken = set(holding.values_list("slot", flat=True))
    return next(slot for slot in range(item.ratings_wanted) if slot not in taken)


# -- the plan's items ----------------------------------------------------------------------------


def _planned(past: _Past, *, may_wait: bool) -> tuple[Item, AssignmentPurpose] | None:
    """The first item from the rater's next place on that can be given to them, locked."""
    study = past.rater.study
    if past.planned >= share_of(study, past.size):
        return None
    place = rater_order.place(
        seed=study.seed, rater=past.rater.number, step=past.steps, size=past.size
    )
    for candidates in _in_order_of_preference(past, place, may_wait=may_wait):
        item = candidates.first()
        if item is not None:
            return item, AssignmentPurpose.RATING
    return None


def _in_order_of_preference(past: _Past, place: int, *, may_wait: bool) -> Iterator[QuerySet[Item]]:
    """Another picture than the last before the same again; ahead before going round; free before
    one that somebody is drawing at this moment.

    Such an item is worth waiting for only where there is no other, since they may leave a slot, and
    only for one who has drawn nothing yet: two who wait must not meet.
    """
    possible = _possible(past)
    another = possible.exclude(heat_map__generation=past.last_picture)
    for waits in (False, True) if may_wait else (False,):
        for items in (another, possible):
            locked = items.select_for_update(of=("self",), no_key=True, skip_locked=not waits)
            yield locked.filter(position__gte=place)
            yield locked.filter(position__lt=place)


def _possible(past: _Past) -> ItemQuerySet:
    rater = past.rater
    had = Assignment.objects.for_rating().filter(
        item=OuterRef("pk"), rater=rater, status__in=HOLDING
    )
    possible = Item.objects.needing_ratings().filter(~Exists(had), study=rater.study)
    return shown_items(possible).order_by("position")


def shown_items(items: ItemQuerySet) -> ItemQuerySet:
    """With what is shown of them."""
    return items.select_related(*SHOWN).only(*SHOWN_COLUMNS)


# -- checks in between ---------------------------------------------------------------------------


def _check(past: _Past) -> tuple[Item, AssignmentPurpose] | None:
    """A gold item or a repeat, where one is due and there is one to give."""
    study = past.rater.study
    if _due(past, AssignmentPurpose.GOLD, study.gold_percent) > past.gold:
        item = _choice(past, AssignmentPurpose.GOLD, _new_gold(past))
        if item is not None:
            return item, AssignmentPurpose.GOLD
    if _due(past, AssignmentPurpose.REPEAT, study.repeat_percent) > past.repeats:
        item = _choice(past, AssignmentPurpose.REPEAT, _repeatable(past))
        if item is not None:
            return item, AssignmentPurpose.REPEAT
    return None


def _due(past: _Past, purpose: AssignmentPurpose, percent: int) -> int:
    return rater_order.due(
        seed=past.rater.study.seed,
        rater=past.rater.number,
        purpose=purpose,
        given=past.planned,
        percent=percent,
    )


def _new_gold(past: _Past) -> ItemQuerySet:
    had = Assignment.objects.filter(item=OuterRef("pk"), rater=past.rater, status__in=HOLDING)
    return Item.objects.filter(~Exists(had), study=past.rater.study, kind=ItemKind.GOLD)


def _repeatable(past: _Past) -> ItemQuerySet:
    """What this rater answered some time ago and has not been shown again."""
    mine = Assignment.objects.filter(item=OuterRef("pk"), rater=past.rater, status__in=HOLDING)
    answered = mine.for_rating().filter(
        status=AssignmentStatus.SUBMITTED, trial__lt=past.ever - REPEAT_AFTER
    )
    again = mine.filter(purpose=AssignmentPurpose.REPEAT)
    return Item.objects.filter(Exists(answered), ~Exists(again), study=past.rater.study)


def _choice(past: _Past, purpose: AssignmentPurpose, items: ItemQuerySet) -> Item | None:
    """One of these by the rater's own chance, of another picture than the last."""
    others = items.exclude(heat_map__generation=past.last_picture).order_by("pk")
    keys = list(others.values_list("pk", flat=True))
    if not keys:
        return None
    number = rater_order.chosen(
        seed=past.rater.study.seed,
        rater=past.rater.number,
        purpose=purpose,
        step=past.ever,
        size=len(keys),
    )
    return shown_items(Item.objects.filter(pk=keys[number])).get()
