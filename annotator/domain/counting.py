"""Ratings counted by the database: one row per item, however many ratings it has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import Count, Q
from numpy.typing import NDArray

from annotator.enums import OptOut
from annotator.models.rating import RatingQuerySet
from annotator.models.study import SCORES


@dataclass(frozen=True)
class ItemCounts:
    """One row per rated item: its kind and part of speech, scores (item, 5), opt-outs (item, 2)."""

    kind: NDArray[np.str_]
    pos: NDArray[np.str_]
    scores: NDArray[np.int64]
    opt_outs: NDArray[np.int64]

    def of(self, pos: str) -> ItemCounts:
        return self._where(self.pos == pos)

    def of_kind(self, kind: str) -> ItemCounts:
        return self._where(self.kind == kind)

    def _where(self, rows: NDArray[np.bool_]) -> ItemCounts:
        return ItemCounts(self.kind[rows], self.pos[rows], self.scores[rows], self.opt_outs[rows])

    @property
    def sums(self) -> NDArray[np.int64]:
        """Of the scores of each item: (item,)."""
        return self.scores @ np.array(SCORES)


def count_by_item(ratings: RatingQuerySet) -> ItemCounts:
    """One GROUP BY: a wide rater × item matrix would be mostly empty and too large to hold."""
    columns = {f"score_{score}": Count("pk", filter=Q(score=score)) for score in SCORES}
    columns |= {reason: Count("pk", filter=Q(opt_out=reason)) for reason in OptOut.values}
    names = ("assignment__item", "assignment__item__kind", "assignment__item__pos")
    rows: Iterable[tuple[Any, ...]] = ratings.values_list(*names).annotate(**columns).order_by()
    table = [(kind, pos, *counted) for _, kind, pos, *counted in rows]
    numbers = np.array([row[2:] for row in table], dtype=np.int64).reshape(-1, len(columns))
    kind, pos = (np.array([row[place] for row in table], dtype=np.str_) for place in (0, 1))
    return ItemCounts(kind, pos, numbers[:, : len(SCORES)], numbers[:, len(SCORES) :])
