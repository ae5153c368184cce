"""What the answers say of each rater: severe or mild, steady or not, and how others agree."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from annotator import statistics
from annotator.domain.results.answers import NO_KNOWN_ANSWERS, Answers, KnownAnswers, Repeats
from annotator.domain.results.measured import Measured
from annotator.domain.results.reliability import accuracy, is_right, self_agreement
from annotator.statistics import CrossedRatings, Level

# A study of a million ratings has thousands of raters: those with most answers are listed.
MOST_RATERS = 1000


@dataclass(frozen=True)
class RaterNumbers:
    """One rater. `severity`: points below the crowd, above zero for severe ones. `noise`: the
    spread of what severity and the items leave unexplained, in points; small is steady.
    `alpha_change`: alpha without this rater less alpha of all; above zero, the others agree better.
    Means and what the model says are nan where labels have no order; there, of `with_others`
    labels beside which the others have one commonest, `with_majority` are that one. `repeats` items
    were seen again, and got the same score `same` times; of `known` answers, `right` are right.
    """

    name: str
    simulated: bool
    n_scores: int
    n_opt_outs: int
    mean: float
    severity: float
    severity_error: float
    noise: float
    alpha_change: float
    with_others: int
    with_majority: int
    repeats: int
    same: int
    known: int
    right: int


@dataclass(frozen=True)
class RaterResults:
    """Raters with most answers first, of `n_raters` in all; what repeats and known answers say of
    all of them, each empty where there are none.
    """

    n_raters: int
    raters: tuple[RaterNumbers, ...]
    self_agreement: tuple[Measured, ...]
    accuracy: tuple[Measured, ...]


def rater_results(
    answers: Answers, repeats: Repeats, known: KnownAnswers = NO_KNOWN_ANSWERS
) -> RaterResults:
    """From the maps that the results are about; repeats and known answers are of all maps."""
    counts, fitted = _counted(answers, repeats, known), _fitted(answers)
    columns: dict[str, Any] = {name: column.tolist() for name, column in (counts | fitted).items()}
    n_answers = counts["n_scores"] + counts["n_opt_outs"]
    order = np.argsort(-n_answers, kind="stable")
    # Somebody may have answered nothing but what has a known answer.
    listed = [int(rater) for rater in order if n_answers[rater] or counts["known"][rater]]
    return RaterResults(
        n_raters=len(listed),
        raters=tuple(
            RaterNumbers(
                name=answers.raters[rater],
                simulated=bool(answers.simulated[rater]),
                **{name: column[rater] for name, column in columns.items()},
            )
            for rater in listed[:MOST_RATERS]
        ),
        self_agreement=self_agreement(repeats, answers.scale),
        accuracy=accuracy(known, answers.scale),
    )


def _counted(answers: Answers, repeats: Repeats, known: KnownAnswers) -> dict[str, np.ndarray]:
    """What is counted of every rater: (rater,) each."""
    whose = {
        "n_scores": answers.rater[answers.scored],
        "n_opt_outs": answers.rater[~answers.scored],
        "repeats": repeats.rater,
        "same": repeats.rater[repeats.first == repeats.second],
        "known": known.rater,
        "right": known.rater[is_right(known)],
    }
    n = len(answers.raters)
    counts = {name: np.bincount(raters, minlength=n) for name, raters in whose.items()}
    return counts | _beside_others(answers)


def _beside_others(answers: Answers) -> dict[str, np.ndarray]:
    """Labels that can be compared with the majority's, and those that are it: (rater,) each."""
    compared, agreeing = np.zeros((2, len(answers.raters)), dtype=np.int64)
    if not answers.scale.ordered:
        found = statistics.agreement_with_majority(answers.crossed)
        compared[found.raters], agreeing[found.raters] = found.compared, found.agreeing
    return {"with_others": compared, "with_majority": agreeing}


def _fitted(answers: Answers) -> dict[str, np.ndarray]:
    """What is estimated of every rater, nan for who has no score: (rater,) each."""
    ratings, ordered = answers.crossed, answers.scale.ordered
    level: Level = "ordinal" if ordered else "nominal"
    found = {
        "alpha_change": statistics.leave_one_rater_out(ratings, level).change,
        **(_scoring(ratings, answers.scale.step) if ordered else {}),
    }
    places = ratings.raters  # their numbers in `answers.raters`
    table = {name: np.full(len(answers.raters), math.nan) for name in _FITTED}
    for name, values in found.items():
        table[name][places] = values
    return table


_FITTED = ("mean", "severity", "severity_error", "noise", "alpha_change")


def _scoring(ratings: CrossedRatings, step: float) -> dict[str, np.ndarray]:
    """How each rater scores. The model is fitted in steps of the scale: it has a smallest noise."""
    model = statistics.fit_rater_model(replace(ratings, score=ratings.score / step))
    sums, sizes = ratings.by_rater()
    return {
        "mean": sums / sizes,
        "severity": step * model.severity,
        "severity_error": step * model.severity_error,
        "noise": step * model.noise,
    }
