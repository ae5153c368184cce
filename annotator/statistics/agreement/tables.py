"""The forms in which ratings come, and what is refused.

- *ratings*, raters × items, nan where a rater did not rate an item;
- `CrossedRatings`, one entry per rating, for crowds whose matrix would be mostly empty;
- *counts*, items × values: how many raters gave the item each value of the scale. Where it does
  not matter who rated, this is all that agreement depends on, and it stays small.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from annotator.statistics.crossed import CrossedRatings, crossed_ratings

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]


Ratings: TypeAlias = ArrayLike | CrossedRatings


def as_crossed(ratings: Ratings, *, repeats: bool = False) -> CrossedRatings:
    """Either form, one entry per rating; ValueError for a rater who rated an item twice.

    With `repeats`, several ratings of an item by one rater are allowed.
    """
    if not isinstance(ratings, CrossedRatings):
        return _of_matrix(ratings)
    if not repeats:
        cells = np.sort(ratings.rater * len(ratings.items) + ratings.item)
        if (np.diff(cells) == 0).any():
            raise ValueError(
                "A rater rated an item more than once; keep one rating of each, and look at the "
                "others with self_agreement."
            )
    return ratings


def counts_of(ratings: Ratings, values: ArrayLike | None = None) -> tuple[Integers, Floats]:
    """Counts (rated item, value) and the scale: `values`, or without them the scores that occur."""
    given = as_crossed(ratings)
    scale = np.unique(given.score) if values is None else checked_values(values)
    return count_table(given.item, given.score, scale, len(given.items)), scale


def count_table(items: ArrayLike, scores: ArrayLike, values: ArrayLike, n_items: int) -> Integers:
    """Count long ratings: row i, column j says how often item i was given `values[j]`.

    `items` holds the row, 0 to n_items - 1, and `scores` the value of each rating; `values`
    ascend. A score that is not on the scale raises ValueError: nothing is dropped silently.
    """
    rows, scale = np.asarray(items, dtype=np.int64), checked_values(values)
    columns = codes(scores, scale)
    if rows.size and not 0 <= rows.min() <= rows.max() < n_items:
        raise ValueError(f"Items are numbered 0 to {n_items - 1}; there was another number.")
    cells = np.bincount(rows * len(scale) + columns, minlength=n_items * len(scale))
    return cells.reshape(n_items, len(scale))  # (item, value)


def codes(scores: ArrayLike, scale: Floats) -> Integers:
    """The place of each score on the scale: the value numbered 0 comes first."""
    given = np.asarray(scores)
    columns = np.searchsorted(scale, given)
    known = columns < len(scale)
    known[known] = scale[columns[known]] == given[known]
    if not known.all():
        raise ValueError(f"The score {given[~known][0]} is not on the scale {scale.tolist()}.")
    return columns


def checked_counts(counts: ArrayLike) -> Floats:
    table = numbers(counts, "Counts")
    if table.ndim != 2:
        raise ValueError(f"Counts are an items × values table; the shape was {table.shape}.")
    if not ((table >= 0) & (table == np.floor(table)) & np.isfinite(table)).all():
        raise ValueError("Counts are whole numbers, zero or more.")
    return table


def checked_values(values: ArrayLike, n_values: int | None = None) -> Floats:
    scale = numbers(values, "Values")
    if scale.ndim != 1 or (n_values is not None and len(scale) != n_values):
        raise ValueError(
            f"Give one value per column: {n_values or 'some'} columns, values {scale.shape}."
        )
    if not np.isfinite(scale).all() or (np.diff(scale) <= 0).any():
        raise ValueError(f"The values of a scale ascend and are finite; they were {scale}.")
    return scale


def pairable(counts: ArrayLike) -> Floats:
    """The rows of items rated at least twice; the others have no pair that could agree."""
    table = checked_counts(counts)
    return table[table.sum(axis=1) >= 2]


def checked_over(over: str) -> None:
    """Intervals here resample items; whoever asks for something else is told so."""
    if over != "items":
        raise ValueError(f"Agreement can be resampled over 'items'; over={over!r} is not known.")


def _of_matrix(ratings: ArrayLike) -> CrossedRatings:
    matrix = numbers(ratings, "Ratings")
    if matrix.ndim != 2:
        raise ValueError(f"Ratings are a raters × items matrix; the shape was {matrix.shape}.")
    raters, items = rated = np.nonzero(~np.isnan(matrix))
    scores = matrix[rated]
    if not np.isfinite(scores).all():
        raise ValueError("Ratings are finite; nan means not rated, and infinity is no score.")
    return crossed_ratings(items, raters, scores)


def numbers(values: ArrayLike, what: str) -> Floats:
    """As floats; what is no number, or no regular array, is refused in a sentence."""
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{what} are numbers in a regular array; {error}.") from error
