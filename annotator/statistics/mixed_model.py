"""What moves an ordered score, when raters and items have levels of their own: a mixed model.

The cumulative link mixed model with the logit link (McCullagh 1980, "Regression models for ordinal
data", JRSS B 42(2); Tutz and Hennevogl 1996, "Random effects in ordinal regression models", CSDA
22), the model of R's `ordinal::clmm`:

    logit P(score ≤ point j) = threshold_j - effects'β - item_sd · a_item - rater_sd · b_rater

with a and b standard normal. An effect above zero moves answers up the scale; exp(effect) is the
ratio of the odds of being above any point. Points are not taken to be equally far apart. Fitted by
maximising the likelihood, whose integral over a and b is Laplace's approximation.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from annotator.statistics.bootstrap import Estimate
from annotator.statistics.crossed import CrossedRatings
from annotator.statistics.laplace import Laplace

Floats = NDArray[np.float64]

_ITERATIONS = 60
_TOLERANCE = 1e-10  # of the Newton decrement, twice the likelihood still to be gained
_STEP = 1e-5
_START_SD = 0.5
# Effects beyond this are those of answers that one group never or always gives.
_LARGEST = 15.0


@dataclass(frozen=True, slots=True, eq=False)
class MixedModel:
    """The fit. `levels` are the scores that occur, `thresholds` lie between them.

    Errors are standard errors from the curvature of the likelihood. `item_sd` and `rater_sd` are
    on the scale of the logits. Nothing converged, or fewer than two levels: everything is nan.
    """

    levels: Floats  # (level,)
    thresholds: Floats  # (level - 1,)
    threshold_errors: Floats
    effects: Floats  # (effect,)
    effect_errors: Floats
    item_sd: float
    rater_sd: float
    log_likelihood: float
    n_ratings: int

    def estimates(self, confidence: float = 0.95) -> list[Estimate]:
        """The effects with Wald's intervals, in logits; n counts ratings."""
        reach = NormalDist().inv_cdf((1 + confidence) / 2) * self.effect_errors
        return [
            Estimate(float(value), float(value - wide), float(value + wide), self.n_ratings)
            for value, wide in zip(self.effects, reach, strict=True)
        ]

    def p_values(self) -> Floats:
        """Wald's two-sided p of each effect: (effect,)."""
        z = np.abs(self.effects / self.effect_errors)
        return np.array([2 * NormalDist().cdf(-value) for value in z])


def fit_mixed_model(ratings: CrossedRatings, effects: ArrayLike) -> MixedModel:
    """Fit the model; `effects` are covariates of each rating, (rating, effect), in its order.

    ValueError if the shapes differ or a covariate is no finite number. Covariates that say the
    same as others, or nothing, make the fit undefined.
    """
    covariates = np.asarray(effects, dtype=np.float64)
    if covariates.ndim != 2 or len(covariates) != len(ratings.score):
        raise ValueError(
            f"Give one row of effects per rating: {len(ratings.score)} rows, "
            f"not an array of shape {covariates.shape}."
        )
    if not np.isfinite(covariates).all():
        raise ValueError("Effects must be finite numbers; leave out ratings that lack one.")
    levels, counts = np.unique(ratings.score, return_counts=True)
    undefined = _undefined(levels, covariates.shape[1], len(ratings.score))
    if len(levels) < 2 or np.linalg.matrix_rank(_centred(covariates)) < covariates.shape[1]:
        return undefined
    likelihood = Laplace(ratings, covariates)
    best, curvature = _maximise(likelihood, _start(counts, covariates.shape[1]))
    if best is None or np.abs(best).max() > _LARGEST:
        return undefined
    errors = np.sqrt(np.diag(np.linalg.inv(curvature)))
    cut = len(levels) - 1
    return replace(
        undefined,
        thresholds=best[:cut],
        threshold_errors=errors[:cut],
        effects=best[cut:-2],
        effect_errors=errors[cut:-2],
        item_sd=abs(float(best[-2])),
        rater_sd=abs(float(best[-1])),
        log_likelihood=likelihood(best)[0],
    )


def _centred(covariates: Floats) -> Floats:
    return covariates - covariates.mean(axis=0) if len(covariates) else covariates


def _undefined(levels: Floats, n_effects: int, n_ratings: int) -> MixedModel:
    cuts, none = np.full(max(len(levels) - 1, 0), np.nan), np.full(n_effects, np.nan)
    return MixedModel(levels, cuts, cuts, none, none, np.nan, np.nan, np.nan, n_ratings)


def _start(counts: NDArray[np.int64], n_effects: int) -> Floats:
    """The scale as everybody uses it, no effects, and some difference of items and raters."""
    below = np.cumsum(counts)[:-1] / counts.sum()
    return np.r_[np.log(below / (1 - below)), np.zeros(n_effects), _START_SD, _START_SD]


def _maximise(likelihood: Laplace, start: Floats) -> tuple[Floats | None, Floats]:
    """By a quasi-Newton method with halved steps; the maximum and the curvature there."""
    at, (value, gradient) = start, likelihood(start)
    curvature = _curvature(likelihood, at, gradient)
    for _ in range(_ITERATIONS):
        step = np.linalg.solve(curvature, gradient)
        if float(step @ gradient) < _TOLERANCE:
            return at, _curvature(likelihood, at, gradient)
        for halving in range(30):
            new = at + step / 2**halving
            found = likelihood(new)
            if found[0] > value:
                break
        else:
            return None, curvature
        curvature = _updated(curvature, new - at, gradient - found[1])
        at, (value, gradient) = new, found
    return None, curvature


def _updated(curvature: Floats, step: Floats, change: Floats) -> Floats:
    """The formula of Broyden, Fletcher, Goldfarb and Shanno; stays positive definite."""
    if step @ change <= 0:
        return curvature
    along = curvature @ step
    gained, expected = np.outer(change, change), np.outer(along, along)
    return curvature + gained / (step @ change) - expected / (step @ along)


def _curvature(likelihood: Laplace, at: Floats, gradient: Floats) -> Floats:
    """Minus the second derivatives, by differences of the first, made positive definite."""
    rows = [(gradient - likelihood(at + _STEP * unit)[1]) / _STEP for unit in np.eye(len(at))]
    values, vectors = np.linalg.eigh((np.array(rows) + np.array(rows).T) / 2)
    # Far from the maximum, and where a spread is zero, it may curve the other way.
    return (vectors * np.maximum(np.abs(values), 1e-6 * np.abs(values).max())) @ vectors.T
