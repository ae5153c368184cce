"""Self-agreement: a rater who sees an item again, without knowing it."""

from __future__ import annotations

import math
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from annotator.statistics.agreement.alpha import alpha_of
from annotator.statistics.agreement.tables import (
    Floats,
    Integers,
    checked_values,
    codes,
    numbers,
)
from annotator.statistics.agreement.weights import Weights, agreement_weights
from annotator.statistics.bootstrap import (
    UNDEFINED,
    Interval,
    check_settings,
    distinct_rows,
    percentile_interval,
    resamples,
)

RepeatMeasure = Literal["exact", "within one", "kappa", "linear kappa", "quadratic kappa", "alpha"]

_KAPPA_WEIGHTS: dict[RepeatMeasure, Weights] = {
    "kappa": "identity",
    "linear kappa": "linear",
    "quadratic kappa": "quadratic",
}


def self_agreement(
    first: ArrayLike,
    second: ArrayLike,
    measure: RepeatMeasure = "exact",
    *,
    values: ArrayLike | None = None,
) -> float:
    """How far second ratings repeat the first ones, pair by pair.

    `first` and `second` are of one shape: raters × items, or one entry per pair. A pair with nan in
    either is no pair. *exact*: the share of equal pairs; *within one*: also neighbouring values of
    the scale (`values`, else the scores that occur); *kappa*, *linear kappa*, *quadratic kappa*:
    Cohen's kappa of first and second, unweighted or weighted; *alpha*: Krippendorff's ordinal alpha
    of the pairs.

    nan without a pair. Kappa and alpha are nan, too, when all ratings are equal.
    """
    tables, scale = _joint_tables(first, second, None, values)
    return float(_measured(tables.sum(axis=0), scale, measure))


def self_agreement_interval(
    first: ArrayLike,
    second: ArrayLike,
    measure: RepeatMeasure = "exact",
    over: Literal["raters"] = "raters",
    n: int = 1000,
    confidence: float = 0.95,
    *,
    raters: ArrayLike | None = None,
    values: ArrayLike | None = None,
    rng: np.random.Generator,
) -> Interval:
    """Percentile bootstrap interval of `self_agreement`, resampling raters with all their pairs.

    Pairs of one rater are alike, so drawing single pairs would give too narrow an interval. Raters
    are the rows of a matrix; with one entry per pair, `raters` says whose each is. (nan, nan)
    with fewer than two raters who have a pair, and where too many resamples are undefined.
    """
    check_settings(n, confidence)
    if over != "raters":
        raise ValueError(f"Self-agreement is resampled over 'raters'; over={over!r} is not known.")
    if raters is None and np.ndim(first) == 1:
        raise ValueError("Say whose pair each is: raters=..., one label per pair.")
    tables, scale = _joint_tables(first, second, raters, values)
    if len(tables) < 2:
        return UNDEFINED
    shape = (-1, len(scale), len(scale))
    patterns, multiplicity = distinct_rows(tables.reshape(len(tables), -1))
    draws = resamples(multiplicity, rng=rng, n=n)
    replicates = [_measured((draw @ patterns).reshape(shape), scale, measure) for draw in draws]
    return percentile_interval(np.concatenate(replicates), confidence)


def _joint_tables(
    first: ArrayLike, second: ArrayLike, raters: ArrayLike | None, values: ArrayLike | None
) -> tuple[Floats, Floats]:
    """How often each rater gave this value first and that one second: (rater, value, value)."""
    before, after = numbers(first, "First ratings"), numbers(second, "Second ratings")
    if before.shape != after.shape or before.ndim not in (1, 2):
        raise ValueError(
            "First and second ratings are two matrices raters × items, or two lists, of one shape; "
            f"their shapes were {before.shape} and {after.shape}."
        )
    whose = _whose(before, raters)
    paired = ~(np.isnan(before) | np.isnan(after))
    before, after = before[paired], after[paired]
    scale = checked_values(np.unique([before, after]) if values is None else values)
    _, rater = np.unique(whose[paired], return_inverse=True)
    cells = (rater * len(scale) + codes(before, scale)) * len(scale) + codes(after, scale)
    n_raters = rater.max(initial=-1) + 1
    joint = np.bincount(cells, minlength=n_raters * len(scale) ** 2)
    return joint.reshape(n_raters, len(scale), len(scale)).astype(np.float64), scale


def _whose(pairs: Floats, raters: ArrayLike | None) -> Integers:
    """The rater of each pair, numbered."""
    if pairs.ndim == 2:
        return np.indices(pairs.shape)[0]
    if raters is None:
        return np.zeros(pairs.shape, dtype=np.int64)
    labels = np.asarray(raters)
    if labels.shape != pairs.shape:
        raise ValueError(f"Give one rater per pair: {len(pairs)} pairs, raters {labels.shape}.")
    return np.unique(labels, return_inverse=True)[1]


def _measured(joint: Floats, scale: Floats, measure: RepeatMeasure) -> Floats:
    """The measure of joint tables (..., value, value): first by second rating."""
    pairs = joint.sum(axis=(-2, -1))
    if measure == "exact":
        return _ratio((joint * np.eye(len(scale))).sum(axis=(-2, -1)), pairs)
    if measure == "within one":
        steps = np.abs(np.subtract.outer(np.arange(len(scale)), np.arange(len(scale))))
        return _ratio((joint * (steps <= 1)).sum(axis=(-2, -1)), pairs)
    if measure == "alpha":
        both = joint + np.swapaxes(joint, -2, -1)
        return alpha_of(both, both.sum(axis=-1), scale, "ordinal")
    if measure not in get_args(RepeatMeasure):
        raise ValueError(
            f"The measure is one of {', '.join(get_args(RepeatMeasure))}, not {measure!r}."
        )
    disagreement = 1 - agreement_weights(scale, _KAPPA_WEIGHTS[measure])
    observed = (joint * disagreement).sum(axis=(-2, -1)) * pairs
    expected = (joint.sum(axis=-1) @ disagreement * joint.sum(axis=-2)).sum(axis=-1)
    return 1 - _ratio(observed, expected)


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    undefined = np.full_like(denominator, math.nan)
    return np.divide(numerator, denominator, out=undefined, where=denominator > 0)
