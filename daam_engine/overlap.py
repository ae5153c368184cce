"""How much two boolean masks overlap.

Paper §4, with A the mask of a dependent word and B that of its head. Where the denominator is
empty the overlap is undefined, and NaN: means over many pairs leave such pairs out.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike


def iou(first: ArrayLike, second: ArrayLike) -> float:
    """Intersection over union, |A ∩ B| / |A ∪ B|; NaN when both masks are empty."""
    a, b = _masks(first, second)
    return _ratio(a & b, a | b)


def iod(dependent: ArrayLike, head: ArrayLike) -> float:
    """Intersection over the dependent, |A ∩ B| / |A|; NaN when the dependent's mask is empty."""
    a, b = _masks(dependent, head)
    return _ratio(a & b, a)


def ioh(dependent: ArrayLike, head: ArrayLike) -> float:
    """Intersection over the head, |A ∩ B| / |B|; NaN when the head's mask is empty."""
    a, b = _masks(dependent, head)
    return _ratio(a & b, b)


def _masks(first: ArrayLike, second: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    a, b = np.asarray(first), np.asarray(second)
    if a.dtype != bool or b.dtype != bool or a.shape != b.shape:
        raise ValueError(
            f"Masks are booleans of one shape; got {a.dtype} {a.shape} and {b.dtype} {b.shape}."
        )
    return a, b


def _ratio(part: np.ndarray, whole: np.ndarray) -> float:
    size = np.count_nonzero(whole)
    return np.count_nonzero(part) / size if size else math.nan
