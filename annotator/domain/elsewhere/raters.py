"""How every rater of an import rated, beside the others on the same tasks. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from annotator.domain.answers import Answers
from annotator.domain.results import number


@dataclass(frozen=True)
class RaterRow:
    """`distance` is the mean of how far their scores are from the mean of the others' on the task.

    nan where they gave no score, or nobody else scored their tasks.
    """

    name: str
    ratings: int
    opt_outs: int
    mean: float
    distance: float

    @property
    def mean_text(self) -> str:
        return _text(self.mean)

    @property
    def distance_text(self) -> str:
        return _text(self.distance)


def _text(value: float) -> str:
    return "–" if math.isnan(value) else number(value)


def rater_rows(answers: Answers) -> list[RaterRow]:
    """The busiest first."""
    n = len(answers.raters)
    rows = answers.scored
    rater, item, score = answers.rater[rows], answers.item[rows], answers.score[rows]
    others = answers.counts.sum(axis=1)[item] - 1
    shared = others > 0
    mean_of_others = (answers.sums[item] - score)[shared] / others[shared]
    distance = np.abs(score[shared] - mean_of_others)

    def per_rater(whose: np.ndarray, values: np.ndarray | None = None) -> np.ndarray:
        return np.bincount(whose, values, minlength=n)

    with np.errstate(invalid="ignore"):
        means = per_rater(rater, score) / per_rater(rater)
        distances = per_rater(rater[shared], distance) / per_rater(rater[shared])
    given, scored = per_rater(answers.rater), per_rater(rater)
    return [
        RaterRow(
            name=answers.raters[k],
            ratings=int(given[k]),
            opt_outs=int(given[k] - scored[k]),
            mean=float(means[k]),
            distance=float(distances[k]),
        )
        for k in np.argsort(-given, kind="stable")
    ]
