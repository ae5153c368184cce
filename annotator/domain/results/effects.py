"""What moves the scores, items and raters allowed for: one ordinal mixed model of all answers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator import statistics
from annotator.domain.results.answers import Answers, Category
from annotator.domain.results.comparison import verdict
from annotator.domain.results.resampling import CONFIDENCE
from annotator.enums import ItemKind, PartOfSpeech
from annotator.statistics import Estimate

# Of fewer items, the scores of a group hardly ever overlap with the others' at all points.
FEWEST_ITEMS = 5
# What a worker fits within about a minute: the work grows with the cube of the raters.
MOST_RATERS = 1_000
MOST_SCORES = 200_000


@dataclass(frozen=True)
class Effect:
    """One group's shift against the reference of its family, all else in the model alike.

    `by` is “kind”, “pos” or “condition”. `logit` is above zero where the group is rated higher,
    with Wald's interval; its exponential is the ratio of the odds of a better answer.
    """

    by: str
    name: str
    reference: str
    logit: Estimate
    p: float

    @property
    def odds_ratio(self) -> Estimate:
        low, high = math.exp(self.logit.low), math.exp(self.logit.high)
        return Estimate(math.exp(self.logit.value), low, high, self.logit.n)

    @property
    def verdict(self) -> str:
        return verdict(self.logit)


@dataclass(frozen=True)
class Effects:
    """score ~ kind + part of speech + condition + (1 | item) + (1 | rater).

    Spreads are standard deviations in logits. `left_out` names the groups of too few items, whose
    scores are not in the model. `note` says why nothing is defined, or is empty.
    """

    effects: tuple[Effect, ...]
    item_sd: float
    rater_sd: float
    n_scores: int
    n_items: int
    n_raters: int
    left_out: tuple[str, ...]
    note: str


@dataclass(frozen=True)
class _Group:
    by: str
    name: str
    reference: str
    items: NDArray[np.bool_]  # (item,)


def effects(answers: Answers) -> Effects | None:
    """Of the scores of all maps, real and controls; None where there are no groups to compare."""
    answers, left_out = _of_large_groups(answers.of_items(answers.counts.sum(axis=1) > 0))
    groups = list(_groups(answers))
    if not groups:
        return None
    ratings = answers.crossed
    sizes = len(ratings.score), len(ratings.items), len(ratings.raters)
    if sizes[0] > MOST_SCORES or sizes[2] > MOST_RATERS:
        return Effects((), math.nan, math.nan, *sizes, left_out, _TOO_MANY)
    columns = np.column_stack([group.items for group in groups])  # (item, group)
    model = statistics.fit_mixed_model(ratings, columns[ratings.items][ratings.item])
    found = tuple(
        Effect(group.by, group.name, group.reference, logit, float(p))
        for group, logit, p in zip(
            groups, model.estimates(CONFIDENCE), model.p_values(), strict=True
        )
    )
    note = _UNDEFINED if math.isnan(model.log_likelihood) else ""
    return Effects(found, model.item_sd, model.rater_sd, *sizes, left_out, note)


_TOO_MANY = (
    f"not fitted: more than {MOST_SCORES:,} scores or {MOST_RATERS:,} raters; "
    "choose fewer of them above, or fit it on the exported ratings"
)
_UNDEFINED = (
    "not defined: too few scores, or the scores of two groups do not overlap, or two groups are "
    "the same items"
)


def _of_large_groups(answers: Answers) -> tuple[Answers, tuple[str, ...]]:
    """Without the items of small groups, and the names of those."""
    kept, left_out = np.ones(answers.n_items, bool), []
    for column in (answers.kind, answers.pos, answers.condition):
        for name in filter(None, column.present()):
            own = column.among(name)
            if own.sum() < FEWEST_ITEMS:
                kept &= ~own
                left_out.append(name)
    return answers.of_items(kept), tuple(left_out)


def _groups(answers: Answers) -> Iterator[_Group]:
    """The groups but the one that the others of a family are held against."""
    yield from _family("kind", answers.kind, first=ItemKind.REAL)
    yield from _family("pos", answers.pos)
    yield from _family("condition", answers.condition)


def _family(by: str, column: Category, first: str = "") -> Iterator[_Group]:
    """Held against the name given, or else the one with the most items."""
    names = sorted(filter(None, column.present()), key=_place)
    if not names:
        return
    largest = max(names, key=lambda name: int(column.among(name).sum()))
    reference = first if first in names else largest
    for name in names:
        if name != reference:
            yield _Group(by, name, reference, column.among(name))


def _place(name: str) -> int:
    """Kinds and parts of speech as everywhere; others stay as they come, behind those."""
    return _ORDER.index(name) if name in _ORDER else len(_ORDER)


_ORDER = [*ItemKind.values, *PartOfSpeech.values]
