"""Tests that shuffle which items belong to which group: no model, no distribution assumed.

What is exchanged is the item with all its ratings, never a rating: ratings of one item are alike,
and shuffling them one by one finds differences that are not there. A p-value is exact where all
rearrangements can be counted, and otherwise (b + 1) / (m + 1) from m random ones, b of them at
least as extreme (Phipson and Smyth 2010, "Permutation p-values should never be zero").
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from annotator.statistics.bootstrap import blocks

EXACT_LIMIT = 20_000  # rearrangements that are all looked at

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Significance:
    """A p-value, and whether every rearrangement was looked at. nan: there was nothing to test."""

    p: float
    exact: bool


UNTESTED = Significance(math.nan, False)


def significance(observed: float, rearranged: Floats, exact: bool) -> Significance:
    """The share of rearrangements whose size is at least that of `observed`: two-sided."""
    # Equal sums taken in another order differ in the last bits; they count as equal.
    as_extreme = np.abs(rearranged) >= abs(observed) - 1e-9 * max(1.0, abs(observed))
    if exact:
        return Significance(float(as_extreme.mean()), True)
    return Significance(float((as_extreme.sum() + 1) / (len(rearranged) + 1)), False)


def holm(p_values: ArrayLike) -> Floats:
    """The p-values adjusted for being a family: Holm (1979), step-down; nan stays and counts not.

    Reject every hypothesis whose adjusted value is at most α, and the chance of rejecting any true
    one is at most α, however the tests depend on each other.
    """
    values = np.asarray(p_values, dtype=np.float64)
    if values.ndim != 1 or ((values < 0) | (values > 1)).any():
        raise ValueError("Give the p-values of one family: numbers between 0 and 1, in one row.")
    tested = np.flatnonzero(~np.isnan(values))
    order = tested[np.argsort(values[tested], kind="stable")]
    stepped = values[order] * np.arange(len(order), 0, -1)
    adjusted = np.full(len(values), math.nan)
    adjusted[order] = np.minimum(np.maximum.accumulate(stepped), 1)
    return adjusted


def sign_flips(differences: ArrayLike, *, rng: np.random.Generator, n: int = 9999) -> Significance:
    """Test that pairs differ by zero on average: each difference may as well have the other sign.

    One difference per pair. Pairs without a difference say nothing and are left out of the
    counting; without any that differs, p is 1. No pair at all: nan.
    """
    values = np.asarray(differences, dtype=np.float64)
    if not len(values):
        return UNTESTED
    sizes = np.abs(values[values != 0])
    observed = float(values.sum())
    if len(sizes) <= math.log2(EXACT_LIMIT):
        signs = 1 - 2 * ((np.arange(2 ** len(sizes))[:, None] >> np.arange(len(sizes))) & 1)
        return significance(observed, signs @ sizes, exact=True)
    # Pairs that differ equally are one cell: how many are positive is one binomial draw.
    distinct, multiplicity = np.unique(sizes, return_counts=True)
    positive = rng.binomial(multiplicity, 0.5, size=(n, len(distinct)))
    return significance(observed, (2 * positive - multiplicity) @ distinct, exact=False)


def random_splits(
    multiplicities: NDArray[np.int64], *, rng: np.random.Generator, n: int
) -> Iterator[Floats]:
    """Yield `n` random deals of the items to groups of the same sizes: (replicate, group, pattern).

    `multiplicities` (group, pattern) says how many items of each group have each pattern. Items of
    one pattern are interchangeable, so a replicate costs patterns, not items. They come in blocks.
    """
    for block in blocks(n, 4 * multiplicities.size):
        left = np.broadcast_to(multiplicities.sum(axis=0), (block, multiplicities.shape[1])).copy()
        splits = np.empty((block, *multiplicities.shape))
        for group, size in enumerate(multiplicities.sum(axis=1)):
            drawn = _without_replacement(left, int(size), rng)
            splits[:, group] = drawn
            left -= drawn
        yield splits


def log_splits(size: int, other: int) -> float:
    """Natural logarithm of the number of ways to deal items to two groups of these sizes."""
    return math.lgamma(size + other + 1) - math.lgamma(size + 1) - math.lgamma(other + 1)


def all_splits(multiplicities: NDArray[np.int64]) -> NDArray[np.float64]:
    """Every assignment of items to the first of two groups: (assignment, group, pattern)."""
    totals = multiplicities.sum(axis=0)
    pattern = np.repeat(np.arange(len(totals)), totals)  # (item,)
    size = int(multiplicities[0].sum())
    chosen = _table(combinations(pattern.tolist(), size), size)
    first = np.stack([(chosen == place).sum(axis=1) for place in range(len(totals))], axis=1)
    return np.stack([first, totals - first], axis=1).astype(np.float64)


def _table(rows: Iterable[tuple[int, ...]], width: int) -> NDArray[np.int64]:
    return np.array(list(rows), dtype=np.int64).reshape(-1, width)


def _without_replacement(
    left: NDArray[np.int64], size: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Draw `size` items from what each replicate has `left` (replicate, pattern), same shape."""
    drawn = np.zeros_like(left)
    behind = left.sum(axis=1)
    wanted = np.full(len(left), size)
    for place in range(left.shape[1]):
        behind = behind - left[:, place]
        drawn[:, place] = rng.hypergeometric(left[:, place], behind, wanted)
        wanted = wanted - drawn[:, place]
    return drawn
