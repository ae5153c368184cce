"""Which condition is rated higher: each by itself, and every two word by word."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from annotator import statistics
from annotator.domain.results.answers import Answers
from annotator.domain.results.comparison import verdict
from annotator.domain.results.resampling import HOW, rng
from annotator.statistics import Arm, Contrast, Estimate


@dataclass(frozen=True)
class ConditionOpinion:
    """The opinion of the maps under one condition: all scores, and the paper's rule.

    `mos.n` counts scores, `paper.n` items that nobody opted out of.
    """

    name: str
    n_items: int
    n_opt_outs: int
    mos: Estimate
    paper: Estimate


@dataclass(frozen=True)
class Pairing:
    """By how much the first condition is rated higher than the other, word by word.

    A pair is one word of one prompt and seed, with a score under both; `contrast.difference.n`
    counts the pairs. Cliff's delta is the share of pairs in which the first is higher less the
    share in which it is lower. Words of one prompt share its pictures: intervals resample prompts,
    and the test flips the signs of a prompt's pairs together. p is adjusted for all pairings of
    the study.
    """

    one: str
    other: str
    contrast: Contrast

    @property
    def verdict(self) -> str:
        return verdict(self.contrast.difference)


def condition_opinions(answers: Answers) -> tuple[ConditionOpinion, ...]:
    """One per condition that has an answer, in the study's order; none where there is none."""
    return tuple(_opinion(name, answers.of_condition(name)) for name in _compared(answers))


def pairings(answers: Answers) -> tuple[Pairing, ...]:
    """Every two conditions, in the order of `condition_opinions`."""
    arms = {name: answers.of_condition(name) for name in _compared(answers)}
    pairs = combinations(arms, 2)
    found = {(one, other): _contrast(arms[one], arms[other]) for one, other in pairs}
    adjusted = statistics.with_holm(found)
    return tuple(Pairing(*names, contrast) for names, contrast in adjusted.items())


def _contrast(one: Answers, other: Answers) -> Contrast:
    words, first = np.unique(one.judged, return_index=True)
    prompts = one.prompt[first][np.isin(words, other.judged)]  # of the pairs, as `pair_up` has them
    arms = statistics.pair_up(one.judged, _arm(one), other.judged, _arm(other))
    return statistics.paired_contrast(*arms, clusters=prompts, rng=rng(), how=HOW)


def _compared(answers: Answers) -> list[str]:
    return [name for name in answers.condition.present() if name]


def _arm(answers: Answers) -> Arm:
    return Arm(answers.sums, answers.counts.sum(axis=1))


def _opinion(name: str, answers: Answers) -> ConditionOpinion:
    counts, opt_outs = answers.counts, answers.opt_outs.sum(axis=1)
    how: dict[str, Any] = {"n": HOW.replicates, "confidence": HOW.confidence}
    return ConditionOpinion(
        name=name,
        n_items=answers.n_items,
        n_opt_outs=int(opt_outs.sum()),
        mos=statistics.mean_opinion_score(answers.sums, counts.sum(axis=1), rng=rng(), **how),
        paper=statistics.paper_opinion_score(
            counts, list(answers.scale.values), opt_outs, rng=rng(), **how
        ),
    )
