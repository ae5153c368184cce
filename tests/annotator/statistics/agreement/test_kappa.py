from __future__ import annotations

import math
from itertools import combinations
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import cohens_kappa

from annotator.statistics import (
    crossed_ratings,
    pairwise_kappa,
    pairwise_kappa_interval,
    pairwise_kappas,
)
from tests.annotator.statistics.agreement.crowds import (
    ABSTRACTORS,
    NAN,
    SCALE,
    crowds,
    incomplete_skewed_ratings,
    two_raters,
)

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")

CohenWeights = Literal["linear", "quadratic"]
COHEN: tuple[CohenWeights, ...] = ("linear", "quadratic")


def few_of_a_crowd(n_items: int, seed: int) -> np.ndarray:
    """Three of ten raters per item, who all give the item's true score."""
    rng = np.random.default_rng(seed)
    ratings = np.tile(rng.integers(1, 6, n_items).astype(float), (10, 1))
    chosen = rng.permuted(np.tile(np.arange(10), (n_items, 1)), axis=1) < 3
    return np.where(chosen.T, ratings, NAN)


@pytest.mark.parametrize(
    ("weights", "published"), [("identity", 0.7964094), ("quadratic", 0.8921569)]
)
def test_kappa_of_two_abstractors_is_as_gwet_prints_it(
    weights: Literal["identity", "quadratic"], published: float
) -> None:
    # irrCAC for R, README and "weighting" vignette: kappa2.table(cont3x3abstractors)
    assert round(pairwise_kappa(two_raters(ABSTRACTORS), weights), 7) == published


@pytest.mark.parametrize("weights", COHEN)
def test_each_pairs_kappa_is_that_of_sklearn_and_statsmodels_on_their_common_items(
    weights: CohenWeights,
) -> None:
    ratings = incomplete_skewed_ratings(5, 6, 90)
    pairs = pairwise_kappas(ratings, weights)
    assert list(zip(pairs.first, pairs.second, strict=True)) == list(combinations(range(6), 2))
    for first, second, common, kappa in zip(
        ratings[pairs.first], ratings[pairs.second], pairs.common, pairs.kappa, strict=True
    ):
        both = ~np.isnan(first) & ~np.isnan(second)
        a, b = first[both].astype(int), second[both].astype(int)
        assert common == both.sum()
        sklearn = cohen_kappa_score(a, b, weights=weights, labels=SCALE)
        assert_allclose(kappa, sklearn, rtol=0, atol=1e-9)
        table = np.histogram2d(a, b, bins=[np.arange(0.5, 6)] * 2)[0]
        statsmodels = cohens_kappa(table, wt=weights, return_results=False)
        assert_allclose(kappa, statsmodels, rtol=0, atol=1e-9)


def test_the_mean_kappa_weighs_pairs_by_their_common_items() -> None:
    pairs = pairwise_kappas(incomplete_skewed_ratings(5, 6, 90), "linear")
    expected = np.average(pairs.kappa, weights=pairs.common)
    ratings = incomplete_skewed_ratings(5, 6, 90)
    assert_allclose(pairwise_kappa(ratings, "linear"), expected)
    enough = pairs.common >= 24
    assert 0 < enough.sum() < len(enough)
    expected = np.average(pairs.kappa[enough], weights=pairs.common[enough])
    assert_allclose(pairwise_kappa(ratings, "linear", min_common=24), expected)


@pytest.mark.parametrize("weights", COHEN)
def test_raters_who_see_different_items_and_agree_perfectly_have_kappa_one(
    weights: CohenWeights,
) -> None:
    # The design in which comparing lists by position gives 0.03 (Potato's agreement page).
    assert pairwise_kappa(few_of_a_crowd(300, seed=1), weights) == 1
    assert pairwise_kappa_interval(few_of_a_crowd(300, seed=1), weights) == (1, 1)


@given(ratings=crowds, seed=st.integers(0, 2**32 - 1))
@settings(max_examples=25)
def test_the_order_of_raters_and_items_changes_no_mean_kappa(
    ratings: np.ndarray, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    shuffled = rng.permutation(rng.permutation(ratings, axis=1), axis=0)
    expected = pairwise_kappa(ratings, min_common=2)
    assert_allclose(pairwise_kappa(shuffled, min_common=2), expected, atol=1e-12)


@given(ratings=crowds)
@settings(max_examples=25)
def test_items_rated_once_or_never_change_no_kappa(ratings: np.ndarray) -> None:
    more = np.hstack([ratings, np.full((len(ratings), 3), NAN)])
    more[0, -1] = 3
    assert_array_equal(pairwise_kappas(more).kappa, pairwise_kappas(ratings).kappa)


def test_crossed_ratings_name_their_raters() -> None:
    pairs = pairwise_kappas(
        crossed_ratings(["x", "x", "y", "y"], ["zoe", "ann", "zoe", "ann"], [1, 1, 2, 3])
    )
    assert (pairs.first, pairs.second, pairs.common) == (["ann"], ["zoe"], [2])


def test_a_pair_that_uses_one_and_the_same_value_has_no_kappa_and_does_not_count() -> None:
    ratings = [[5, 5, 5, 5], [5, 5, 5, 5], [5, 4, 5, 4]]
    pairs = pairwise_kappas(ratings)
    assert_array_equal(pairs.kappa, [NAN, 0, 0])
    assert pairwise_kappa(ratings, min_common=2) == 0


@pytest.mark.parametrize(
    "ratings",
    [[[]], [[NAN, NAN]], [[1, 2, 5]], [[1, NAN], [NAN, 4]], [[3, 3, 3], [3, 3, 3]]],
    ids=["no cells", "no ratings", "one rater", "no item rated twice", "all equal"],
)
def test_the_mean_kappa_is_undefined_without_a_pair_that_counts(
    ratings: list[list[float]],
) -> None:
    assert math.isnan(pairwise_kappa(ratings, min_common=1))
    assert_array_equal(pairwise_kappa_interval(ratings, min_common=1), (NAN, NAN))


def test_kappa_of_too_few_common_items_is_undefined_unless_asked_for() -> None:
    ratings = incomplete_skewed_ratings(3, 2, 8)
    assert math.isnan(pairwise_kappa(ratings))
    assert_array_equal(pairwise_kappa_interval(ratings), (NAN, NAN))
    assert not math.isnan(pairwise_kappa(ratings, min_common=2))


def test_one_common_item_has_kappa_zero_and_no_interval() -> None:
    assert pairwise_kappa([[4], [5]], min_common=1) == 0
    assert_array_equal(pairwise_kappa_interval([[4], [5]], min_common=1), (NAN, NAN))


def test_the_interval_is_undefined_where_one_item_decides_whether_kappa_is_defined() -> None:
    alike = [5] * 11
    ratings = [[*alike, 3], [*alike, 6]]  # thirds as weights: rounding leaves no exact zero
    assert not math.isnan(pairwise_kappa(ratings, "linear"))
    assert_array_equal(pairwise_kappa_interval(ratings, "linear"), (NAN, NAN))


@pytest.mark.parametrize("weights", COHEN)
def test_the_interval_is_the_jackknife_of_leaving_out_items_one_by_one(
    weights: CohenWeights,
) -> None:
    ratings = incomplete_skewed_ratings(8, 5, 60)
    ratings = ratings[:, (~np.isnan(ratings)).sum(axis=0) >= 2]
    n = ratings.shape[1]
    estimate = pairwise_kappa(ratings, weights, min_common=2)
    without = [
        pairwise_kappa(np.delete(ratings, item, axis=1), weights, min_common=1) for item in range(n)
    ]
    pseudo = n * estimate - (n - 1) * np.array(without)
    reach = 1.959964 * pseudo.std(ddof=1) / math.sqrt(n)
    low, high = pairwise_kappa_interval(ratings, weights, min_common=2)
    assert_allclose([low, high], [pseudo.mean() - reach, pseudo.mean() + reach], rtol=1e-6)


def test_the_interval_of_two_raters_is_as_wide_as_the_large_sample_one() -> None:
    counts = 10 * ABSTRACTORS
    expected = cohens_kappa(counts, wt="quadratic").std_kappa
    low, high = pairwise_kappa_interval(two_raters(counts))
    assert_allclose((high - low) / (2 * 1.959964), expected, rtol=0.01)
