"""Exact and permutation tests: no distribution is assumed of how maps overlap."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import comb

import numpy as np
from numpy.typing import ArrayLike

from daam_engine.analysis.intervals import Clusters

FLIPS = 9999
_MOST_EXACT = 12  # clusters of which all 2ⁿ assignments of signs are tried
_ROUNDING = 1e-12


def sign_flip_test(
    differences: ArrayLike,
    clusters: Clusters | None = None,
    *,
    flips: int = FLIPS,
    seed: int = 0,
) -> float:
    """Two-sided p of “`differences` lie symmetrically around 0”; NaN where there are none.

    The differences of one cluster keep a common sign, since they are not independent. Up to 12
    clusters every assignment of signs is tried; beyond, `flips` random ones are, and the p-value
    counts what was seen among them: (1 + as extreme) / (1 + flips).
    """
    values = np.asarray(differences, dtype=np.float64)
    names = np.arange(values.size) if clusters is None else np.asarray(clusters)
    known = ~np.isnan(values)
    if not known.any():
        return float("nan")
    _, place = np.unique(names[known], return_inverse=True)
    sums = np.bincount(place, values[known])
    observed = abs(sums.sum()) * (1 - _ROUNDING) - _ROUNDING
    if len(sums) <= _MOST_EXACT:
        signs = np.array(list(product((1, -1), repeat=len(sums))))
        return float(np.mean(np.abs(signs @ sums) >= observed))
    rng = np.random.default_rng(seed)
    signs = rng.integers(0, 2, size=(flips, len(sums)), dtype=np.int8) * 2 - 1
    extreme = np.count_nonzero(np.abs(signs @ sums) >= observed)
    return float((1 + extreme) / (1 + flips))


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's adjusted p-values, in the order given; NaN stays, and is not counted as a test."""
    tested = sorted((p, place) for place, p in enumerate(p_values) if not np.isnan(p))
    adjusted, largest = [float("nan")] * len(p_values), 0.0
    for rank, (p, place) in enumerate(tested):
        largest = max(largest, min(1.0, p * (len(tested) - rank)))
        adjusted[place] = largest
    return adjusted


def fisher_exact(first: tuple[int, int], second: tuple[int, int]) -> float:
    """Two-sided p of Fisher's exact test on two rows of (successes, failures).

    The sum, over all tables with these margins, of the probabilities of those that are no likelier
    than the one seen; in whole numbers, so that equally likely tables are equal.
    """
    if min(*first, *second) < 0:
        raise ValueError("A table of counts holds no negative numbers.")
    n_first, n_second = sum(first), sum(second)
    successes = first[0] + second[0]
    ways = [
        comb(n_first, among_first) * comb(n_second, successes - among_first)
        for among_first in range(max(0, successes - n_second), min(n_first, successes) + 1)
    ]
    seen = comb(n_first, first[0]) * comb(n_second, second[0])
    return sum(way for way in ways if way <= seen) / sum(ways)
