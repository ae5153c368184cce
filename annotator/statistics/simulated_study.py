"""What a study will look like before it has a rating: an ordinal crowd and an incomplete design.

A score is a latent opinion, rounded to the nearest of five points: the item's quality, less the
rater's severity, plus noise, all normal. Two numbers that a researcher can guess, the mean opinion
score and Krippendorff's alpha, settle the crowd (`crowd_like`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from annotator.statistics.agreement import (
    alpha_from_counts,
    alpha_interval_from_counts,
    count_table,
)
from annotator.statistics.crossed import CrossedRatings, crossed_ratings
from annotator.statistics.two_way import normal_quantile, standard_error, two_way_standard_error

SCALE = np.arange(1.0, 6.0)

_TRIAL_ITEMS = 20_000  # two ratings each: alpha to about 0.01
_TRIAL_SEED = 2023


@dataclass(frozen=True, slots=True)
class Design:
    """How many items, ratings of each, and raters to give them; `answered` of the ratings have
    a score, the others are opt-outs or never come."""

    n_items: int
    per_item: int
    n_raters: int
    answered: float = 1.0


@dataclass(frozen=True, slots=True)
class Crowd:
    """Standard deviations, in points, of what a latent opinion is made of, and their mean."""

    mean: float
    items: float
    severity: float
    noise: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """What the results page will show, on average over the simulated studies.

    Widths are of whole intervals, low to high: of the mean opinion score over items and over items
    and raters, and of alpha over items. nan where too few of the studies have one.
    """

    mos: float
    mos_width: float
    mos_width_both: float
    alpha: float
    alpha_width: float
    n_ratings: int


def crowd_like(
    mos: float, alpha: float, *, spread: float = 1.1, severity_share: float = 0.2
) -> Crowd:
    """The crowd whose scores have this mean and this ordinal alpha.

    `spread` is the standard deviation of latent opinions, in points; `severity_share` is how much
    of the variance that is not the items' is the raters' severity, the rest being noise. Alpha is
    met to about 0.02. ValueError for a mean off the scale, or an alpha outside 0 to 0.95.
    """
    if not SCALE[0] < mos < SCALE[-1]:
        raise ValueError(f"A mean opinion score lies between 1 and 5; {mos} was asked for.")
    if not 0 <= alpha <= 0.95:
        raise ValueError(f"Plan with an alpha from 0 to 0.95; {alpha} was asked for.")
    mean = _root(lambda latent: _expected_score(latent, spread) - mos, -5, 11)

    def crowd(share: float) -> Crowd:
        other = (1 - share) * spread**2
        return Crowd(
            mean=mean,
            items=math.sqrt(share) * spread,
            severity=math.sqrt(severity_share * other),
            noise=math.sqrt((1 - severity_share) * other),
        )

    return crowd(_root(lambda share: _trial_alpha(crowd(share)) - alpha, 0, 1))


def simulate_study(design: Design, crowd: Crowd, *, rng: np.random.Generator) -> CrossedRatings:
    """Ratings of one study. Every item goes to `per_item` raters, and raters get equal shares."""
    if not 1 <= design.per_item <= design.n_raters:
        raise ValueError(
            f"{design.per_item} ratings per item need as many raters; there are {design.n_raters}. "
            "Invite more raters, or ask for fewer ratings of each item."
        )
    if design.n_items < 1 or not 0 < design.answered <= 1:
        raise ValueError("A study has at least one item, and a share above 0 of its answers.")
    item = np.arange(design.n_items).repeat(design.per_item)
    rater = _dealt(design, rng).ravel()
    opinion = (
        crowd.mean
        + rng.normal(0, crowd.items, design.n_items)[item]
        - rng.normal(0, crowd.severity, design.n_raters)[rater]
        + rng.normal(0, crowd.noise, len(item))
    )
    score = np.clip(np.rint(opinion), SCALE[0], SCALE[-1])
    given = rng.random(len(item)) < design.answered
    return crossed_ratings(item[given], rater[given], score[given])


def forecast(
    design: Design,
    crowd: Crowd,
    *,
    rng: np.random.Generator,
    runs: int = 40,
    n: int = 200,
    confidence: float = 0.95,
) -> Forecast:
    """Simulate the study `runs` times; `n` are the bootstrap replicates of each alpha."""
    studies = [
        _seen(simulate_study(design, crowd, rng=rng), rng, n, confidence) for _ in range(runs)
    ]
    mos, alone, both, alpha, alpha_width = np.mean(studies, axis=0)
    reach = 2 * normal_quantile(confidence)
    n_ratings = round(design.n_items * design.per_item * design.answered)
    return Forecast(
        float(mos),
        reach * float(alone),
        reach * float(both),
        float(alpha),
        float(alpha_width),
        n_ratings,
    )


def _seen(
    ratings: CrossedRatings, rng: np.random.Generator, n: int, confidence: float
) -> tuple[float, ...]:
    counts = count_table(ratings.item, ratings.score, SCALE, len(ratings.items))
    low, high = alpha_interval_from_counts(counts, SCALE, n=n, confidence=confidence, rng=rng)
    return (
        float(ratings.score.mean()) if len(ratings.score) else math.nan,
        standard_error(*ratings.by_item()),
        two_way_standard_error(ratings),
        alpha_from_counts(counts, SCALE),
        high - low,
    )


def _dealt(design: Design, rng: np.random.Generator) -> NDArray[np.int64]:
    """The raters of each item (item, slot): dealt from shuffled decks, so that none comes twice."""
    hands = design.n_raters // design.per_item  # what is left of a deck is put away
    decks = np.tile(np.arange(design.n_raters), (-(-design.n_items // hands), 1))
    dealt = rng.permuted(decks, axis=1)[:, : hands * design.per_item]
    return dealt.reshape(-1, design.per_item)[: design.n_items]


def _expected_score(latent: float, spread: float) -> float:
    """Mean of the rounded score: 1 and the chances of passing 1.5, 2.5, 3.5 and 4.5."""
    opinion = NormalDist(latent, spread)
    return float(SCALE[0]) + sum(1 - opinion.cdf(cut) for cut in SCALE[:-1] + 0.5)


def _trial_alpha(crowd: Crowd) -> float:
    """Alpha of one large study; the same random numbers for every crowd, so that it is smooth."""
    design = Design(_TRIAL_ITEMS, per_item=2, n_raters=_TRIAL_ITEMS)
    ratings = simulate_study(design, crowd, rng=np.random.default_rng(_TRIAL_SEED))
    counts = count_table(ratings.item, ratings.score, SCALE, _TRIAL_ITEMS)
    return alpha_from_counts(counts, SCALE)


def _root(rises: Callable[[float], float], low: float, high: float) -> float:
    """Where a rising function passes zero, by bisection; an end where it does not."""
    for _ in range(20):
        middle = (low + high) / 2
        if rises(middle) > 0:
            high = middle
        else:
            low = middle
    return (low + high) / 2
