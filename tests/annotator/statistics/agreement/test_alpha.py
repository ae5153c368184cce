from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, cast, get_args

import krippendorff
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import fleiss_kappa

from annotator.statistics import (
    Level,
    alpha_from_counts,
    alpha_interval_from_counts,
    count_table,
    krippendorff_alpha,
    krippendorff_alpha_interval,
    pairwise_agreement,
)
from tests.annotator.statistics.agreement.crowds import (
    FOUR_OBSERVERS,
    NAN,
    SCALE,
    crowds,
    incomplete_skewed_ratings,
)

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")  # undefined is no accident

LEVELS: tuple[Level, ...] = get_args(Level)
# Krippendorff (2011), section A (binary) and B (nominal; a to e are 1 to 5), two observers each.
MEG_AND_OWEN = [[0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]]
BEN_AND_GERRY = [[1, 1, 2, 2, 4, 3, 3, 3, 5, 4, 4, 1], [2, 1, 2, 2, 2, 3, 3, 3, 5, 4, 4, 4]]


@pytest.mark.parametrize(
    ("level", "published"),
    [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)],
)
def test_alpha_of_krippendorffs_four_observers_is_as_published(
    level: Level, published: float
) -> None:
    assert round(krippendorff_alpha(FOUR_OBSERVERS, level), 3) == published


@pytest.mark.parametrize(("ratings", "published"), [(MEG_AND_OWEN, 0.095), (BEN_AND_GERRY, 0.692)])
def test_nominal_alpha_of_krippendorffs_two_observers_is_as_published(
    ratings: list[list[int]], published: float
) -> None:
    assert round(krippendorff_alpha(ratings, "nominal"), 3) == published


@pytest.mark.parametrize("level", LEVELS)
@given(ratings=crowds)
def test_alpha_equals_the_krippendorff_package_on_incomplete_skewed_ratings(
    level: Level, ratings: np.ndarray
) -> None:
    expected = krippendorff.alpha(reliability_data=ratings, level_of_measurement=level)
    assert_allclose(krippendorff_alpha(ratings, level), expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("level", LEVELS)
def test_alpha_keeps_uneven_and_zero_values_of_the_scale_apart(level: Level) -> None:
    ratings = np.array([[0, 0, 0.5, 10, 10, NAN], [0, 0.5, 0.5, 10, 0, 10], [NAN, 0, 10, 10, 0, 0]])
    expected = krippendorff.alpha(reliability_data=ratings, level_of_measurement=level)
    assert_allclose(krippendorff_alpha(ratings, level), expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("level", LEVELS)
@given(ratings=crowds, seed=st.integers(0, 2**32 - 1))
def test_the_order_of_raters_and_items_changes_nothing(
    level: Level, ratings: np.ndarray, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    shuffled = rng.permuted(rng.permutation(ratings, axis=1), axis=0)  # who rated is irrelevant too
    assert_allclose(
        krippendorff_alpha(shuffled, level), krippendorff_alpha(ratings, level), atol=1e-12
    )


@given(ratings=crowds, names=st.permutations(range(1, 6)))
def test_renaming_the_values_changes_nothing_at_the_nominal_level(
    ratings: np.ndarray, names: list[int]
) -> None:
    renamed = np.array([NAN, *names])[np.nan_to_num(ratings).astype(int)]
    assert_allclose(
        krippendorff_alpha(renamed, "nominal"), krippendorff_alpha(ratings, "nominal"), atol=1e-12
    )


@given(ratings=crowds)
def test_only_the_order_of_the_values_matters_at_the_ordinal_level(ratings: np.ndarray) -> None:
    assert_allclose(krippendorff_alpha(ratings**3), krippendorff_alpha(ratings), atol=1e-12)


@given(ratings=crowds)
def test_reversing_the_scale_changes_nothing_at_the_ordinal_and_interval_levels(
    ratings: np.ndarray,
) -> None:
    levels: tuple[Level, ...] = ("ordinal", "interval")
    for level in levels:
        reverse = krippendorff_alpha(6 - ratings, level)
        assert_allclose(reverse, krippendorff_alpha(ratings, level), atol=1e-12)


@given(ratings=crowds)
def test_items_rated_once_change_neither_alpha_nor_its_interval(ratings: np.ndarray) -> None:
    once = np.full((len(ratings), 7), NAN)
    once[0] = 1
    more = np.hstack([ratings, once])
    assert_allclose(krippendorff_alpha(more), krippendorff_alpha(ratings), atol=1e-12)
    intervals = [
        krippendorff_alpha_interval(matrix, n=20, rng=np.random.default_rng(0))
        for matrix in (ratings, more)
    ]
    assert_allclose(intervals[0], intervals[1], atol=1e-12)


def test_duplicating_every_item_only_removes_the_small_sample_correction() -> None:
    # 1 - alpha is proportional to (n - 1) / n, and otherwise does not change.
    ratings = np.array(BEN_AND_GERRY)
    n = ratings.size
    once, twice = krippendorff_alpha(ratings), krippendorff_alpha(np.tile(ratings, 2))
    assert_allclose((1 - once) / (n - 1) * n, (1 - twice) / (2 * n - 1) * 2 * n)


def test_nominal_alpha_is_fleiss_kappa_with_a_small_sample_correction() -> None:
    counts = np.random.default_rng(5).multinomial(4, [0.1, 0.1, 0.2, 0.5, 0.1], size=60)
    kappa = fleiss_kappa(counts, method="fleiss")
    assert_allclose(alpha_from_counts(counts, SCALE, "nominal"), kappa + (1 - kappa) / counts.sum())


def test_interval_alpha_of_two_raters_is_quadratic_kappa_with_the_same_correction() -> None:
    first, second = incomplete_skewed_ratings(3, 2, 400)
    both = ~np.isnan(first) & ~np.isnan(second)
    a, b = first[both], second[both]
    kappa = cohen_kappa_score(np.r_[a, b], np.r_[b, a], weights="quadratic")
    expected = kappa + (1 - kappa) / (2 * both.sum())
    assert_allclose(krippendorff_alpha([first, second], "interval"), expected)


def test_identical_raters_who_vary_agree_perfectly() -> None:
    assert krippendorff_alpha([[1, 2, 5], [1, 2, 5]]) == 1.0


def test_counts_and_ratings_are_two_forms_of_the_same() -> None:
    ratings = incomplete_skewed_ratings(1, 6, 50)
    _, items = np.nonzero(~np.isnan(ratings))
    counts = count_table(items, ratings[~np.isnan(ratings)], SCALE, n_items=50)
    assert_array_equal(counts.sum(axis=1), (~np.isnan(ratings)).sum(axis=0))
    assert alpha_from_counts(counts, SCALE) == krippendorff_alpha(ratings)


def test_count_table_counts_each_value_of_each_item() -> None:
    counts = count_table([0, 2, 0, 0], [5, 1, 5, 2], SCALE, n_items=3)
    assert_array_equal(counts, [[0, 1, 0, 0, 2], [0, 0, 0, 0, 0], [1, 0, 0, 0, 0]])


UNDEFINED_RATINGS: dict[str, list[list[float]]] = {
    "no cells": [[]],
    "no ratings": [[NAN, NAN], [NAN, NAN]],
    "one rater": [[1, 2, 5]],
    "no item rated twice": [[1, NAN], [NAN, 4]],
    "all equal": [[3, 3, 3], [3, 3, NAN]],
    "all pairable equal": [[3, 3, 1], [3, 3, NAN]],
}


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("ratings", UNDEFINED_RATINGS.values(), ids=UNDEFINED_RATINGS)
def test_alpha_is_undefined_where_chance_expects_no_disagreement(
    level: Level, ratings: list[list[float]]
) -> None:
    rng = np.random.default_rng(0)
    assert math.isnan(krippendorff_alpha(ratings, level))
    assert_array_equal(krippendorff_alpha_interval(ratings, level, rng=rng), (NAN, NAN))


def test_alpha_of_a_study_without_items_is_undefined() -> None:
    nothing = np.zeros((0, 5), dtype=int)
    assert math.isnan(alpha_from_counts(nothing, SCALE))
    assert math.isnan(pairwise_agreement(nothing))


def test_alpha_of_one_item_that_differs_is_zero_without_an_interval() -> None:
    assert_allclose(krippendorff_alpha([[1], [4], [5]]), 0, atol=1e-12)
    interval = krippendorff_alpha_interval([[1], [4], [5]], rng=np.random.default_rng(0))
    assert_array_equal(interval, (NAN, NAN))


def test_the_interval_is_undefined_when_too_many_resamples_lack_variation() -> None:
    counts = np.array([[0, 0, 0, 0, 3]] * 30 + [[0, 0, 0, 1, 2]])  # 37 % of resamples miss the last
    interval = alpha_interval_from_counts(counts, SCALE, rng=np.random.default_rng(0))
    assert_array_equal(interval, (NAN, NAN))


@pytest.mark.parametrize("level", LEVELS)
def test_the_interval_is_that_of_drawing_items_one_by_one(level: Level) -> None:
    ratings = incomplete_skewed_ratings(11, 5, 120)
    rng = np.random.default_rng(2)
    drawn = [krippendorff_alpha(ratings[:, rng.integers(0, 120, 120)], level) for _ in range(4000)]
    expected = np.quantile(drawn, [0.05, 0.95])
    interval = krippendorff_alpha_interval(ratings, level, n=4000, confidence=0.9, rng=rng)
    assert_allclose(interval, expected, atol=0.1 * (expected[1] - expected[0]))


def test_the_seed_decides_the_interval() -> None:
    ratings = incomplete_skewed_ratings(4, 5, 60)
    one, same, other = (
        krippendorff_alpha_interval(ratings, rng=np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert one == same
    assert one != other


def test_a_higher_confidence_gives_a_wider_interval_around_alpha() -> None:
    ratings = incomplete_skewed_ratings(4, 5, 60)
    (low_80, high_80), (low_99, high_99) = (
        krippendorff_alpha_interval(ratings, confidence=c, rng=np.random.default_rng(0))
        for c in (0.80, 0.99)
    )
    assert low_99 < low_80 < krippendorff_alpha(ratings) < high_80 < high_99


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: krippendorff_alpha([1, 2, 3]), "raters × items"),
        (lambda: krippendorff_alpha([[1.0, 2.0], [1.0, math.inf]]), "finite"),
        (lambda: krippendorff_alpha([[1, 2], [1, 2]], cast(Level, "cardinal")), "nominal, ordinal"),
        (lambda: krippendorff_alpha([[-1, 2], [-1, 2]], "ratio"), "negative"),
        (lambda: alpha_from_counts([1, 2], [1, 2]), "items × values"),
        (lambda: alpha_from_counts([[1, -2]], [1, 2]), "whole numbers"),
        (lambda: alpha_from_counts([[1, 0.5]], [1, 2]), "whole numbers"),
        (lambda: alpha_from_counts([[1, NAN]], [1, 2]), "whole numbers"),
        (lambda: alpha_from_counts([[1, np.inf]], [1, 2]), "whole numbers"),
        (lambda: alpha_from_counts([[1, 2]], [1, 2, 3]), "one value per column"),
        (lambda: alpha_from_counts([[1, 2]], [2, 1]), "ascend"),
        (lambda: count_table([0], [6], SCALE, n_items=1), "6 is not on the scale"),
        (lambda: count_table([0], [1.5], SCALE, n_items=1), "1.5 is not on the scale"),
        (lambda: count_table([1], [5], SCALE, n_items=1), "0 to 0"),
        (lambda: count_table([-1], [5], SCALE, n_items=1), "0 to 0"),
    ],
)
def test_what_is_no_rating_is_refused_in_a_sentence(
    call: Callable[[], object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("options", "message"),
    [({"over": "raters"}, "items"), ({"n": 0}, "replicate"), ({"confidence": 95}, "between 0 and")],
)
def test_an_interval_that_cannot_be_made_is_refused_in_a_sentence(
    options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        krippendorff_alpha_interval(FOUR_OBSERVERS, **options, rng=np.random.default_rng(0))
