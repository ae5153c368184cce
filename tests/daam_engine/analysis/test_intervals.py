from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from daam_engine.analysis.intervals import difference_of, mean_of

NAN = float("nan")


def test_mean_and_interval_by_hand():
    # Two clusters with means 0 and 1: a resample is 0, 1/2 or 1, with shares 1/4, 1/2, 1/4.
    found = mean_of([0.0, 1.0], confidence=0.4)
    assert (found.value, found.low, found.high, found.n) == (0.5, 0.5, 0.5, 2)
    assert (mean_of([0.0, 1.0]).low, mean_of([0.0, 1.0]).high) == (0.0, 1.0)


def test_what_belongs_together_is_drawn_together():
    # 20 values that are 2 clusters carry the information of 2, not of 20.
    values = [0.0] * 10 + [1.0] * 10
    clustered = mean_of(values, ["a"] * 10 + ["b"] * 10)
    alone = mean_of(values)
    assert (clustered.low, clustered.high) == (0.0, 1.0)
    assert alone.high - alone.low < 0.5


def test_large_clusters_weigh_more():
    assert mean_of([1.0, 1.0, 1.0, 0.0], [1, 1, 1, 2]).value == 0.75


def test_undefined_values_are_left_out_and_one_cluster_has_no_interval():
    assert mean_of([NAN, 0.5, 1.0], [1, 2, 2]).n == 2
    assert math.isnan(mean_of([NAN, 0.5, 1.0], [1, 2, 2]).low)
    assert math.isnan(mean_of([]).value)
    with pytest.raises(ValueError, match="3 values and 2 clusters"):
        mean_of([1.0, 2.0, 3.0], [1, 2])


def test_intervals_agree_with_theory_on_many_values():
    values = np.random.default_rng(1).normal(size=400)
    found = mean_of(values, seed=3)
    error = values.std() / 20
    assert_allclose([found.low, found.high], values.mean() + np.array([-1.96, 1.96]) * error, 0.15)


def test_a_difference_has_the_variance_of_both_sides():
    rng = np.random.default_rng(2)
    first, second = rng.normal(1.0, 1.0, 300), rng.normal(0.0, 2.0, 300)
    found = difference_of(first, second)
    error = math.sqrt(first.var() / 300 + second.var() / 300)
    assert_allclose(found.value, first.mean() - second.mean())
    assert_allclose(found.high - found.low, 2 * 1.96 * error, rtol=0.1)
    assert math.isnan(difference_of([1.0], [1.0, 2.0]).low)
