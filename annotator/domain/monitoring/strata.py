"""What a study wants and has, by part of speech and kind of map, counted on its items.

Not on the ratings: an item's slots and tally say the same, and are a third as many rows without a
join (ADR 9).
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Sum

from annotator.enums import ItemKind, PartOfSpeech
from annotator.models import Assignment, Study


@dataclass(frozen=True)
class Stratum:
    """The items of one part of speech and kind: `given` of their `wanted` ratings are there.

    `n_scores` and `n_opt_outs` are what `domain.tally` counts: of raters who are not excluded.
    """

    pos: PartOfSpeech
    kind: ItemKind
    items: int
    wanted: int
    given: int
    n_scores: int
    n_opt_outs: int

    @property
    def name(self) -> str:
        """Of the part of speech."""
        return str(self.pos.label)


def strata(*, study: Study) -> list[Stratum]:
    """One per part of speech and kind that has items, in no order. Two queries."""
    # Found by their raters, whose index knows which are open.
    open_now = Assignment.objects.open().for_rating().filter(rater__study=study).order_by()
    counted = open_now.values_list("item__pos", "item__kind").annotate(Count("pk"))
    promised = {(pos, kind): n for pos, kind, n in counted}
    rows = (
        study.items.order_by()
        .values_list("pos", "kind")
        .annotate(
            Count("pk"),
            Sum("ratings_wanted"),
            Sum("free_slots"),
            Sum("n_scores"),
            Sum("n_opt_outs"),
        )
    )
    return [
        Stratum(
            pos=PartOfSpeech(pos),
            kind=ItemKind(kind),
            items=items,
            wanted=wanted,
            given=wanted - free - promised.get((pos, kind), 0),
            n_scores=n_scores,
            n_opt_outs=n_opt_outs,
        )
        for pos, kind, items, wanted, free, n_scores, n_opt_outs in rows
    ]
