"""What repeats and known answers say of raters: do they agree with themselves, and are they right?

Intervals are over raters, with all that each of them said: what another crowd could change.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from annotator import statistics
from annotator.domain.results.answers import KnownAnswers, Repeats
from annotator.domain.results.measured import Measured
from annotator.domain.results.resampling import CONFIDENCE, RESAMPLES, rng
from annotator.domain.results.scale import Scale
from annotator.statistics import Estimate, RepeatMeasure

_ORDERED: Mapping[str, RepeatMeasure] = {
    "exact": "exact",
    "within_one": "within one",
    "kappa_quadratic": "quadratic kappa",
}
_NAMES: Mapping[str, RepeatMeasure] = {"exact": "exact", "kappa_unweighted": "kappa"}


def self_agreement(repeats: Repeats, scale: Scale) -> tuple[Measured, ...]:
    """How far second scores repeat the first: exact, within a point, kappa. Empty without any."""
    if not len(repeats.first):
        return ()
    measures = _ORDERED if scale.ordered else _NAMES
    return tuple(_repeated(name, measure, repeats, scale) for name, measure in measures.items())


def _repeated(name: str, measure: RepeatMeasure, repeats: Repeats, scale: Scale) -> Measured:
    pairs = (repeats.first, repeats.second, measure)
    low, high = statistics.self_agreement_interval(
        *pairs,
        n=RESAMPLES,
        confidence=CONFIDENCE,
        raters=repeats.rater,
        values=scale.values,
        rng=rng(),
    )
    value = statistics.self_agreement(*pairs, values=scale.values)
    return _measured(name, Estimate(value, low, high, len(repeats.first)), repeats.rater)


def accuracy(known: KnownAnswers, scale: Scale) -> tuple[Measured, ...]:
    """Shares of answers that are right, and within a point of it. An opt-out is neither: the
    question has an answer. Empty without known answers.
    """
    if not len(known.score):
        return ()
    steps = _steps_off(known, scale)
    found = {"exact": steps == 0} | ({"within_one": steps <= 1} if scale.ordered else {})
    return tuple(_share(name, right, known.rater) for name, right in found.items())


def is_right(known: KnownAnswers) -> NDArray[np.bool_]:
    """Which answers are the known ones: (answer,)."""
    return known.score == known.right


def _steps_off(known: KnownAnswers, scale: Scale) -> NDArray[np.float64]:
    """How many points of the scale lie between an answer and the right one; nan for an opt-out."""
    places = np.searchsorted(scale.values, [known.score, known.right]).astype(np.float64)
    return np.where(np.isnan(known.score), math.nan, np.abs(places[0] - places[1]))


def _share(name: str, right: NDArray[np.bool_], rater: NDArray[np.int32]) -> Measured:
    n, n_right = np.bincount(rater), np.bincount(rater[right], minlength=rater.max() + 1)
    low, high = statistics.bootstrap_interval(
        n_right, n, n=RESAMPLES, confidence=CONFIDENCE, rng=rng()
    )
    return _measured(name, Estimate(float(right.mean()), low, high, len(right)), rater)


def _measured(name: str, found: Estimate, rater: NDArray[np.int32]) -> Measured:
    note = ""
    if math.isnan(found.value):
        note = "not defined: all scores are the same, so agreement cannot be told from habit"
    elif math.isnan(found.low):
        n_raters = len(np.unique(rater))
        note = "no interval: " + (
            "only one rater has any" if n_raters == 1 else f"{n_raters} raters vary too little"
        )
    return Measured(name, found, note)
