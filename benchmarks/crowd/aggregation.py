"""Item scores of a crowd that is not all careful: the plain mean, and those corrected for raters.

The truth of an item is the mean score that endlessly many careful raters would give it. Errors are
in points; ranks are Spearman's correlation with the truth.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import spearmanr

from annotator.domain.results.aggregation import aggregate
from annotator.statistics import CrossedRatings, crossed_ratings, fit_rater_model
from benchmarks.crowd.simulate import Draw, assigned, qualities, rounded, severities


@dataclass(frozen=True)
class Habit:
    """How a rater answers: how severe, how noisy, and whether the item matters to them."""

    severity: float = 0.0
    noise: float = 0.6
    reads: float = 1.0


CAREFUL = Habit()
NOISY = Habit(noise=1.4)
STUCK = Habit(noise=0.0, reads=0.0)
RANDOM = Habit(noise=1.6, reads=0.0)
HARSH = Habit(severity=1.2)

CROWDS: dict[str, tuple[tuple[Habit, float], ...]] = {
    "all careful": ((CAREFUL, 1.0),),
    "40 % noisy": ((CAREFUL, 0.6), (NOISY, 0.4)),
    "25 % straight-lining": ((CAREFUL, 0.75), (STUCK, 0.25)),
    "30 % harsh": ((CAREFUL, 0.7), (HARSH, 0.3)),
    "30 % at random": ((CAREFUL, 0.7), (RANDOM, 0.3)),
    "15 % of each": ((CAREFUL, 0.4), (NOISY, 0.15), (STUCK, 0.15), (HARSH, 0.15), (RANDOM, 0.15)),
}

Aggregation = Callable[[CrossedRatings], np.ndarray]


def plain_mean(ratings: CrossedRatings) -> np.ndarray:
    sums, counts = ratings.by_item()
    return sums / counts


def rater_model(ratings: CrossedRatings) -> np.ndarray:
    return fit_rater_model(ratings).score


def dawid_skene(ratings: CrossedRatings) -> np.ndarray:
    """The expected score under the labels' chances."""
    return aggregate(ratings=ratings, model="dawid-skene").expected


def beside(
    name: str, aggregations: dict[str, Aggregation], *, n_items: int, n_raters: int, runs: int
) -> dict[str, tuple[float, float, float]]:
    """Error, rank correlation, and share of runs with a smaller error than the first has."""
    errors, ranks = np.zeros((2, runs, len(aggregations)))
    for run in range(runs):
        rng = np.random.default_rng([run, n_items])
        ratings, truth = _crowd(rng, CROWDS[name], n_items, n_raters)
        for place, scores in enumerate(each(ratings) for each in aggregations.values()):
            errors[run, place] = np.sqrt(np.mean((scores - truth) ** 2))
            ranks[run, place] = spearmanr(scores, truth).statistic
    better = (errors < errors[:, :1]).mean(axis=0)
    found = zip(errors.mean(axis=0), ranks.mean(axis=0), better, strict=True)
    return dict(zip(aggregations, (tuple(map(float, each)) for each in found), strict=True))


def _crowd(
    rng: Draw, habits: tuple[tuple[Habit, float], ...], n_items: int, n_raters: int
) -> tuple[CrossedRatings, np.ndarray]:
    kinds, shares = zip(*habits, strict=True)
    # Exact shares: a small crowd would otherwise be another one in each run.
    bounds = np.rint(np.cumsum(shares) * n_raters).astype(int)
    kind = np.searchsorted(bounds, np.arange(n_raters), side="right")
    severity, noise, reads = (
        np.array([getattr(kinds[k], field) for k in kind])
        for field in ("severity", "noise", "reads")
    )
    severity = severity + severities(rng, n_raters)
    quality = qualities(rng, n_items)
    item, rater = assigned(rng, n_items, n_raters)
    middle = quality.mean()
    latent = middle + reads[rater] * (quality[item] - middle) - severity[rater]
    latent += noise[rater] * rng.normal(size=len(item))
    return crossed_ratings(item, rater, rounded(latent)), _truth(rng, quality)


def _truth(rng: Draw, quality: np.ndarray) -> np.ndarray:
    others = severities(rng, 500) + CAREFUL.noise * rng.normal(size=500)
    return rounded(quality[:, None] - others).mean(axis=1)
