from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import bootstrap
from statsmodels.regression.linear_model import OLS
from statsmodels.stats import sandwich_covariance

from annotator.statistics import (
    CrossedRatings,
    crossed_ratings,
    opinion_intervals,
    pigeonhole_interval,
    standard_error,
    two_way_standard_error,
)

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")  # undefined is no accident


def study(
    rng: np.random.Generator, n_items: int = 60, n_raters: int = 12, severity: float = 0.5
) -> tuple[CrossedRatings, np.ndarray]:
    """One to four raters per item, and the prompt of each item (five items each)."""
    item = np.arange(n_items).repeat(rng.integers(1, 5, n_items))
    place = np.arange(len(item)) - np.searchsorted(item, item)
    rater = (item * 5 + place * 3) % n_raters
    noise = rng.normal(0, 0.8, len(item))
    level = rng.normal(3.5, 0.8, n_items)[item] + rng.normal(0, severity, n_raters)[rater]
    scores = np.clip(np.rint(level + noise), 1, 5)
    return crossed_ratings(item, rater, scores), np.arange(n_items) // 5


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_ratings_keep_their_labels_in_whatever_order_they_come() -> None:
    ratings = crossed_ratings(["b", "a", "b"], [7, 9, 9], [1, 2, 3])

    assert_array_equal(ratings.items, ["a", "b"])
    assert_array_equal(ratings.raters, [7, 9])
    assert_array_equal(ratings.by_item(), [[2, 4], [1, 2]])
    assert_array_equal(ratings.by_rater(), [[1, 5], [1, 2]])


@pytest.mark.parametrize(
    ("items", "scores", "message"),
    [([1, 2], [3], "equal length"), ([1, 2], [3, math.nan], "without a score")],
)
def test_ratings_that_cannot_be_crossed_are_refused(
    items: list[int], scores: list[float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        crossed_ratings(items, items, scores)


def test_standard_errors_are_those_of_statsmodels() -> None:
    ratings, _ = study(generator())
    fit = OLS(ratings.score, np.ones(len(ratings.score))).fit()
    for group, terms in ((ratings.item, ratings.by_item()), (ratings.rater, ratings.by_rater())):
        # statsmodels also has (n - 1) / (n - 1) for one parameter, which is 1.
        expected = math.sqrt(sandwich_covariance.cov_cluster(fit, group)[0, 0])
        assert_allclose(standard_error(*terms), expected, rtol=1e-9)

    both, *_ = sandwich_covariance.cov_cluster_2groups(fit, ratings.item, ratings.rater)
    assert_allclose(two_way_standard_error(ratings), math.sqrt(both[0, 0]), rtol=1e-9)


def test_the_two_way_error_is_never_below_the_larger_of_the_two() -> None:
    square = crossed_ratings([0, 0, 1, 1], [0, 1, 0, 1], [1, 5, 5, 1])  # no effect of either

    assert two_way_standard_error(square) == 0
    assert standard_error(*square.by_item()) == 0


def test_the_interval_over_raters_is_that_of_scipy() -> None:
    ratings, prompts = study(generator(1), n_items=300, n_raters=40)
    found = opinion_intervals(ratings, prompts=prompts, rng=generator(), n=10_000)

    expected = bootstrap(
        ratings.by_rater(),
        lambda sums, counts, axis: sums.sum(axis) / counts.sum(axis),
        paired=True,
        vectorized=True,
        method="percentile",
        n_resamples=10_000,
        rng=generator(2),
    ).confidence_interval
    assert_allclose(found.raters.bootstrap, expected, atol=0.04 * (expected[1] - expected[0]))
    assert found.value == ratings.score.mean()


def test_the_pigeonhole_interval_is_that_of_drawing_rows_and_columns_of_the_matrix() -> None:
    ratings, _ = study(generator(3))
    matrix = np.full((60, 12), math.nan)
    matrix[ratings.item, ratings.rater] = ratings.score
    rng = generator(4)
    means = [
        np.nanmean(matrix[rng.integers(0, 60, 60)][:, rng.integers(0, 12, 12)]) for _ in range(4000)
    ]
    expected = np.quantile(means, [0.025, 0.975])

    found = pigeonhole_interval(ratings, rng=rng, n=4000)

    assert_allclose(found, expected, atol=0.06 * (expected[1] - expected[0]))


def test_intervals_by_bootstrap_are_those_of_the_standard_errors() -> None:
    ratings, prompts = study(generator(5), n_items=600, n_raters=60)
    found = opinion_intervals(ratings, prompts=prompts, rng=generator(), n=4000)

    assert found.prompts is not None
    for interval in (found.items, found.raters, found.prompts):
        width = interval.analytic[1] - interval.analytic[0]
        assert_allclose(interval.bootstrap, interval.analytic, atol=0.07 * width)
    low, high = found.both.bootstrap
    assert 1 < (high - low) / (found.both.analytic[1] - found.both.analytic[0]) < 1.15


def test_other_raters_widen_an_interval_that_other_items_do_not() -> None:
    item, rater = np.repeat(np.arange(200), 3), np.arange(600) % 6
    severity = np.array([-1, -0.5, 0, 0, 0.5, 1])
    ratings = crossed_ratings(item, rater, 3 + severity[rater])
    found = opinion_intervals(ratings, rng=generator())

    def width(interval: tuple[float, float]) -> float:
        return interval[1] - interval[0]

    assert width(found.raters.bootstrap) > 5 * width(found.items.bootstrap)
    assert width(found.both.bootstrap) > width(found.raters.bootstrap)
    assert found.prompts is None


@pytest.mark.parametrize(
    ("items", "raters", "scores"), [([], [], []), ([1], [1], [4]), ([1, 2], [1, 1], [4, 5])]
)
def test_one_rater_or_one_item_has_no_two_way_interval(
    items: list[int], raters: list[int], scores: list[float]
) -> None:
    ratings = crossed_ratings(items, raters, scores)
    found = opinion_intervals(ratings, rng=generator(), n=20)

    assert_array_equal([found.both.bootstrap, found.both.analytic], np.full((2, 2), math.nan))
    assert found.n_ratings == len(scores)


def test_raters_names_and_order_change_nothing() -> None:
    ratings, _ = study(generator(6))
    shuffled = generator(7).permutation(len(ratings.score))
    renamed = crossed_ratings(
        ratings.item[shuffled], -ratings.rater[shuffled], ratings.score[shuffled]
    )

    assert_allclose(two_way_standard_error(renamed), two_way_standard_error(ratings), rtol=1e-12)


def test_every_item_needs_a_prompt() -> None:
    ratings, prompts = study(generator())
    with pytest.raises(ValueError, match="one prompt per item: 60 items"):
        opinion_intervals(ratings, prompts=prompts[1:], rng=generator())
