"""Pictures of one file of prompts against those of another: is what the prompts name in them?

The arms of an experiment are uploaded as files of their own, such as the two that `experiment
cohyponyms` writes: pairs of nouns of one kind, and of two (paper §5.1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from annotator import statistics
from annotator.domain.rating.presence import Seen, arms_of
from annotator.domain.results.resampling import rng
from annotator.statistics import Estimate
from annotator.statistics.exact import fisher_exact
from annotator.statistics.permutation import holm


@dataclass(frozen=True)
class ArmContrast:
    """The share of right pictures of the first file less that of the second.

    `n` of the difference counts the pictures of both. `p` is Fisher's exact test, two-sided, which
    takes pictures for independent; `p_holm` is adjusted for all contrasts of the study.
    """

    first: str
    second: str
    difference: Estimate
    p: float
    p_holm: float


def contrasts(items: Sequence[Seen]) -> list[ArmContrast]:
    """Of every two files, in the order of their names."""
    pairs = list(combinations(arms_of(items), 2))
    tested = [fisher_exact(_right_and_wrong(a), _right_and_wrong(b)) for (_, a), (_, b) in pairs]
    adjusted = holm(tested)
    return [
        ArmContrast(first, second, _difference(a, b), p, float(p_holm))
        for ((first, a), (second, b)), p, p_holm in zip(pairs, tested, adjusted, strict=True)
    ]


def _right_and_wrong(arm: Sequence[Seen]) -> tuple[int, int]:
    right = sum(one.correct for one in arm)
    return right, len(arm) - right


def _difference(first: Sequence[Seen], second: Sequence[Seen]) -> Estimate:
    """What is drawn again are the sets of things that are named: two pictures of one pair of nouns
    are no two independent observations.
    """
    right, n = _by_named_things(first)
    other_right, other_n = _by_named_things(second)
    interval = statistics.bootstrap_difference(right, n, other_right, other_n, rng=rng())
    value = float(right.sum() / n.sum() - other_right.sum() / other_n.sum())
    return Estimate(value, *interval, n=len(first) + len(second))


def _by_named_things(arm: Sequence[Seen]) -> tuple[np.ndarray, np.ndarray]:
    """Right pictures, and all; one of each per set of things."""
    sets: dict[frozenset[str], list[bool]] = {}
    for one in arm:
        sets.setdefault(frozenset(map(str.casefold, one.named)), []).append(one.correct)
    return np.array([sum(of) for of in sets.values()]), np.array([len(of) for of in sets.values()])
