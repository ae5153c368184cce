"""Sums over every rater's ratings, on many resamples of the items at a time.

A statistic that asks who rated what needs them once per resample. Looking up how often each
rating's item was drawn is what they cost; with the resamples of an item side by side, a look-up
serves all of them, and the sums of a rater are one small matrix product.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.statistics.crossed import CrossedRatings

# What is looked up and summed at one time stays in a core's cache: 2 MiB of float64.
_CACHED = 2**18


@dataclass(frozen=True, slots=True, eq=False)
class RaterSums:
    """Columns of one value per rating, to be summed over each rater's ratings.

    Raters are ordered by how many ratings they have: those with equally many are a rectangle.
    """

    items: NDArray[np.int64]  # (rating,)
    columns: NDArray[np.float64]  # (column, rating)
    raters: NDArray[np.int64]  # (rater,), places in `CrossedRatings.raters`
    sizes: NDArray[np.int64]  # (rater,), ascending

    @classmethod
    def of(cls, ratings: CrossedRatings, *columns: NDArray) -> RaterSums:
        sizes = np.bincount(ratings.rater)
        raters = np.argsort(sizes, kind="stable")
        rank = np.empty_like(raters, dtype=np.min_scalar_type(len(raters)))  # 16 bits sort faster
        rank[raters] = np.arange(len(raters))
        order = np.argsort(rank[ratings.rater], kind="stable")
        table = np.array([column[order] for column in columns], dtype=np.float64)
        return cls(ratings.item[order], table, raters, sizes[raters])

    @property
    def elements(self) -> int:
        """What one replicate takes: for `bootstrap.blocks`."""
        return len(self.columns) * len(self.raters)

    def on(self, draws: NDArray) -> NDArray[np.float64]:
        """The sums (rater, column, replicate) when items occur as often as `draws` says.

        `draws` is (item, replicate).
        """
        n_replicates = draws.shape[1]
        sums = np.zeros((len(self.raters), len(self.columns), n_replicates))
        for raters, ratings in self._rectangles(max(1, _CACHED // n_replicates)):
            columns = self.columns[:, ratings].reshape(len(self.columns), len(raters), -1)
            drawn = draws.take(self.items[ratings], axis=0).astype(np.float64)
            # (rater, column, its rating) @ (rater, its rating, replicate)
            sums[raters] += columns.swapaxes(0, 1) @ drawn.reshape(len(raters), -1, n_replicates)
        return sums

    def _rectangles(self, most: int) -> Iterator[tuple[NDArray[np.int64], slice]]:
        """Raters with equally many ratings, or one with more than `most`, and where these lie.

        A rater with so many comes several times, each time with the next `most` ratings.
        """
        rater = rating = 0
        sizes, numbers = np.unique(self.sizes, return_counts=True)
        for size, number in zip(sizes.tolist(), numbers.tolist(), strict=True):
            together = max(1, most // size)
            for start in range(rater, rater + number, together):
                raters = self.raters[start : min(start + together, rater + number)]
                end = rating + len(raters) * size
                for piece in range(rating, end, most):
                    yield raters, slice(piece, min(piece + most, end))
                rating = end
            rater += number


def item_sums(table: NDArray[np.float64], draws: NDArray) -> NDArray[np.float64]:
    """Sums of a table (item, column) when items occur as often as `draws` (item, replicate) says.

    (column, replicate): `table.T @ draws`, without ever holding all draws as floats.
    """
    sums = np.zeros((table.shape[1], draws.shape[1]))
    together = max(1, _CACHED // draws.shape[1])
    for start in range(0, len(table), together):
        rows = slice(start, start + together)
        sums += table[rows].T @ draws[rows].astype(np.float64)
    return sums
