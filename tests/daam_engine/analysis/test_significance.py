from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats
from statsmodels.stats.multitest import multipletests

from daam_engine.analysis.significance import fisher_exact, holm, sign_flip_test


def test_signs_are_flipped_exactly_by_hand():
    # Of 2³ assignments of signs to 1, 2, 3 only +++ and −−− reach 6.
    assert sign_flip_test([1.0, 2.0, 3.0]) == 2 / 8
    # ±3 ± 1: two of the four reach 2, all reach it when the observed sum is 3 − 1.
    assert sign_flip_test([3.0, -1.0]) == 1.0
    assert math.isnan(sign_flip_test([float("nan")]))


def test_differences_of_a_cluster_keep_a_common_sign():
    assert sign_flip_test([1.0, 1.0, 1.0], ["a", "a", "a"]) == 1.0


def test_many_clusters_are_sampled_and_agree_with_another_library():
    values = np.random.default_rng(5).normal(0.3, 1.0, 60)
    expected = stats.permutation_test(
        (values,), np.mean, permutation_type="samples", n_resamples=9999, rng=1
    ).pvalue
    assert_allclose(sign_flip_test(values), expected, atol=0.015)


def test_the_sampled_p_is_right_under_the_null():
    rng = np.random.default_rng(8)
    found = [sign_flip_test(rng.normal(size=20), flips=199, seed=k) for k in range(400)]
    assert_allclose(np.mean(np.array(found) <= 0.1), 0.1, atol=0.04)


def test_holm_agrees_with_another_library_and_skips_what_was_not_tested():
    p_values = [0.01, 0.04, 0.03, 0.005, 0.5]
    assert_allclose(holm(p_values), multipletests(p_values, method="holm")[1])
    with_gap = holm([0.01, float("nan"), 0.04])
    assert_allclose([with_gap[0], with_gap[2]], [0.02, 0.04])
    assert math.isnan(with_gap[1])


@pytest.mark.parametrize(
    ("first", "second"),
    [((8, 2), (1, 5)), ((30, 20), (26, 24)), ((0, 4), (4, 0)), ((3, 0), (5, 0))],
)
def test_fishers_test_agrees_with_another_library(first, second):
    assert_allclose(fisher_exact(first, second), stats.fisher_exact([first, second]).pvalue)


def test_the_lady_tasting_tea():
    assert_allclose(fisher_exact((3, 1), (1, 3)), 34 / 70)  # Fisher 1935: 2 · (1 + 16) of 70
    with pytest.raises(ValueError, match="negative"):
        fisher_exact((-1, 2), (1, 1))
