"""How far raters agree, by every measure that a reader may ask for, each under its name.

Raters of a study see different items: all measures but Fleiss' kappa are made for that, and it is
given only where every item has as many scores.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from annotator import statistics
from annotator.domain.results.answers import Answers
from annotator.domain.results.measured import Measured
from annotator.domain.results.resampling import CONFIDENCE, RESAMPLES, rng
from annotator.statistics import Estimate, Level, Weights
from annotator.statistics.agreement import kappa

_ALL_THE_SAME = "all scores are the same, so agreement cannot be told from habit"


@dataclass(frozen=True)
class _Measure:
    """A value and its interval from the answers; `why_none` is said where there is no value."""

    value: Callable[[Answers], float]
    interval: Callable[[Answers], tuple[float, float]]
    why_none: str = _ALL_THE_SAME


def agreement(answers: Answers) -> tuple[Measured, ...]:
    """In the order of `MEASURES`. `n` counts the scores of items that have two or more.

    Labels without an order are measured by `NOMINAL_MEASURES`.
    """
    measures = MEASURES if answers.scale.ordered else NOMINAL_MEASURES
    sizes = answers.counts.sum(axis=1)
    n_items, n = int((sizes >= 2).sum()), int(sizes[sizes >= 2].sum())
    return tuple(
        _measured(name, measure, answers, n_items, n) for name, measure in measures.items()
    )


def _measured(name: str, measure: _Measure, answers: Answers, n_items: int, n: int) -> Measured:
    if not n:
        nothing = Estimate(math.nan, math.nan, math.nan, 0)
        return Measured(name, nothing, "not defined: no item has two scores")
    value = measure.value(answers)
    low, high = (math.nan, math.nan) if math.isnan(value) else measure.interval(answers)
    found = Estimate(value, low, high, n)
    return Measured(name, found, _note(found, n_items, measure.why_none))


def _note(found: Estimate, n_items: int, why_none: str) -> str:
    if math.isnan(found.value):
        return f"not defined: {why_none}"
    if not math.isnan(found.low):
        return ""
    if n_items == 1:
        return "no interval: only one item has two scores"
    return f"no interval: the scores of {n_items} items vary too little"


def _alpha(level: Level) -> _Measure:
    return _Measure(
        lambda answers: statistics.alpha_from_counts(answers.counts, answers.scale.values, level),
        lambda answers: statistics.alpha_interval_from_counts(
            answers.counts, answers.scale.values, level, RESAMPLES, CONFIDENCE, rng=rng()
        ),
    )


def _ac(weights: Weights) -> _Measure:
    return _Measure(
        lambda answers: statistics.ac_from_counts(answers.counts, answers.scale.values, weights),
        lambda answers: statistics.ac_interval_from_counts(
            answers.counts, answers.scale.values, weights, RESAMPLES, CONFIDENCE, rng=rng()
        ),
    )


def _kappa(weights: Weights) -> _Measure:
    return _Measure(
        lambda answers: statistics.pairwise_kappa(
            answers.crossed, weights, values=answers.scale.values
        ),
        lambda answers: statistics.pairwise_kappa_interval(
            answers.crossed, weights, confidence=CONFIDENCE, values=answers.scale.values
        ),
        f"no two raters share {kappa.ENOUGH_COMMON} items whose scores vary",
    )


def _icc_interval(answers: Answers) -> tuple[float, float]:
    return statistics.intraclass_correlation_interval(
        answers.crossed, n=RESAMPLES, confidence=CONFIDENCE, rng=rng()
    )


def _fleiss(answers: Answers) -> float:
    sizes = answers.counts.sum(axis=1)
    if len(np.unique(sizes[sizes > 0])) > 1:
        return math.nan
    return statistics.fleiss_kappa_from_counts(answers.counts)


def _fleiss_interval(answers: Answers) -> tuple[float, float]:
    return statistics.fleiss_kappa_interval_from_counts(
        answers.counts, RESAMPLES, CONFIDENCE, rng=rng()
    )


_FLEISS = _Measure(
    _fleiss,
    _fleiss_interval,
    "items have different numbers of scores, or all scores are the same",
)


def _within(steps: int) -> _Measure:
    return _Measure(
        lambda answers: statistics.pairwise_agreement(answers.counts, steps),
        lambda answers: statistics.pairwise_agreement_interval(
            answers.counts, steps, RESAMPLES, CONFIDENCE, rng=rng()
        ),
    )


# The order in which they are listed; alpha is the one that headlines and figures show.
MEASURES: dict[str, _Measure] = {
    "alpha_ordinal": _alpha("ordinal"),
    "ac2_ordinal": _ac("ordinal"),
    "kappa_quadratic": _kappa("quadratic"),
    "icc_agreement": _Measure(
        lambda answers: statistics.intraclass_correlation(answers.crossed),
        _icc_interval,
        "too few items are shared to tell raters from items, or all scores are the same",
    ),
    "fleiss_kappa": _FLEISS,
    "exact": _within(0),
    "within_one": _within(1),
}
NOMINAL_MEASURES: dict[str, _Measure] = {
    "alpha_nominal": _alpha("nominal"),
    "ac1": _ac("identity"),
    "kappa_unweighted": _kappa("identity"),
    "fleiss_kappa": _FLEISS,
    "exact": _within(0),
}
