"""Who rates severely, who rates at random, and what the items are worth once that is known.

The model of a score y that rater r gave item i, on an ordered scale taken as numbers:

    y = mean - severity_r + discrimination_r · quality_i + noise,   noise ~ N(0, noise_r²)

quality_i ~ N(0, spread²): the one-factor model of congeneric ratings (Jöreskog 1971, "Statistical
analysis of sets of congeneric tests", Psychometrika 36(2)) with cells missing. A rater who always
presses the same key has discrimination 0 and, however little they vary, no say; a noisy one has
little. Fitted by expectation–maximisation (Rubin and Thayer 1982, "EM algorithms for ML factor
analysis", Psychometrika 47(1)). Every rater's values are drawn towards those of the crowd, the
more the fewer items they rated, so that a homogeneous crowd is left as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from annotator.statistics.crossed import CrossedRatings

Floats = NDArray[np.float64]

ITERATIONS = 200
TOLERANCE = 1e-4  # points of the scale: the largest change of an item's score
# What is believed of a rater before the first rating counts as much as so many ratings.
PRIOR_RATINGS = 5.0
DISCRIMINATION_SPREAD = 0.35
# Half a point, squared. Who never varies is not precise without end: whole points say no more, and
# a straight-liner would otherwise be believed before the discrimination has fallen.
SMALLEST_NOISE = 0.25
SMALLEST_SPREAD = 1e-6
SMALLEST_UNIT = 0.1  # a crowd that tells nothing apart has no unit of its own


@dataclass(frozen=True, slots=True, eq=False)
class RaterModel:
    """The fit: one value per place of `items` or `raters`, which hold the labels.

    `score`: what the raters of the crowd would give the item on average, in points.
    `score_error`: its standard error given the raters' values. `severity`: how many points below
    the crowd the rater scores, above zero for severe ones. `severity_error`: its standard error.
    `noise`: the rater's residual standard deviation, in points: small is consistent.
    `discrimination`: points per point of the crowd; 1 is the crowd's, 0 says nothing about items.
    """

    items: NDArray
    score: Floats
    score_error: Floats
    raters: NDArray
    severity: Floats
    severity_error: Floats
    noise: Floats
    discrimination: Floats


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    mean: float
    spread: float  # variance of quality
    severity_spread: float  # variance
    usual_noise: float  # variance
    severity: Floats  # (rater,)
    severity_variance: Floats  # (rater,)
    discrimination: Floats  # (rater,)
    noise: Floats  # (rater,), variance
    quality: Floats  # (item,)
    quality_variance: Floats  # (item,)


def fit_rater_model(ratings: CrossedRatings) -> RaterModel:
    """Fit the model to the ratings; without any, every array is empty.

    One rater, one item, or scores without variation are fitted too: what they cannot tell apart
    stays at what is believed beforehand (no severity, discrimination 1).
    """
    if not len(ratings.score):
        nothing = np.zeros(0)
        return RaterModel(ratings.items, nothing, nothing, ratings.raters, *[nothing] * 4)
    state = _start(ratings)
    for _ in range(ITERATIONS):
        before = state.quality
        state = _items(ratings, _standardised(ratings, _raters(ratings, state)))
        if np.abs(state.quality - before).max() < TOLERANCE:
            break
    return _result(ratings, state)


def _start(ratings: CrossedRatings) -> _State:
    sums, counts = ratings.by_item()
    mean = float(ratings.score.mean())
    quality = sums / counts - mean
    residual = ratings.score - mean - quality[ratings.item]
    n_raters = len(ratings.raters)
    noise = max(float((residual**2).mean()), SMALLEST_NOISE)
    return _State(
        mean=mean,
        spread=max(float((quality**2).mean()), SMALLEST_SPREAD),
        severity_spread=noise / 4,
        usual_noise=noise,
        severity=np.zeros(n_raters),
        severity_variance=np.zeros(n_raters),
        discrimination=np.ones(n_raters),
        noise=np.full(n_raters, noise),
        quality=quality,
        quality_variance=np.zeros(len(ratings.items)),
    )


def _items(ratings: CrossedRatings, state: _State) -> _State:
    """E step: the qualities given the raters, by precision-weighted means drawn towards zero."""
    weight = (state.discrimination / state.noise)[ratings.rater]
    above = ratings.score - state.mean + state.severity[ratings.rater]
    says = np.bincount(ratings.item, weights=weight * above)
    precision = np.bincount(ratings.item, weights=weight * state.discrimination[ratings.rater])
    variance = 1 / (1 / state.spread + precision)
    quality = variance * says
    return replace(state, quality=quality, quality_variance=variance)


def _raters(ratings: CrossedRatings, state: _State) -> _State:
    """M step: each rater's regression of scores on qualities, and what it misses."""
    n = np.bincount(ratings.rater).astype(np.float64)
    severity, discrimination = _regressions(ratings, state, n)
    unsure = _per_rater(ratings, state.quality_variance[ratings.item]) * discrimination**2
    predicted = state.mean - severity[ratings.rater]
    predicted += discrimination[ratings.rater] * state.quality[ratings.item]
    missed = _per_rater(ratings, (ratings.score - predicted) ** 2) + unsure
    noise = (missed + PRIOR_RATINGS * state.usual_noise) / (n + PRIOR_RATINGS)
    noise = np.maximum(noise, SMALLEST_NOISE)
    # What a rater says of an item is partly used up by finding out how good the item is.
    left = n - np.minimum(unsure / noise, n)
    variance = 1 / (left / noise + 1 / state.severity_spread)
    return replace(
        state,
        severity=severity,
        severity_variance=variance,
        severity_spread=max(float((severity**2 + variance).mean()), SMALLEST_SPREAD),
        discrimination=discrimination,
        noise=noise,
        usual_noise=1 / float((1 / noise).mean()),
    )


def _regressions(ratings: CrossedRatings, state: _State, n: Floats) -> tuple[Floats, Floats]:
    """Severity and discrimination by ridge regression: a prior adds its precision × the noise."""
    quality, score = state.quality[ratings.item], ratings.score - state.mean
    belief = state.noise / DISCRIMINATION_SPREAD**2
    ones, crossed = n + state.noise / state.severity_spread, _per_rater(ratings, quality)
    squares = _per_rater(ratings, quality**2 + state.quality_variance[ratings.item]) + belief
    sums, products = _per_rater(ratings, score), _per_rater(ratings, score * quality) + belief
    determinant = ones * squares - crossed**2
    severity = (crossed * products - squares * sums) / determinant
    return severity, (ones * products - crossed * sums) / determinant


def _per_rater(ratings: CrossedRatings, values: Floats) -> Floats:
    return np.bincount(ratings.rater, weights=values).astype(np.float64, copy=False)


def _standardised(ratings: CrossedRatings, state: _State) -> _State:
    """The same predictions, with the average rating's severity 0 and discrimination 1.

    Quality is then in points as this crowd gives them, and its mean is that of the scores.
    """
    share = np.bincount(ratings.rater) / len(ratings.rater)
    severity = float(share @ state.severity)
    unit = max(float(share @ state.discrimination), SMALLEST_UNIT)
    above = ratings.score - state.mean + state.severity[ratings.rater]
    return replace(
        state,
        mean=state.mean - severity,
        severity=state.severity - severity,
        discrimination=state.discrimination / unit,
        quality=state.quality * unit,
        quality_variance=state.quality_variance * unit**2,
        spread=max(_covariance(ratings, above), SMALLEST_SPREAD),
    )


def _covariance(ratings: CrossedRatings, above: Floats) -> float:
    """Covariance of two ratings of an item; zero when no item has two.

    With an average discrimination of 1 it is the variance of quality. The expectation of quality²,
    the usual M step, creeps to zero from where a few straight-liners have put it.
    """
    sums = np.bincount(ratings.item, weights=above)
    n = np.bincount(ratings.item)
    pairs = int((n * (n - 1)).sum())
    return float(((sums**2).sum() - (above**2).sum()) / pairs) if pairs else 0.0


def _result(ratings: CrossedRatings, state: _State) -> RaterModel:
    return RaterModel(
        items=ratings.items,
        score=state.mean + state.quality,
        score_error=np.sqrt(state.quality_variance),
        raters=ratings.raters,
        severity=state.severity,
        severity_error=np.sqrt(state.severity_variance),
        noise=np.sqrt(state.noise),
        discrimination=state.discrimination,
    )
