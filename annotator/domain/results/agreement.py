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
from annotator.domain.results.resampling import CONFIDENCE, RESAMPLES, rng
from annotator.domain.results.summary import Measured
from annotator.models.study import SCORES
from annotator.statistics import Estimate
from annotator.statistics.agreement import kappa

_VALUES = list(SCORES)
_ALL_THE_SAME = "all scores are the same, so agreement cannot be told from habit"


@dataclass(frozen=True)
class _Measure:
    """A value and its interval from the answers; `why_none` is said where there is no value."""

    value: Callable[[Answers], float]
    interval: Callable[[Answers], tuple[float, float]]
    why_none: str = _ALL_THE_SAME


def agreement(answers: Answers) -> tuple[Measured, ...]:
    """In the order of `MEASURES`. `n` counts the scores of items that have two or more."""
    sizes = answers.counts.sum(axis=1)
    n_items, n = int((sizes >= 2).sum()), int(sizes[sizes >= 2].sum())
    return tuple(
        _measured(name, measure, answers, n_items, n) for name, measure in MEASURES.items()
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


def _alpha_interval(answers: Answers) -> tuple[float, float]:
    return statistics.alpha_interval_from_counts(
        answers.counts, _VALUES, n=RESAMPLES, confidence=CONFIDENCE, rng=rng()
    )


def _ac2_interval(answers: Answers) -> tuple[float, float]:
    return statistics.ac_interval_from_counts(
        answers.counts, _VALUES, n=RESAMPLES, confidence=CONFIDENCE, rng=rng()
    )


def _kappa(answers: Answers) -> float:
    return statistics.pairwise_kappa(answers.crossed, values=_VALUES)


def _kappa_interval(answers: Answers) -> tuple[float, float]:
    return statistics.pairwise_kappa_interval(
        answers.crossed, confidence=CONFIDENCE, values=_VALUES
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


def _within(steps: int) -> _Measure:
    return _Measure(
        lambda answers: statistics.pairwise_agreement(answers.counts, steps),
        lambda answers: statistics.pairwise_agreement_interval(
            answers.counts, steps, RESAMPLES, CONFIDENCE, rng=rng()
        ),
    )


# The order in which they are listed; alpha is the one that headlines and figures show.
MEASURES: dict[str, _Measure] = {
    "alpha_ordinal": _Measure(
        lambda answers: statistics.alpha_from_counts(answers.counts, _VALUES), _alpha_interval
    ),
    "ac2_ordinal": _Measure(
        lambda answers: statistics.ac_from_counts(answers.counts, _VALUES), _ac2_interval
    ),
    "kappa_quadratic": _Measure(
        _kappa,
        _kappa_interval,
        f"no two raters share {kappa.ENOUGH_COMMON} items whose scores vary",
    ),
    "icc_agreement": _Measure(
        lambda answers: statistics.intraclass_correlation(answers.crossed),
        _icc_interval,
        "too few items are shared to tell raters from items, or all scores are the same",
    ),
    "fleiss_kappa": _Measure(
        _fleiss,
        _fleiss_interval,
        "items have different numbers of scores, or all scores are the same",
    ),
    "exact": _within(0),
    "within_one": _within(1),
}
