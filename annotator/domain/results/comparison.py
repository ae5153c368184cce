"""Better than what? The opinion of real maps beside that of every control, one model by another."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from annotator import statistics
from annotator.domain.results.answers import Answers, Category
from annotator.domain.results.resampling import HOW, rng
from annotator.enums import CONTROL_KINDS, ItemKind
from annotator.statistics import Arm, Contrast, Estimate

# More models or batches than these are compared with the largest only: pairs grow as squares.
_ALL_PAIRS_OF = 5


@dataclass(frozen=True)
class Comparison:
    """A control's mean opinion score, and by how much that of real maps is above it.

    `contrast.difference.n` counts the items of both arms. Opt-outs have no score and are counted
    apart. p is adjusted for all controls of the study.
    """

    kind: str
    n_items: int
    n_opt_outs: int
    mos: Estimate
    contrast: Contrast

    @property
    def name(self) -> str:
        return str(ItemKind(self.kind).label)

    @property
    def verdict(self) -> str:
        return verdict(self.contrast.difference)


@dataclass(frozen=True)
class Split:
    """Two of a study's models, or batches, beside each other: by how much the first is higher.

    `by` is “model” or “batch”. Compared within parts of speech; p is adjusted for all that are
    compared with each other.
    """

    by: str
    one: str
    other: str
    contrast: Contrast

    @property
    def verdict(self) -> str:
        return verdict(self.contrast.difference)


def verdict(difference: Estimate) -> str:
    """`above`, `below`, `open` (the interval holds zero), or empty where nothing is known."""
    if math.isnan(difference.low):
        return ""
    if difference.low > 0:
        return "above"
    return "below" if difference.high < 0 else "open"


def comparisons(answers: Answers) -> tuple[Comparison, ...]:
    """One per kind of control that was rated, in the order of the kinds."""
    real, numbers = answers.of_kind(ItemKind.REAL), rng()
    rated = {kind.value: answers.of_kind(kind) for kind in CONTROL_KINDS}
    found = {
        (ItemKind.REAL.value, kind): statistics.contrast(
            _arm(_under_same_conditions(real, those)), _arm(those), rng=numbers, how=HOW
        )
        for kind, those in rated.items()
        if those.n_items
    }
    adjusted = statistics.with_holm(found)
    return tuple(
        _comparison(rated[kind], kind, contrast) for (_, kind), contrast in adjusted.items()
    )


def _under_same_conditions(real: Answers, control: Answers) -> Answers:
    """A control that not every condition can have says nothing about maps of the others."""
    return real.of_items(real.condition.among(*control.condition.present()))


def _comparison(answers: Answers, kind: str, contrast: Contrast) -> Comparison:
    return Comparison(
        kind=kind,
        n_items=answers.n_items,
        n_opt_outs=int(answers.opt_outs.sum()),
        mos=statistics.mean_opinion_score(
            answers.sums,
            answers.counts.sum(axis=1),
            rng=rng(),
            n=HOW.replicates,
            confidence=HOW.confidence,
        ),
        contrast=contrast,
    )


def splits(answers: Answers) -> tuple[Split, ...]:
    """Every pair of models that made the pictures, and of batches; none where there is one.

    Models that are conditions of a study are compared word by word, by `conditions.pairings`.
    """
    by_batch = _splits("batch", answers.batch, answers)
    if any(answers.condition.present()):
        return tuple(by_batch)
    return (*_splits("model", answers.model, answers), *by_batch)


def _splits(by: str, column: Category, answers: Answers) -> Iterable[Split]:
    names = column.present()
    if len(names) < 2:
        return
    arms = {name: _arm(answers.of_items(column.among(name)), within_pos=True) for name in names}
    largest = max(names, key=lambda name: np.size(arms[name].counts))
    against = largest if len(names) > _ALL_PAIRS_OF else None
    found = statistics.contrasts(arms, against=against, rng=rng(), how=HOW)
    for (one, other), contrast in found.items():
        yield Split(by, one, other, contrast)


def _arm(answers: Answers, within_pos: bool = False) -> Arm:
    strata = answers.pos.codes if within_pos else None
    return Arm(answers.sums, answers.counts.sum(axis=1), strata)
