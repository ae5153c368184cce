"""A rater's data deleted at their own request."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from annotator.domain.export import snapshots
from annotator.domain.rating import tally
from annotator.domain.study_log import log
from annotator.enums import HOLDING, AssignmentPurpose
from annotator.models import Item, Rater, Rating


@dataclass(frozen=True)
class Receipt:
    """What was deleted, under a number that names nobody."""

    number: str
    ratings: int
    at: datetime


@transaction.atomic
def erase(*, rater: Rater) -> Receipt:
    """Delete the rater with ratings, practice, questionnaire and panel identity.

    They go out of snapshots too. Their places go back to the pool, so that every item still gets
    its ratings. The log says that it happened and how much, and not to whom.
    """
    rater = Rater.objects.select_for_update().select_related("study").get(pk=rater.pk)
    items = tally.lock_items_of(rater)
    ratings = Rating.objects.current().filter(assignment__rater=rater).count()
    held = rater.assignments.filter(status__in=HOLDING, purpose=AssignmentPurpose.RATING)
    for item in held.values_list("item_id", flat=True):
        Item.objects.filter(pk=item).update(free_slots=F("free_slots") + 1)
    receipt = Receipt(number=secrets.token_hex(6), ratings=ratings, at=timezone.now())
    log(
        study=rater.study,
        user=None,
        text=f"A rater's data were deleted at their own request. Receipt {receipt.number}",
        ratings=ratings,
    )
    snapshots.strike(study=rater.study, pseudonym=rater.pseudonym)
    rater.delete()
    tally.recount(items=items)
    return receipt
