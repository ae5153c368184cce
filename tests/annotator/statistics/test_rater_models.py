from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import spearmanr
from statsmodels.regression.linear_model import OLS

from annotator.statistics import CrossedRatings, RaterModel, crossed_ratings, fit_rater_model

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


def crowd(
    severity: np.ndarray,
    discrimination: np.ndarray,
    noise: np.ndarray,
    *,
    n_items: int,
    seed: int = 0,
    rounded: bool = True,
) -> tuple[CrossedRatings, np.ndarray]:
    """Three raters of each item, drawn at random; and the items' true qualities."""
    rng = np.random.default_rng(seed)
    n_raters = len(severity)
    quality = rng.normal(0, 0.9, n_items)
    rater = rng.permuted(np.tile(np.arange(n_raters), (n_items, 1)), axis=1)[:, :3].ravel()
    item = np.arange(n_items).repeat(3)
    latent = 3.5 - severity[rater] + discrimination[rater] * quality[item]
    scores = latent + noise[rater] * rng.normal(size=len(item))
    if rounded:
        scores = np.clip(np.rint(scores), 1, 5)
    return crossed_ratings(item, rater, scores), quality


def mean_scores(ratings: CrossedRatings) -> np.ndarray:
    sums, counts = ratings.by_item()
    return sums / counts


def rank_correlation(scores: np.ndarray, quality: np.ndarray) -> float:
    return float(spearmanr(scores, quality).statistic)


ALIKE = np.zeros(30), np.ones(30), np.full(30, 0.6)


def test_severe_raters_are_found_and_corrected() -> None:
    severity = np.where(np.arange(30) < 8, 1.2, 0)
    ratings, quality = crowd(severity, *ALIKE[1:], n_items=600)
    found = fit_rater_model(ratings)

    # Severity is from the crowd's mean; the scale's ends hide some of it.
    assert_allclose(found.severity[:8].mean() - found.severity[8:].mean(), 1.2, atol=0.25)
    assert (found.severity[:8].min(), found.severity[8:].max()) > (0.5, 0.5)
    assert found.severity[8:].max() < 0.2
    gain = rank_correlation(found.score, quality) - rank_correlation(mean_scores(ratings), quality)
    assert gain > 0.03


def test_noisy_raters_count_less() -> None:
    noise = np.where(np.arange(30) < 12, 1.5, 0.5)
    ratings, quality = crowd(*ALIKE[:2], noise, n_items=600)
    found = fit_rater_model(ratings)

    assert found.noise[:12].min() > found.noise[12:].max()
    gain = rank_correlation(found.score, quality) - rank_correlation(mean_scores(ratings), quality)
    assert gain > 0.03


def test_raters_who_always_press_the_same_key_have_no_say() -> None:
    says = np.where(np.arange(30) < 9, 0.0, 1.0)
    ratings, quality = crowd(ALIKE[0], says, np.where(says > 0, 0.6, 0), n_items=600)
    found = fit_rater_model(ratings)

    assert found.discrimination[:9].max() < 0.2 < 1 < found.discrimination[9:].min()
    gain = rank_correlation(found.score, quality) - rank_correlation(mean_scores(ratings), quality)
    assert gain > 0.005


def test_many_straight_liners_do_not_take_a_small_crowd_over() -> None:
    """Nine of twenty always press one key: scores keep their spread, and order items no worse."""
    says = np.where(np.arange(20) < 9, 0.0, 1.0)
    noise = np.where(says > 0, 0.6, 0)
    spreads, gains = [], []
    for seed in range(8):
        ratings, quality = crowd(np.zeros(20), says, noise, n_items=100, seed=seed)
        scores, means = fit_rater_model(ratings).score, mean_scores(ratings)
        spreads.append(scores.std())
        gains.append(rank_correlation(scores, quality) - rank_correlation(means, quality))

    assert min(spreads) > 0.15
    assert np.mean(gains) > 0


def test_a_homogeneous_crowd_is_left_as_it_is() -> None:
    ratings, quality = crowd(*ALIKE, n_items=300)
    found, means = fit_rater_model(ratings), mean_scores(ratings)

    assert rank_correlation(found.score, means) > 0.98
    assert rank_correlation(found.score, quality) > rank_correlation(means, quality) - 0.005
    assert_allclose(found.score.mean(), ratings.score.mean(), atol=0.01)


def test_severities_are_those_of_a_crossed_regression_when_raters_differ_in_nothing_else() -> None:
    severity = np.linspace(-0.8, 0.8, 12)
    ratings, _ = crowd(severity, np.ones(12), np.full(12, 0.4), n_items=250)
    items = np.eye(len(ratings.items))[ratings.item]
    raters = np.eye(12)[ratings.rater][:, 1:] - np.eye(12)[ratings.rater][:, :1]
    effects = OLS(ratings.score, np.hstack([items, raters])).fit().params[-11:]

    found = fit_rater_model(ratings)

    assert_allclose(found.severity[1:], -effects, atol=0.06)
    assert_allclose(found.severity @ ratings.by_rater()[1], 0, atol=1e-8)


def test_raters_with_few_ratings_are_drawn_towards_the_crowd() -> None:
    ratings, _ = crowd(np.linspace(-0.8, 0.8, 30), *ALIKE[1:], n_items=300)
    few = crossed_ratings(
        np.r_[ratings.item, 0, 1], np.r_[ratings.rater, 90, 90], np.r_[ratings.score, 1, 1]
    )
    many = crossed_ratings(
        np.r_[ratings.item, np.arange(200)],
        np.r_[ratings.rater, np.full(200, 90)],
        np.r_[ratings.score, np.clip(mean_scores(ratings)[:200] - 1.5, 1, 5)],
    )

    assert fit_rater_model(few).severity[-1] < fit_rater_model(many).severity[-1]
    assert fit_rater_model(few).severity_error[-1] > 3 * fit_rater_model(many).severity_error[-1]


def test_standard_errors_of_severity_cover_the_truth() -> None:
    severity = np.linspace(-0.5, 0.5, 30)
    within = []
    for seed in range(20):
        ratings, _ = crowd(severity, *ALIKE[1:], n_items=300, seed=seed, rounded=False)
        found = fit_rater_model(ratings)
        within.append(np.abs(found.severity - severity) < 1.96 * found.severity_error)

    assert 0.9 < np.mean(within) < 0.99


def test_order_and_names_of_raters_change_nothing() -> None:
    ratings, _ = crowd(np.linspace(-0.5, 0.5, 30), *ALIKE[1:], n_items=60)
    shuffled = np.random.default_rng(1).permutation(len(ratings.score))
    renamed = crossed_ratings(
        ratings.item[shuffled], 100 - ratings.rater[shuffled], ratings.score[shuffled]
    )
    one, other = fit_rater_model(ratings), fit_rater_model(renamed)

    assert_allclose(other.score, one.score, atol=1e-9)
    assert_allclose(other.severity[::-1], one.severity, atol=1e-9)


def test_a_shifted_scale_shifts_the_scores_alone() -> None:
    ratings, _ = crowd(*ALIKE, n_items=60)
    one = fit_rater_model(ratings)
    other = fit_rater_model(crossed_ratings(ratings.item, ratings.rater, ratings.score + 10))

    assert_allclose(other.score, one.score + 10, atol=1e-9)
    assert_allclose(other.noise, one.noise, atol=1e-9)


@pytest.mark.parametrize(
    ("items", "raters", "scores", "expected"),
    [
        ([7], [3], [4], [4]),
        ([7, 8], [3, 3], [4, 2], [3, 3]),  # one rater: nobody confirms the difference
        ([7, 7], [3, 4], [4, 2], [3]),
        ([7, 7, 8, 8], [3, 4, 3, 4], [4, 4, 4, 4], [4, 4]),
    ],
)
def test_what_cannot_be_told_apart_stays_as_believed(
    items: list[int], raters: list[int], scores: list[float], expected: list[float]
) -> None:
    found = fit_rater_model(crossed_ratings(items, raters, scores))

    assert_allclose(found.score, expected, atol=0.01)
    assert np.isfinite(np.r_[found.severity, found.noise, found.discrimination]).all()


def test_no_rating_gives_an_empty_model() -> None:
    found = fit_rater_model(crossed_ratings([], [], []))

    assert isinstance(found, RaterModel)
    assert_array_equal([found.score.shape, found.severity.shape], [(0,), (0,)])
