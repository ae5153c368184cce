"""Ratings crossed by item and rater, one row per rating: the form in which rater effects are seen.

Most cells of items × raters are empty, so nothing here is ever made wide.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True)
class CrossedRatings:
    """Who gave which item what. Build it with `crossed_ratings`.

    `item` and `rater` are places in `items` and `raters`, which hold the labels, ascending, of
    those that have at least one rating. Ratings are ordered by item.
    """

    item: NDArray[np.int64]  # (rating,)
    rater: NDArray[np.int64]  # (rating,)
    score: NDArray[np.float64]  # (rating,)
    items: NDArray  # (item,)
    raters: NDArray  # (rater,)

    def by_item(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Sum and number of the scores of each item."""
        return self.sums_of(self.item, len(self.items))

    def by_rater(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Sum and number of the scores of each rater."""
        return self.sums_of(self.rater, len(self.raters))

    def sums_of(
        self, group: NDArray[np.int64], n_groups: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Sum and number of the scores in each group; `group` has one number per rating."""
        sums = np.bincount(group, weights=self.score, minlength=n_groups)
        sizes = np.bincount(group, minlength=n_groups)
        return sums.astype(np.float64), sizes.astype(np.float64)


def crossed_ratings(items: ArrayLike, raters: ArrayLike, scores: ArrayLike) -> CrossedRatings:
    """From one label of the item, one of the rater and one score per rating.

    Opt-outs have no score and are left out by the caller: nan raises ValueError.
    """
    item_labels, rater_labels = np.asarray(items), np.asarray(raters)
    score = np.asarray(scores, dtype=np.float64)
    if score.ndim != 1 or not item_labels.shape == rater_labels.shape == score.shape:
        raise ValueError(
            "Give one item, one rater and one score per rating, as three arrays of equal length; "
            f"their shapes were {item_labels.shape}, {rater_labels.shape} and {score.shape}."
        )
    if not np.isfinite(score).all():
        raise ValueError("Leave out ratings without a score; nan and infinity cannot be summed.")
    item_names, item = np.unique(item_labels, return_inverse=True)
    rater_names, rater = np.unique(rater_labels, return_inverse=True)
    order = np.argsort(item, kind="stable")
    return CrossedRatings(item[order], rater[order], score[order], item_names, rater_names)
