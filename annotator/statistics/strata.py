"""Two arms' items of one stratum, counted by pattern: what a comparison resamples and shuffles.

Items with the same sum and number of scores are one pattern. Three ratings on five points have 34
of them, so a replicate costs the same for a thousand items and for a million.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from annotator.statistics import permutation
from annotator.statistics.bootstrap import blocks, pattern_of_rows

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Stratum:
    """`patterns` (pattern, sum and count) by ascending mean, `multiplicities` (arm, pattern).

    Draws are (replicate, arm, pattern): how many items of each pattern an arm holds.
    """

    patterns: Floats
    multiplicities: NDArray[np.int64]

    @property
    def n_items(self) -> int:
        return int(self.multiplicities.sum())

    @property
    def n_pairs(self) -> float:
        """How many items of one arm meet one of the other."""
        return float(np.prod(self.multiplicities.sum(axis=1), dtype=np.float64))

    @property
    def weight(self) -> float:
        """n·m / (n + m): the precision of a difference of means of n and of m items."""
        return self.n_pairs / self.n_items

    @property
    def log_splits(self) -> float:
        return permutation.log_splits(*map(int, self.multiplicities.sum(axis=1)))

    def differences(self, draws: Floats) -> Floats:
        """Mean of all ratings in the first arm less that in the other: (replicate,)."""
        sums = draws @ self.patterns  # (replicate, arm, sum and count)
        means = sums[..., 0] / sums[..., 1]
        return means[:, 0] - means[:, 1]

    def deltas(self, draws: Floats) -> Floats:
        """Cliff's delta of the items' mean scores: (replicate,)."""
        means = self.patterns[:, 0] / self.patterns[:, 1]
        starts = np.flatnonzero(np.diff(means, prepend=-np.inf))  # several patterns, one mean
        one, other = np.moveaxis(np.add.reduceat(draws, starts, axis=-1), 1, 0)
        up_to = np.cumsum(other, axis=-1)
        below, total = up_to - other, up_to[:, -1:]
        net = (one * (below - (total - up_to))).sum(axis=-1)  # higher less lower pairs
        return net / (one.sum(axis=-1) * total[:, 0])

    def statistics(self, draws: Floats) -> Floats:
        """Difference and delta: (replicate, 2)."""
        return np.stack([self.differences(draws), self.deltas(draws)], axis=1)

    def observed(self) -> Floats:
        """Difference and delta of the items as they are: (2,)."""
        return self.statistics(self.multiplicities[None].astype(np.float64))[0]

    def resampled(self, rng: np.random.Generator, n: int) -> Floats:
        """`statistics` of `n` bootstrap draws of the items of each arm: (replicate, 2)."""
        arms = self.multiplicities
        drawn = (
            np.stack([rng.multinomial(arm.sum(), arm / arm.sum(), size) for arm in arms], axis=1)
            for size in blocks(n, 4 * arms.size)
        )
        return np.concatenate([self.statistics(block.astype(np.float64)) for block in drawn])

    def shuffled(self, rng: np.random.Generator, n: int) -> Floats:
        """`differences` of `n` random deals of all items to arms of the same sizes."""
        dealt = permutation.random_splits(self.multiplicities, rng=rng, n=n)
        return np.concatenate([self.differences(block) for block in dealt])

    def every_split(self) -> Floats:
        """`differences` of every deal of all items to arms of the same sizes: (deal,)."""
        return self.differences(permutation.all_splits(self.multiplicities))


def strata_of(
    one: Floats, other: Floats, strata: ArrayLike | None, other_strata: ArrayLike | None
) -> tuple[Stratum, ...]:
    """The strata in which both arms have a rated item; without labels, all items are one stratum.

    `one` and `other` are (item, sum and count).
    """
    if (strata is None) != (other_strata is None):
        raise ValueError("Give the strata of both arms, or of neither.")
    labels = _labels(strata, one), _labels(other_strata, other)
    rated = one[:, 1] > 0, other[:, 1] > 0
    common = np.intersect1d(labels[0][rated[0]], labels[1][rated[1]])
    return tuple(
        _stratum(one[rated[0] & (labels[0] == label)], other[rated[1] & (labels[1] == label)])
        for label in common
    )


def _labels(strata: ArrayLike | None, terms: Floats) -> NDArray:
    labels = np.zeros(len(terms)) if strata is None else np.asarray(strata)
    if labels.shape != terms.shape[:1]:
        raise ValueError(f"Give one stratum per item: {len(terms)} items, strata {labels.shape}.")
    return labels


def _stratum(one: Floats, other: Floats) -> Stratum:
    patterns, place = pattern_of_rows(np.concatenate([one, other]))
    arms = place[: len(one)], place[len(one) :]
    multiplicities = np.stack([np.bincount(arm, minlength=len(patterns)) for arm in arms])
    order = np.argsort(patterns[:, 0] / patterns[:, 1], kind="stable")
    return Stratum(patterns[order], multiplicities[:, order])
