"""How often each answer was given to an item, kept on the item in the transaction of the rating.

A list of a third of a million items cannot be sorted by its ratings while somebody waits, unless an
index has them in order; and a table filled in the background would be late and need a worker. What
counts: current answers of raters who are not excluded. Repeats are the rater's own and do not.

Everybody locks in one order: a rater, their assignments, items by their keys.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable

from django.db import transaction
from django.db.models import Count, Exists, F, Q

from annotator.enums import AssignmentPurpose, OptOut
from annotator.models import Assignment, Item, Rater, Rating
from annotator.models.study import SCORES

COLUMNS = tuple(f"count_{answer}" for answer in (*SCORES, *OptOut.values))

# SQLite takes some thousand values in a query.
_AT_ONCE = 200


def count(*, assignment: Assignment, given: Rating, instead: Rating | None = None) -> None:
    """Count an answer, in the place of an earlier one of the same assignment.

    The last statement of its transaction: the item is locked from here to the end.
    """
    if assignment.purpose == AssignmentPurpose.REPEAT:
        return
    changes = Counter(_columns(given))
    if instead is not None:
        changes.subtract(_columns(instead))
    if not any(changes.values()):
        return
    # Asked for in this very statement: an exclusion may have been waited for.
    included = Rater.objects.filter(pk=assignment.rater_id, excluded_at=None)
    Item.objects.filter(Exists(included), pk=assignment.item_id).update(
        **{column: F(column) + change for column, change in changes.items() if change}
    )


def lock_items_of(rater: Rater) -> list[int]:
    """The keys of all items this rater was given. The rater is locked; now all of these are too."""
    given = rater.assignments.select_for_update().order_by("pk").values_list("item_id", flat=True)
    keys = sorted(set(given))
    _lock(keys)
    return keys


@transaction.atomic
def recount(*, items: Iterable[int]) -> None:
    """Count these items' answers anew: whenever more changed than one answer by its rater."""
    keys = sorted(items)
    for start in range(0, len(keys), _AT_ONCE):
        _recount(keys[start : start + _AT_ONCE])


def _recount(keys: Collection[int]) -> None:
    # Locked first: what is counted afterwards is all that was ever counted one by one.
    _lock(keys)
    counted = (
        Rating.objects.current()
        .of_included_raters()
        .exclude(assignment__purpose=AssignmentPurpose.REPEAT)
        .filter(Q(score__isnull=False) | ~Q(opt_out=""), assignment__item__in=keys)
        .order_by()
        .values_list("assignment__item", "score", "opt_out")
        .annotate(Count("pk"))
    )
    counts: dict[int, dict[str, int]] = defaultdict(lambda: dict.fromkeys(COLUMNS, 0))
    for item, score, opt_out, n in counted:
        counts[item][_column(score, opt_out)] = n
    changed = [Item(pk=key, **counts[key]) for key in keys]
    Item.objects.bulk_update(changed, COLUMNS)


def _lock(keys: Collection[int]) -> None:
    items = Item.objects.filter(pk__in=keys).order_by("pk")
    list(items.select_for_update(no_key=True).values_list("pk", flat=True))


def _columns(rating: Rating) -> list[str]:
    """None where the answer is a mask or what was seen: these have no few kinds to count."""
    if rating.score is None and not rating.opt_out:
        return []
    return [_column(rating.score, rating.opt_out)]


def _column(score: int | None, opt_out: str) -> str:
    return f"count_{opt_out if score is None else score}"
