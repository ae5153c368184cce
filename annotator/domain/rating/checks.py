"""Gold checks and repeats, given between the items of the plan. They take no slot."""

from __future__ import annotations

from django.db.models import Exists, OuterRef

from annotator.domain.rating import rater_order
from annotator.domain.rating.rater_past import Choice, Past
from annotator.enums import HOLDING, AssignmentPurpose, AssignmentStatus, ItemKind
from annotator.models import Assignment, Item
from annotator.models.item import ItemQuerySet

# How many items lie at least between an item and its repeat, so that it is not just remembered.
REPEAT_AFTER = 10


def next_check(past: Past) -> Choice | None:
    """A gold item or a repeat, where one is due and there is one to give."""
    study = past.rater.study
    if _due(past, AssignmentPurpose.GOLD, study.gold_percent) > past.gold:
        found = _choice(past, AssignmentPurpose.GOLD, _new_gold(past))
        if found is not None:
            return found
    if _due(past, AssignmentPurpose.REPEAT, study.repeat_percent) > past.repeats:
        return _choice(past, AssignmentPurpose.REPEAT, _repeatable(past))
    return None


def _due(past: Past, purpose: AssignmentPurpose, percent: int) -> int:
    return rater_order.due(
        seed=past.rater.study.seed,
        rater=past.rater.number,
        purpose=purpose,
        given=past.planned,
        percent=percent,
    )


def _new_gold(past: Past) -> ItemQuerySet:
    had = Assignment.objects.filter(item=OuterRef("pk"), rater=past.rater, status__in=HOLDING)
    return Item.objects.filter(~Exists(had), study=past.rater.study, kind=ItemKind.GOLD)


def _repeatable(past: Past) -> ItemQuerySet:
    """What this rater answered some time ago and has not been shown again."""
    mine = Assignment.objects.filter(item=OuterRef("pk"), rater=past.rater, status__in=HOLDING)
    answered = mine.for_rating().filter(
        status=AssignmentStatus.SUBMITTED, trial__lt=past.ever - REPEAT_AFTER
    )
    again = mine.filter(purpose=AssignmentPurpose.REPEAT)
    return Item.objects.filter(Exists(answered), ~Exists(again), study=past.rater.study)


def _choice(past: Past, purpose: AssignmentPurpose, items: ItemQuerySet) -> Choice | None:
    """One of these by the rater's own chance, of another picture than the last."""
    others = items.exclude(heat_map__generation=past.last_picture).exclude(pk__in=past.chosen)
    found = list(others.order_by("pk").values_list("pk", "heat_map__generation"))
    if not found:
        return None
    number = rater_order.chosen(
        seed=past.rater.study.seed,
        rater=past.rater.number,
        purpose=purpose,
        step=past.ever,
        size=len(found),
    )
    return Choice(*found[number], purpose)
