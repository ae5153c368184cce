"""Which item a rater gets next, and the slot it takes.

Each step of a rater's own order (`rater_order`) names a place in the study's. They get the first
item from there on that has a free slot and that they have not had: one look into an index, whatever
the study's size and however much of it is rated. Gold checks and repeats come in between.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from annotator.domain.rating import rater_order
from annotator.domain.rating.checks import REPEAT_AFTER, next_check
from annotator.domain.rating.rater_past import Choice, Past, last_places, past_of
from annotator.enums import HOLDING, AssignmentPurpose, ItemKind
from annotator.models import Assignment, Item, Rater, Study
from annotator.models.item import ItemQuerySet
from annotator.models.rating import AssignmentQuerySet

# -- how much ------------------------------------------------------------------------------------


def share_of(study: Study, size: int | None = None) -> int:
    """How many items one rater may get, checks not counted; one at least, where there are any."""
    size = _size_of(study) if size is None else size
    share = max(1, size * study.rater_share_percent // 100)
    if judges_words_once(study):
        size = -(-size // len(study.conditions))
    return min(size, share, study.items_per_rater)


def judges_words_once(study: Study) -> bool:
    """Whether a rater who had a word under one condition gets it under no other: two maps of one
    word side by side in memory would tell that something is compared, and be judged against each
    other."""
    return bool(study.conditions) and not study.within_raters


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
    return last_places(study).first() or 0


def _gold(study: Study) -> QuerySet[Item]:
    return study.items.filter(kind=ItemKind.GOLD).order_by("pk")


# -- drawing -------------------------------------------------------------------------------------


@transaction.atomic
def fill_up(rater: Rater, count: int, now: datetime) -> None:
    """Let this rater hold `count` open assignments, or as many as there are for them.

    What is overdue and nobody has taken meanwhile is theirs for another while.
    """
    # The rater's row is locked: two tabs of one rater draw one after the other.
    mine = Rater.objects.select_for_update(no_key=True).values_list("stopped", flat=True)
    # One who has just had their data deleted is there no more.
    if mine.filter(pk=rater.pk).first() != "":
        return
    past = past_of(rater, now)
    if past.overdue:
        rater.assignments.overdue(now).update(deadline=deadline(rater, now))
    chosen = _choose(past, count - past.open) if count > past.open else []
    if chosen:
        _store(rater, chosen, first=past.ever, now=now)


def _choose(past: Past, count: int) -> list[Choice]:
    ready = _at_places(past, count)
    chosen: list[Choice] = []
    while len(chosen) < count and not past.session_is_over:
        found = next_check(past) or _planned(past, ready, may_wait=not chosen)
        if found is None:
            break
        chosen.append(found)
        past = past.with_one_more(found)
    return chosen


@transaction.atomic
def is_resting(rater: Rater) -> bool:
    """Whether the sitting is over though there is more to give to this rater."""
    past = past_of(rater, timezone.now())
    return past.session_is_over and _planned(past, {}, may_wait=False) is not None


def _store(rater: Rater, chosen: Sequence[Choice], *, first: int, now: datetime) -> None:
    wanted = {choice.item: choice.slots for choice in chosen if choice.slots}
    slots = free_slots(wanted)
    Item.objects.filter(pk__in=slots).update(free_slots=F("free_slots") - 1)
    Assignment.objects.bulk_create(
        Assignment(
            item_id=choice.item,
            rater=rater,
            purpose=choice.purpose,
            slot=slots[choice.item] if choice.slots else None,
            slots=choice.slots,
            trial=trial,
            drawn_at=now,
            deadline=deadline(rater, now),
        )
        for trial, choice in enumerate(chosen, start=first)
    )


def deadline(rater: Rater, now: datetime) -> datetime:
    return now + timedelta(minutes=rater.study.assignment_minutes)


def free_slots(wanted: Mapping[int, int]) -> dict[int, int]:
    """The lowest slot nobody holds, by item, given how many each has. They are locked, and have
    one."""
    taken: dict[int, set[int | None]] = {item: set() for item in wanted}
    holding = Assignment.objects.for_rating().filter(item__in=taken, status__in=HOLDING)
    for item, slot in holding.values_list("item", "slot"):
        taken[item].add(slot)
    return {
        item: next(slot for slot in range(count) if slot not in taken[item])
        for item, count in wanted.items()
    }


# -- the plan's items ----------------------------------------------------------------------------


def _at_places(past: Past, count: int) -> dict[int, Item]:
    """The items at the very places of the rater's next steps, where they can be given, by place.

    All at once, because while few items have all their ratings nearly every step ends here. They
    are locked, and those that are not used are free again in a moment.
    """
    steps = range(past.steps, past.steps + count) if past.size else range(0)
    places = {_place(past, step) for step in steps}
    items = _lock(_possible(past), waits=False).filter(position__in=places)
    return {item.position: item for item in items if item.position is not None} if places else {}


def _place(past: Past, step: int) -> int:
    study, number = past.rater.study, past.rater.number
    return rater_order.place(seed=study.seed, rater=number, step=step, size=past.size)


def _lock(items: ItemQuerySet, *, waits: bool) -> ItemQuerySet:
    return items.select_for_update(of=("self",), no_key=True, skip_locked=not waits)


def _planned(past: Past, ready: Mapping[int, Item], *, may_wait: bool) -> Choice | None:
    """The first item from the rater's next place on that can be given to them, locked."""
    if past.planned >= share_of(past.rater.study, past.size):
        return None
    place = _place(past, past.steps)
    item = ready.get(place)
    if item is not None and _suits(past, item):
        return _to_rate(item)
    for candidates in _in_order_of_preference(past, place, may_wait=may_wait):
        item = candidates.first()
        if item is not None:
            return _to_rate(item)
    return None


def _to_rate(item: Item) -> Choice:
    picture, slots = item.heat_map.generation_id, item.ratings_wanted
    return Choice(
        item.pk, picture, AssignmentPurpose.RATING, slots=slots, word=item.heat_map.word_id
    )


def _suits(past: Past, item: Item) -> bool:
    if judges_words_once(past.rater.study) and item.heat_map.word_id in past.words:
        return False
    return item.pk not in past.chosen and item.heat_map.generation_id != past.last_picture


def _in_order_of_preference(past: Past, place: int, *, may_wait: bool) -> Iterator[QuerySet[Item]]:
    """Another picture than the last before the same again; ahead before going round; free before
    one that somebody is drawing at this moment.

    Such an item is worth waiting for only where there is no other, since they may leave a slot, and
    only for one who has drawn nothing yet: two who wait must not meet.
    """
    possible = _possible(past)
    another = possible.exclude(heat_map__generation=past.last_picture)
    for waits in (False, True) if may_wait else (False,):
        for items in (another, possible):
            locked = _lock(items, waits=waits)
            yield locked.filter(position__gte=place)
            yield locked.filter(position__lt=place)


def _possible(past: Past) -> ItemQuerySet:
    rater = past.rater
    once = judges_words_once(rater.study)
    had = _had_word(rater) if once else _held(rater).filter(item=OuterRef("pk"))
    possible = Item.objects.needing_ratings().filter(~Exists(had), study=rater.study)
    if past.chosen:
        possible = possible.exclude(pk__in=past.chosen)
    if once and past.words:
        possible = possible.exclude(heat_map__word__in=past.words)
    # Little is read here and the rest of all of them at once: the rows are wide.
    columns = ("position", "ratings_wanted", "heat_map__generation_id", "heat_map__word_id")
    return possible.select_related("heat_map").only(*columns).order_by("position")


def _held(rater: Rater) -> AssignmentQuerySet:
    return Assignment.objects.for_rating().filter(rater=rater, status__in=HOLDING)


def _had_word(rater: Rater) -> AssignmentQuerySet:
    """What keeps an item's word from this rater: that they hold it, or were ever shown it under
    another condition. What ran out or was given back has been seen all the same."""
    other = ~Q(item__condition=OuterRef("condition"))
    mine = Assignment.objects.for_rating().filter(rater=rater)
    word = mine.filter(item__heat_map__word=OuterRef("heat_map__word"))
    return word.filter(Q(status__in=HOLDING) | other)
