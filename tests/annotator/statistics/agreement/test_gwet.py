from __future__ import annotations

import math
from typing import cast, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from annotator.statistics import (
    Weights,
    ac_from_counts,
    ac_interval_from_counts,
    ac_standard_error_from_counts,
    agreement_weights,
    counts_of,
    gwet_ac,
    gwet_ac_interval,
    gwet_ac_standard_error,
    pairwise_agreement,
)
from tests.annotator.statistics.agreement.crowds import (
    ABSTRACTORS,
    FOUR_OBSERVERS,
    NAN,
    SCALE,
    crowds,
    incomplete_skewed_ratings,
    recorded,
    two_raters,
)

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")

WEIGHTS: tuple[Weights, ...] = get_args(Weights)

# irrCAC for R, data set distrib.6raters: the first fifteen patients of Fleiss (1971).
SIX_RATERS = """0 0 0 6 0 | 0 3 0 0 3 | 0 1 4 0 1 | 0 0 0 0 6 | 0 3 0 3 0 | 2 0 4 0 0 | 0 0 4 0 2 |
    2 0 3 1 0 | 2 0 0 4 0 | 0 0 0 0 6 | 1 0 0 5 0 | 1 1 0 4 0 | 0 3 3 0 0 | 1 0 0 5 0 | 0 2 0 3 1"""


@pytest.mark.parametrize(
    ("weights", "coefficient", "standard_error"),
    [("identity", 0.77544, 0.14295), ("quadratic", 0.91400, 0.10396)],
)
def test_ac_of_four_raters_with_missing_ratings_is_as_gwet_prints_it(
    weights: Weights, coefficient: float, standard_error: float
) -> None:
    assert round(gwet_ac(FOUR_OBSERVERS, weights), 5) == coefficient
    assert round(gwet_ac_standard_error(FOUR_OBSERVERS, weights), 5) == standard_error


@pytest.mark.parametrize(
    ("weights", "coefficient", "standard_error"),
    [("identity", 0.4448007, 0.08418757), ("quadratic", 0.4837438, 0.1058227)],
)
def test_ac_of_counts_of_six_raters_is_as_gwet_prints_it(
    weights: Weights, coefficient: float, standard_error: float
) -> None:
    counts = [[int(count) for count in row.split()] for row in SIX_RATERS.split("|")]
    assert round(ac_from_counts(counts, SCALE, weights), 7) == coefficient
    error = ac_standard_error_from_counts(counts, SCALE, weights)
    assert_allclose(error, standard_error, rtol=1e-6)


@pytest.mark.parametrize(
    ("weights", "published"), [("identity", 0.8493305), ("quadratic", 0.9402369)]
)
def test_ac_of_two_abstractors_is_as_gwet_prints_it(weights: Weights, published: float) -> None:
    assert round(gwet_ac(two_raters(ABSTRACTORS), weights), 7) == published


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("case", recorded(), ids=lambda case: case["name"])
def test_ac_and_its_standard_error_are_those_of_irrcac(case: dict, weights: Weights) -> None:
    value = gwet_ac(case["ratings"], weights, SCALE)
    error = gwet_ac_standard_error(case["ratings"], weights, SCALE)
    assert_allclose(value, case[weights]["ac"], rtol=0, atol=1e-9)
    assert_allclose(error, case[weights]["standard_error"], rtol=0, atol=1e-9)


def test_weights_are_as_gwet_prints_them() -> None:
    values = np.array([1.0, 2.0, 3.0])
    for weights, near in (
        ("identity", 0),
        ("linear", 0.5),
        ("quadratic", 0.75),
        ("ordinal", 2 / 3),
    ):
        expected = [[1, near, 0], [near, 1, near], [0, near, 1]]
        assert_allclose(agreement_weights(values, cast(Weights, weights)), expected)


def test_linear_weights_follow_the_values_and_ordinal_weights_their_order() -> None:
    values = np.array([0.0, 1.0, 10.0])
    assert_allclose(agreement_weights(values, "linear")[0], [1, 0.9, 0])
    assert_allclose(agreement_weights(values, "ordinal")[0], [1, 2 / 3, 0])


@given(ratings=crowds, seed=st.integers(0, 2**32 - 1))
@settings(max_examples=25)
def test_the_order_of_raters_and_items_changes_no_ac(ratings: np.ndarray, seed: int) -> None:
    rng = np.random.default_rng(seed)
    shuffled = rng.permuted(rng.permutation(ratings, axis=1), axis=0)
    for weights in WEIGHTS:
        expected = gwet_ac(ratings, weights, SCALE)
        assert_allclose(gwet_ac(shuffled, weights, SCALE), expected, atol=1e-12)


@given(ratings=crowds)
@settings(max_examples=25)
def test_duplicating_every_item_or_adding_unrated_ones_changes_no_ac(ratings: np.ndarray) -> None:
    unrated = np.full((len(ratings), 3), NAN)
    expected = gwet_ac(ratings, "ordinal", SCALE)
    assert_allclose(gwet_ac(np.tile(ratings, 2), "ordinal", SCALE), expected, atol=1e-12)
    assert_allclose(gwet_ac(np.hstack([ratings, unrated]), "ordinal", SCALE), expected, atol=1e-12)


def test_an_item_rated_once_counts_towards_chance_only() -> None:
    pairs = [[0, 2], [2, 0], [1, 1]]
    with_one_more = [*pairs, [1, 0]]
    prevalence = np.array([5 / 8, 3 / 8])
    chance = (prevalence * (1 - prevalence)).sum()
    observed = pairwise_agreement(pairs)
    expected = (observed - chance) / (1 - chance)
    assert_allclose(ac_from_counts(with_one_more, [1, 2], "identity"), expected)


def test_values_that_nobody_used_lower_chance_and_so_change_ac() -> None:
    first, second = [1, 1, 2, 2], [1, 2, 2, 2]
    assert gwet_ac([first, second], "identity") == pytest.approx(0.53, abs=0.01)
    assert gwet_ac([first, second], "identity", SCALE) == pytest.approx(0.7, abs=0.02)


def test_skewed_ratings_that_agree_have_a_high_ac_and_no_alpha_to_speak_of() -> None:
    counts = np.array([[0, 0, 0, 0, 3]] * 190 + [[0, 0, 0, 1, 2]] * 10)
    assert ac_from_counts(counts, SCALE, "identity") > 0.95


@pytest.mark.parametrize("weights", WEIGHTS)
def test_raters_who_all_agree_have_ac_one_even_on_one_value(weights: Weights) -> None:
    ratings = [[5, 5, 5], [5, 5, 5]]
    assert gwet_ac(ratings, weights, SCALE) == 1
    assert gwet_ac_standard_error(ratings, weights, SCALE) == 0
    rng = np.random.default_rng(0)
    assert gwet_ac_interval(ratings, weights, values=SCALE, rng=rng) == (1, 1)


@pytest.mark.parametrize(
    ("ratings", "values"),
    [
        ([[]], SCALE),
        ([[NAN, NAN], [NAN, NAN]], SCALE),
        ([[1, 2, 5]], SCALE),
        ([[1, NAN], [NAN, 4]], SCALE),
        ([[3, 3], [3, 3]], [3]),
    ],
    ids=["no cells", "no ratings", "one rater", "no item rated twice", "a scale of one value"],
)
def test_ac_is_undefined_where_nobody_could_disagree(
    ratings: list[list[float]], values: list[int]
) -> None:
    assert math.isnan(gwet_ac(ratings, values=values))
    assert math.isnan(gwet_ac_standard_error(ratings, values=values))
    interval = gwet_ac_interval(ratings, values=values, rng=np.random.default_rng(0))
    assert_array_equal(interval, (NAN, NAN))


def test_one_item_has_an_ac_but_neither_standard_error_nor_interval() -> None:
    ratings = [[4], [5]]
    assert not math.isnan(gwet_ac(ratings, "identity", SCALE))
    assert math.isnan(gwet_ac_standard_error(ratings, "identity", SCALE))
    interval = gwet_ac_interval(ratings, values=SCALE, rng=np.random.default_rng(0))
    assert_array_equal(interval, (NAN, NAN))


@pytest.mark.parametrize("weights", WEIGHTS)
def test_the_bootstrap_is_as_wide_as_gwets_standard_error(weights: Weights) -> None:
    counts, _ = counts_of(incomplete_skewed_ratings(7, 6, 900), SCALE)
    counts = counts[counts.sum(axis=1) >= 2]
    rng = np.random.default_rng(3)
    low, high = ac_interval_from_counts(counts, SCALE, weights, n=4000, rng=rng)
    error = ac_standard_error_from_counts(counts, SCALE, weights)
    assert_allclose((high - low) / (2 * 1.96), error, rtol=0.06)
    assert low < ac_from_counts(counts, SCALE, weights) < high


def test_the_interval_of_ac_is_that_of_drawing_items_one_by_one() -> None:
    ratings = incomplete_skewed_ratings(11, 5, 120)
    rng = np.random.default_rng(2)
    rated = ratings[:, ~np.isnan(ratings).all(axis=0)]
    n = rated.shape[1]
    drawn = [gwet_ac(rated[:, rng.integers(0, n, n)], values=SCALE) for _ in range(1500)]
    expected = np.quantile(drawn, [0.05, 0.95])
    interval = gwet_ac_interval(ratings, values=SCALE, n=4000, confidence=0.9, rng=rng)
    assert_allclose(interval, expected, atol=0.12 * (expected[1] - expected[0]))


def test_items_rated_once_are_resampled_too() -> None:
    pairs, once = [[1, 1, 0]] * 30, [[0, 1, 0], [0, 0, 1]] * 20
    rng = np.random.default_rng(0)
    low, high = ac_interval_from_counts(pairs, [1, 2, 3], "linear", rng=rng)
    assert low == high  # every resample is the sample
    low, high = ac_interval_from_counts([*pairs, *once], [1, 2, 3], "linear", rng=rng)
    assert low < high


def test_weights_and_resampling_that_are_not_known_are_refused_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="identity, linear, quadratic, ordinal"):
        gwet_ac(FOUR_OBSERVERS, cast(Weights, "cubic"))
    with pytest.raises(ValueError, match="is not on the scale"):
        gwet_ac(FOUR_OBSERVERS, values=[1, 2, 3])
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="'items'"):
        gwet_ac_interval(FOUR_OBSERVERS, over="raters", rng=rng)  # type: ignore[arg-type]
