"""Exact tests of counts."""

from __future__ import annotations

import math
from math import comb


def fisher_exact(first: tuple[int, int], second: tuple[int, int]) -> float:
    """Two-sided p of Fisher's exact test on two rows of (successes, failures).

    The sum, over all tables with these margins, of the probabilities of those that are no likelier
    than the one seen; in whole numbers, so that equally likely tables are equal. nan where a row is
    empty. Fisher (1935), "The Design of Experiments".
    """
    if min(*first, *second) < 0:
        raise ValueError("A table of counts holds no negative numbers.")
    n_first, n_second = sum(first), sum(second)
    if not n_first or not n_second:
        return math.nan
    successes = first[0] + second[0]
    fewest, most = max(0, successes - n_second), min(n_first, successes)
    ways = [
        comb(n_first, among_first) * comb(n_second, successes - among_first)
        for among_first in range(fewest, most + 1)
    ]
    seen = ways[first[0] - fewest]
    return sum(way for way in ways if way <= seen) / sum(ways)
