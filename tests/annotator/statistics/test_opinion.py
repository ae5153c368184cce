from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from annotator.statistics import (
    distribution,
    mean_opinion_score,
    median_score,
    opinion_difference,
    paper_opinion_score,
    share_at_least,
)

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")  # undefined is no accident

SCALE = np.arange(1, 6)
NAN = math.nan

scores_by_item = st.lists(
    st.lists(st.integers(1, 5), min_size=1, max_size=6), min_size=2, max_size=20
)


def counts_of(items: list[list[int]]) -> np.ndarray:
    return np.array([np.bincount(scores, minlength=6)[1:] for scores in items])


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_the_mean_opinion_score_is_the_mean_of_all_ratings() -> None:
    estimate = mean_opinion_score([15, 4, 0], [3, 1, 0], rng=generator())
    assert estimate.value == 19 / 4
    assert estimate.n == 4


def test_its_interval_is_that_of_a_cluster_robust_standard_error() -> None:
    rng = generator(3)
    quality = rng.normal(3, 1, 3000)
    scores = np.clip(np.rint(quality[:, None] + rng.normal(0, 0.7, (3000, 3))), 1, 5)
    model = sm.OLS(scores.ravel(), np.ones(scores.size))
    expected = model.fit(cov_type="cluster", cov_kwds={"groups": np.arange(3000).repeat(3)})
    estimate = mean_opinion_score(scores.sum(axis=1), np.full(3000, 3), n=10_000, rng=rng)
    low, high = expected.conf_int()[0]
    assert_allclose([estimate.low, estimate.high], [low, high], atol=0.05 * (high - low))


def test_its_interval_does_not_shrink_when_raters_repeat_each_other() -> None:
    few = mean_opinion_score([1, 5, 3, 2] * 10, [1] * 40, rng=generator())
    many = mean_opinion_score([9, 45, 27, 18] * 10, [9] * 40, rng=generator())
    assert (many.value, many.low, many.high) == (few.value, few.low, few.high)


def test_equal_ratings_have_an_interval_without_width() -> None:
    estimate = mean_opinion_score([12, 8], [3, 2], rng=generator())
    assert (estimate.value, estimate.low, estimate.high) == (4, 4, 4)


@pytest.mark.parametrize(
    ("sums", "counts", "value", "n"),
    [([], [], NAN, 0), ([0], [0], NAN, 0), ([9, 0], [2, 0], 4.5, 2)],
)
def test_fewer_than_two_rated_items_have_no_interval(
    sums: list[float], counts: list[int], value: float, n: int
) -> None:
    estimate = mean_opinion_score(sums, counts, rng=generator())
    assert_array_equal(
        [estimate.value, estimate.low, estimate.high, estimate.n], [value, NAN, NAN, n]
    )


@given(items=scores_by_item)
def test_the_paper_score_is_the_mean_of_item_medians(items: list[list[int]]) -> None:
    estimate = paper_opinion_score(counts_of(items), SCALE, [0] * len(items), n=20, rng=generator())
    assert_allclose(estimate.value, statistics.mean(map(statistics.median, items)))
    assert estimate.n == len(items)


def test_the_paper_score_drops_every_item_that_anyone_opted_out_of() -> None:
    counts = counts_of([[5, 5, 4], [1, 1], [2, 3], []])
    estimate = paper_opinion_score(counts, SCALE, [0, 1, 0, 0], rng=generator())
    assert estimate.value == (5 + 2.5) / 2
    assert estimate.n == 2
    assert (estimate.low, estimate.high) == (2.5, 5)


def test_the_paper_score_is_undefined_when_every_item_is_dropped() -> None:
    estimate = paper_opinion_score(counts_of([[5, 5], [1]]), SCALE, [1, 2], rng=generator())
    assert_array_equal([estimate.value, estimate.low, estimate.high, estimate.n], [NAN] * 3 + [0])


def test_the_paper_score_needs_the_opt_outs_of_every_item() -> None:
    with pytest.raises(ValueError, match="opt-outs per item: 2 items"):
        paper_opinion_score(counts_of([[5], [1]]), SCALE, [0], rng=generator())


def test_the_seed_decides_the_intervals() -> None:
    sums, counts = generator(1).integers(3, 16, 200), np.full(200, 3)
    one, same, other = (mean_opinion_score(sums, counts, rng=generator(s)) for s in (1, 1, 2))
    assert one == same
    assert one != other


def test_the_distribution_is_the_share_of_ratings_at_each_value() -> None:
    assert_array_equal(distribution(counts_of([[5, 5, 4], [1]])), [0.25, 0, 0, 0.25, 0.5])


def test_the_distribution_of_no_ratings_is_undefined() -> None:
    assert_array_equal(distribution(np.zeros((3, 5), dtype=int)), [NAN] * 5)


def test_a_difference_is_that_of_the_means_of_all_ratings() -> None:
    found = opinion_difference([8, 3], [2, 1], [4], [4], rng=np.random.default_rng(0), n=50)

    assert found.value == 11 / 3 - 1
    assert found.n == 7
    assert math.isnan(found.low)


def test_a_difference_of_sets_without_spread_is_sure() -> None:
    found = opinion_difference(
        [8, 4, 12], [2, 1, 3], [2, 4], [1, 2], rng=np.random.default_rng(0), n=50
    )

    assert (found.value, found.low, found.high) == (2, 2, 2)


def test_nine_in_ten_intervals_of_a_difference_hold_the_true_one() -> None:
    """Scores of two populations of items, 1.0 apart; 400 studies, an interval at 90 % from each."""
    rng = np.random.default_rng(3)
    held = 0
    for _ in range(400):
        real = np.clip(rng.normal(4, 1, size=(30, 1)) + rng.normal(0, 0.5, size=(30, 3)), -9, 9)
        other = rng.normal(3, 1, size=(25, 1)) + rng.normal(0, 0.5, size=(25, 3))
        found = opinion_difference(
            real.sum(axis=1),
            np.full(30, 3),
            other.sum(axis=1),
            np.full(25, 3),
            rng=rng,
            n=200,
            confidence=0.9,
        )
        held += found.low <= 1 <= found.high

    assert 0.86 < held / 400 < 0.94


def test_a_difference_from_nothing_is_undefined() -> None:
    found = opinion_difference([8, 4], [2, 1], [], [], rng=np.random.default_rng(0), n=50)

    assert math.isnan(found.value)
    assert (found.n, math.isnan(found.high)) == (3, True)


def test_the_share_of_fair_or_better_is_a_mean_of_ones_and_noughts() -> None:
    counts = counts_of([[5, 3, 2], [1, 1], [3], [4, 2]])
    found = share_at_least(counts, SCALE, 3, rng=generator())
    expected = mean_opinion_score([2, 0, 1, 1], [3, 2, 1, 2], rng=generator())

    assert found == expected
    assert found.value == 4 / 8


@given(items=scores_by_item)
def test_the_median_is_that_of_all_ratings(items: list[list[int]]) -> None:
    found = median_score(counts_of(items), SCALE, n=20, rng=generator())

    assert found.value == statistics.median(score for scores in items for score in scores)
    assert found.low <= found.high


def test_the_interval_of_the_median_is_that_of_drawing_items_one_by_one() -> None:
    rng = generator(5)
    items = [list(rng.integers(1, 6, rng.integers(1, 4))) for _ in range(25)]
    medians = [
        statistics.median(score for place in rng.integers(0, 25, 25) for score in items[place])
        for _ in range(2000)
    ]
    found = median_score(counts_of(items), SCALE, n=2000, rng=rng)

    assert_allclose([found.low, found.high], np.quantile(medians, [0.025, 0.975]), atol=0.5)
    assert found.low < found.high


@pytest.mark.parametrize(("items", "value"), [([], NAN), ([[], []], NAN), ([[5, 4]], 4.5)])
def test_the_median_of_fewer_than_two_items_has_no_interval(
    items: list[list[int]], value: float
) -> None:
    found = median_score(np.reshape(counts_of(items), (-1, 5)), SCALE, rng=generator())

    assert_array_equal([found.value, found.low, found.high], [value, NAN, NAN])


def test_items_of_one_prompt_are_drawn_together() -> None:
    sums, counts = np.repeat([3, 9, 12], 10), np.full(30, 3)
    prompts = np.arange(3).repeat(10)
    by_prompt = mean_opinion_score(sums, counts, clusters=prompts, rng=generator())
    by_item = mean_opinion_score(sums, counts, rng=generator())

    assert by_prompt.value == by_item.value
    assert by_prompt.high - by_prompt.low > 2 * (by_item.high - by_item.low)
