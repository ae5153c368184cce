"""What the answers say of each rater: severe or mild, steady or not, and how others agree."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from annotator import statistics
from annotator.domain.results.answers import Answers, Repeats
from annotator.domain.results.resampling import CONFIDENCE, RESAMPLES, rng
from annotator.domain.results.scale import Scale
from annotator.statistics import CrossedRatings, Estimate, Level

# A study of a million ratings has thousands of raters: those with most answers are listed.
MOST_RATERS = 1000


@dataclass(frozen=True)
class RaterNumbers:
    """One rater. `severity`: points below the crowd, above zero for severe ones. `noise`: the
    spread of what severity and the items leave unexplained, in points; small is steady.
    `alpha_change`: alpha without this rater less alpha of all; above zero, the others agree better.
    Means and what the model says are nan where labels have no order. `repeats` items were seen
    twice, and got the same score again `same` times.
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
    repeats: int
    same: int


@dataclass(frozen=True)
class RaterResults:
    """Raters with most answers first, of `n_raters` in all; and self-agreement of all."""

    n_raters: int
    raters: tuple[RaterNumbers, ...]
    self_agreement: Estimate


def rater_results(answers: Answers, repeats: Repeats) -> RaterResults:
    """From the maps that the results are about; repeats are of all maps."""
    n_answers = np.bincount(answers.rater, minlength=len(answers.raters))
    opt_outs = np.bincount(answers.rater[~answers.scored], minlength=len(answers.raters))
    columns = _fitted(answers)
    twice = np.bincount(repeats.rater, minlength=len(answers.raters))
    equal = repeats.rater[repeats.first == repeats.second]
    same = np.bincount(equal, minlength=len(answers.raters))
    order = np.argsort(-n_answers, kind="stable")
    listed = [int(rater) for rater in order if n_answers[rater]]
    return RaterResults(
        n_raters=len(listed),
        raters=tuple(
            RaterNumbers(
                name=answers.raters[rater],
                simulated=bool(answers.simulated[rater]),
                n_scores=int(n_answers[rater] - opt_outs[rater]),
                n_opt_outs=int(opt_outs[rater]),
                repeats=int(twice[rater]),
                same=int(same[rater]),
                **{name: float(column[rater]) for name, column in columns.items()},
            )
            for rater in listed[:MOST_RATERS]
        ),
        self_agreement=_self_agreement(repeats, answers.scale),
    )


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


def _self_agreement(repeats: Repeats, scale: Scale) -> Estimate:
    values = scale.values
    low, high = statistics.self_agreement_interval(
        repeats.first,
        repeats.second,
        n=RESAMPLES,
        confidence=CONFIDENCE,
        raters=repeats.rater,
        values=values,
        rng=rng(),
    )
    value = statistics.self_agreement(repeats.first, repeats.second, values=values)
    return Estimate(value, low, high, len(repeats.first))
