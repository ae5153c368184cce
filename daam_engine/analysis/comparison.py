"""Two ways of measuring the same things, beside each other: methods, models, people and masks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from daam_engine.analysis.intervals import CONFIDENCE, RESAMPLES, Clusters, Estimate, mean_of
from daam_engine.analysis.significance import sign_flip_test


@dataclass(frozen=True)
class Comparison:
    """Means over the items that both have a value of; `difference` is first less second, paired."""

    first: Estimate
    second: Estimate
    difference: Estimate
    p: float


def compare(
    first: ArrayLike, second: ArrayLike, clusters: Clusters | None = None, *, seed: int = 0
) -> Comparison:
    """Two methods on the same items, such as the IoU of every noun under each.

    Items of one cluster (a picture) belong together. Items that lack either value are left out.
    """
    a, b, names = _both(first, second, clusters)
    return Comparison(
        mean_of(a, names, seed=seed),
        mean_of(b, names, seed=seed),
        mean_of(a - b, names, seed=seed),
        sign_flip_test(a - b, names, seed=seed),
    )


def rank_correlation(
    first: ArrayLike,
    second: ArrayLike,
    clusters: Clusters | None = None,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
    confidence: float = CONFIDENCE,
) -> Estimate:
    """Spearman's, with a bootstrap interval over clusters: do people's scores of nouns rise with
    the IoU of their maps?

    NaN where either side is constant. Items that lack either value are left out.
    """
    a, b, names = _both(first, second, clusters)
    value = _spearman(a, b)
    _, place = np.unique(names, return_inverse=True)
    members = [np.flatnonzero(place == number) for number in range(place.max(initial=-1) + 1)]
    if len(members) < 2:
        return Estimate(value, float("nan"), float("nan"), a.size)
    rng = np.random.default_rng(seed)
    drawn = [
        np.concatenate(
            [members[number] for number in rng.integers(len(members), size=len(members))]
        )
        for _ in range(resamples)
    ]
    values = np.array([_spearman(a[rows], b[rows]) for rows in drawn])
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    low, high = np.quantile(values[~np.isnan(values)], tails) if value == value else (value, value)
    return Estimate(value, float(low), float(high), a.size)


def _both(
    first: ArrayLike, second: ArrayLike, clusters: Clusters | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    names = np.arange(a.size) if clusters is None else np.asarray(clusters)
    if not a.shape == b.shape == names.shape:
        raise ValueError(f"There are {a.size} and {b.size} values and {names.size} clusters.")
    known = ~(np.isnan(a) | np.isnan(b))
    return a[known], b[known], names[known]


def _spearman(a: np.ndarray, b: np.ndarray) -> float:
    first, second = _ranks(a), _ranks(b)
    if a.size < 2 or not (np.ptp(first) and np.ptp(second)):
        return float("nan")
    return float(np.corrcoef(first, second)[0, 1])


def _ranks(values: np.ndarray) -> np.ndarray:
    """From 0; equal values share the mean of their ranks."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    means: np.ndarray = ends - (counts + 1) / 2
    return means[place]
