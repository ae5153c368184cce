"""Means with bootstrap intervals, whose units are pictures or prompts rather than single pairs.

Two words of one picture are not two independent observations: what is drawn again is the cluster,
with all that is in it. Undefined values (NaN) are left out before anything is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

RESAMPLES = 2000
CONFIDENCE = 0.95
_AT_ONCE = 250  # resamples drawn in one array

Clusters = Sequence[Any] | np.ndarray  # a name per value; values of one name belong together


@dataclass(frozen=True)
class Estimate:
    """A mean over `n` values and its percentile bootstrap interval (95 % unless asked otherwise).

    The interval is NaN where there are fewer than two clusters.
    """

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, eq=False)
class _Clusters:
    """Per cluster the sum of its values and how many they are; both (cluster,)."""

    sums: np.ndarray
    counts: np.ndarray

    @classmethod
    def of(cls, values: ArrayLike, clusters: Clusters | None) -> _Clusters:
        numbers = np.asarray(values, dtype=np.float64)
        names = np.arange(numbers.size) if clusters is None else np.asarray(clusters)
        if names.shape != numbers.shape:
            raise ValueError(f"There are {numbers.size} values and {names.size} clusters.")
        known = ~np.isnan(numbers)
        _, place = np.unique(names[known], return_inverse=True)
        return cls(np.bincount(place, numbers[known]), np.bincount(place))

    @property
    def n(self) -> int:
        return int(self.counts.sum())

    @property
    def mean(self) -> float:
        return float(self.sums.sum() / self.n) if self.n else float("nan")

    def resampled_means(self, rng: np.random.Generator, resamples: int) -> np.ndarray:
        """The mean of every resample: (resample,)."""
        size = len(self.sums)
        means = [
            (drawn @ self.sums) / (drawn @ self.counts) for drawn in _draws(rng, size, resamples)
        ]
        return np.concatenate(means)


def mean_of(
    values: ArrayLike,
    clusters: Clusters | None = None,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
    confidence: float = CONFIDENCE,
) -> Estimate:
    """The mean of `values`, of which those with equal `clusters` belong together."""
    groups = _Clusters.of(values, clusters)
    if len(groups.sums) < 2:
        return Estimate(groups.mean, float("nan"), float("nan"), groups.n)
    means = groups.resampled_means(np.random.default_rng(seed), resamples)
    return Estimate(groups.mean, *_middle(means, confidence), groups.n)


def difference_of(
    first: ArrayLike,
    second: ArrayLike,
    first_clusters: Clusters | None = None,
    second_clusters: Clusters | None = None,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
    confidence: float = CONFIDENCE,
) -> Estimate:
    """Mean of `first` minus mean of `second`, of unrelated pictures; each is drawn for itself."""
    a, b = _Clusters.of(first, first_clusters), _Clusters.of(second, second_clusters)
    value, n = a.mean - b.mean, a.n + b.n
    if min(len(a.sums), len(b.sums)) < 2:
        return Estimate(value, float("nan"), float("nan"), n)
    rng = np.random.default_rng(seed)
    means = a.resampled_means(rng, resamples) - b.resampled_means(rng, resamples)
    return Estimate(value, *_middle(means, confidence), n)


def _middle(means: np.ndarray, confidence: float) -> tuple[float, float]:
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def _draws(rng: np.random.Generator, size: int, resamples: int) -> Iterator[np.ndarray]:
    """How often each of `size` clusters is drawn: (resample, cluster), in blocks."""
    for start in range(0, resamples, _AT_ONCE):
        rows = min(_AT_ONCE, resamples - start)
        yield rng.multinomial(size, np.full(size, 1 / size), size=rows)
