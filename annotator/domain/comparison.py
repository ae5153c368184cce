"""Better than what? The opinion of real maps beside that of every control."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from annotator import statistics
from annotator.domain.counting import ItemCounts
from annotator.enums import CONTROL_KINDS, ItemKind
from annotator.statistics import Estimate


@dataclass(frozen=True)
class Comparison:
    """A control's mean opinion score, and by how much that of real maps is above it.

    `difference.n` counts the scores of both arms. Opt-outs have no score and are counted apart.
    """

    kind: ItemKind
    n_items: int
    n_opt_outs: int
    mos: Estimate
    difference: Estimate

    @property
    def name(self) -> str:
        return str(self.kind.label)

    @property
    def verdict(self) -> str:
        """`above`, `below`, `open` (the interval holds zero), or empty where nothing is known."""
        if math.isnan(self.difference.low):
            return ""
        if self.difference.low > 0:
            return "above"
        return "below" if self.difference.high < 0 else "open"


@dataclass(frozen=True)
class Resampling:
    """How intervals are made; `rng` starts anew each time: the order of asking does not matter."""

    rng: Callable[[], np.random.Generator]
    n: int
    confidence: float


def comparisons(counts: ItemCounts, resampling: Resampling) -> tuple[Comparison, ...]:
    """One per kind of control that was rated, in the order of the kinds."""
    real = counts.of_kind(ItemKind.REAL)
    return tuple(
        _compare(kind, real, counts.of_kind(kind), resampling)
        for kind in CONTROL_KINDS
        if kind in counts.kind
    )


def _compare(
    kind: ItemKind, real: ItemCounts, control: ItemCounts, resampling: Resampling
) -> Comparison:
    terms = (control.sums, control.scores.sum(axis=1))
    return Comparison(
        kind=kind,
        n_items=len(control.pos),
        n_opt_outs=int(control.opt_outs.sum()),
        mos=statistics.mean_opinion_score(
            *terms, rng=resampling.rng(), n=resampling.n, confidence=resampling.confidence
        ),
        difference=statistics.opinion_difference(
            real.sums,
            real.scores.sum(axis=1),
            *terms,
            rng=resampling.rng(),
            n=resampling.n,
            confidence=resampling.confidence,
        ),
    )
