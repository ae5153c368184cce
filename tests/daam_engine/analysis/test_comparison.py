from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from daam_engine.analysis.comparison import compare, rank_correlation

NAN = float("nan")


def test_two_methods_are_compared_on_the_items_that_both_have():
    found = compare([0.5, 0.7, 0.9, NAN], [0.4, 0.5, 0.6, 0.9])
    assert_allclose(found.first.value, 0.7)
    assert_allclose(found.second.value, 0.5)
    assert_allclose(found.difference.value, 0.2)
    assert (found.difference.n, found.p) == (3, 2 / 8)


def test_pairing_sees_a_difference_that_two_separate_means_hide():
    rng = np.random.default_rng(1)
    hard = rng.random(80)  # how easy the items are differs much more than the methods do
    found = compare(hard + 0.02 + rng.normal(0, 0.02, 80), hard)
    assert found.difference.low > 0
    assert found.first.low < found.second.high


def test_a_picture_is_one_observation():
    assert compare([1.0] * 6, [0.0] * 6, ["a"] * 6).p == 1.0


def test_ranks_by_hand():
    assert rank_correlation([1, 2, 3], [10, 30, 20]).value == 0.5
    assert rank_correlation([1, 2, 3], [1, 8, 27]).value == 1.0


def test_rank_correlation_agrees_with_another_library_with_ties():
    rng = np.random.default_rng(4)
    first, second = rng.integers(1, 6, 200), rng.random(200).round(1)
    found = rank_correlation(first, second)
    assert_allclose(found.value, stats.spearmanr(first, second).statistic)
    assert found.low < found.value < found.high
    assert_allclose(found.high - found.low, 2 * 1.96 / math.sqrt(200), rtol=0.15)


def test_what_cannot_be_correlated_is_undefined():
    assert math.isnan(rank_correlation([1, 1, 1], [1, 2, 3]).value)
    assert rank_correlation([1, NAN, 3, 4], [1, 2, 3, NAN]).n == 2
    assert math.isnan(rank_correlation([1, 2, 3], [1, 2, 3], ["a", "a", "a"]).low)
    with pytest.raises(ValueError, match="2 and 3 values"):
        rank_correlation([1, 2], [1, 2, 3])
