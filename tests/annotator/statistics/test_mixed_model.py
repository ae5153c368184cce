"""The cumulative link mixed model against R's `ordinal`, TMB, statsmodels and plain matrices."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize
from scipy.special import expit
from statsmodels.miscmodels.ordinal_model import OrderedModel

from annotator.statistics import CrossedRatings, MixedModel, crossed_ratings, fit_mixed_model
from annotator.statistics.laplace import Laplace

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")

# Bitterness of wine (Randall 1989, "The analysis of sensory data by generalized linear model",
# Biometrical Journal 31(7)), the data set `wine` of R's `ordinal`: nine judges × eight bottles,
# two of each: cold, cold with skins, warm, warm with skins.
WINE = """
    23344455 12132354 23325544 32323253 23433333 32322454 11222323 22233334 12323244
"""


def wine() -> tuple[CrossedRatings, np.ndarray]:
    scores = np.array([list(map(int, judge)) for judge in WINE.split()])  # (judge, bottle)
    judge, bottle = np.indices(scores.shape)
    ratings = crossed_ratings(bottle.ravel(), judge.ravel(), scores.ravel())
    return ratings, np.c_[ratings.item >= 4, ratings.item % 4 >= 2].astype(float)


def crowd(
    n_items: int, n_raters: int, effects: tuple[float, ...], seed: int = 0
) -> tuple[CrossedRatings, np.ndarray]:
    """Three raters of each item, drawn at random; each item is of one of several arms."""
    rng = np.random.default_rng(seed)
    arm = rng.integers(0, len(effects) + 1, n_items)
    own = (arm[:, None] == np.arange(1, len(effects) + 1)).astype(float)
    rater = rng.permuted(np.tile(np.arange(n_raters), (n_items, 1)), axis=1)[:, :3].ravel()
    item = np.arange(n_items).repeat(3)
    eta = own[item] @ effects + rng.normal(size=n_items)[item]
    eta += 0.7 * rng.normal(size=n_raters)[rater]
    points = 1 + np.searchsorted((-2, -1, 0.3, 1.8), eta + rng.logistic(size=len(item)))
    return crossed_ratings(item, rater, points), own[item]


def test_wine_is_fitted_as_by_tmb_and_by_r() -> None:
    # rating ~ temp + contact + (1 | judge). TMB (drmTMB 0.2) prints more digits than R's ordinal
    # 2023.12 converges to: its logLik is -81.56540929, its effects 3.062997 and 1.834885.
    # Bottles of one kind are alike: the spread of items is zero, and judges are all there is.
    found = fit_mixed_model(*wine())
    assert_allclose(found.effects, [3.063001031, 1.834900358], atol=1e-6)
    assert_allclose(found.thresholds, [-1.623669, 1.513357, 4.228520, 6.088769], atol=2e-6)
    assert_allclose(found.rater_sd, 1.131139, atol=1e-6)
    assert_allclose(found.log_likelihood, -81.56541278, atol=1e-8)
    assert_allclose(found.item_sd, 0, atol=1e-6)
    # Standard errors and p as R's summary prints them.
    assert_allclose(found.effect_errors, [0.595, 0.513], atol=5e-4)
    assert_allclose(found.threshold_errors, [0.682, 0.604, 0.809, 0.972], atol=5e-4)
    assert_allclose(found.p_values(), [2.68e-7, 3.44e-4], rtol=5e-3)
    # confint: 6.66 to 68.7 and 2.29 to 17.1, as ratios of odds.
    ends = np.exp([(each.low, each.high) for each in found.estimates()])
    assert_allclose(ends, [(6.66, 68.7), (2.29, 17.1)], rtol=2e-3)


def test_without_spread_the_likelihood_is_that_of_ordinal_regression() -> None:
    ratings, covariates = wine()
    plain = OrderedModel(ratings.score, covariates, distr="logit")
    fitted = plain.fit(method="bfgs", disp=False, gtol=1e-8)
    thresholds = plain.transform_threshold_params(fitted.params)[1:-1]
    parameters = np.r_[thresholds, fitted.params[:2], 0, 0]
    value, gradient = Laplace(ratings, covariates)(parameters)
    assert_allclose(value, fitted.llf, atol=1e-9)
    assert_allclose(gradient, 0, atol=1e-5)


def test_the_likelihood_is_the_one_of_plain_matrices() -> None:
    ratings, covariates = crowd(40, 7, (0.8, -0.5))
    parameters = np.array([-2, -1, 0.3, 1.8, 0.8, -0.5, 0.9, 0.6])
    n_items, n_raters = len(ratings.items), len(ratings.raters)
    z = np.zeros((len(ratings.score), n_items + n_raters))
    z[np.arange(len(z)), ratings.item] = parameters[-2]
    z[np.arange(len(z)), n_items + ratings.rater] = parameters[-1]
    bounds = np.r_[-np.inf, parameters[:4], np.inf]
    point = ratings.score.astype(int) - 1

    def probability(v: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        eta = covariates @ parameters[4:6] + z @ v
        above, below = expit(bounds[point + 1] - eta), expit(bounds[point] - eta)
        return above - below, above, below

    def penalised(v: np.ndarray) -> float:
        return float(v @ v / 2 - np.log(probability(v)[0]).sum())

    mode = minimize(penalised, np.zeros(z.shape[1]), method="BFGS", options={"gtol": 1e-9}).x
    _, above, below = probability(mode)
    weight = above * (1 - above) + below * (1 - below)
    determinant = np.linalg.slogdet(np.eye(z.shape[1]) + z.T * weight @ z)[1]
    value, _ = Laplace(ratings, covariates)(parameters)
    assert_allclose(value, -penalised(mode) - determinant / 2, atol=1e-7)


def test_the_gradient_is_the_likelihoods() -> None:
    likelihood = Laplace(*crowd(60, 8, (0.8, -0.5)))
    at, step = np.array([-1.7, -1.1, 0.2, 1.5, 0.5, -0.2, 0.8, 0.5]), 1e-4
    differences = [
        (likelihood(at + step * unit)[0] - likelihood(at - step * unit)[0]) / (2 * step)
        for unit in np.eye(len(at))
    ]
    assert_allclose(likelihood(at)[1], differences, atol=1e-5)


def test_effects_of_a_simulated_crowd_are_found() -> None:
    found = fit_mixed_model(*crowd(2500, 40, (0.8, -0.5)))
    assert_allclose(found.effects, (0.8, -0.5), atol=3 * found.effect_errors.max())
    assert found.effect_errors.max() < 0.08
    # Laplace's approximation draws spreads a little towards zero where an item has three ratings.
    assert_allclose((found.item_sd, found.rater_sd), (0.95, 0.7), atol=0.15)


def same(one: MixedModel, other: MixedModel) -> None:
    assert_allclose(one.effects, other.effects, atol=1e-6)
    assert_allclose(one.effect_errors, other.effect_errors, atol=1e-5)
    assert_allclose(one.log_likelihood, other.log_likelihood, atol=1e-7)


def test_neither_order_nor_names_matter() -> None:
    ratings, covariates = crowd(150, 9, (0.8,))
    shuffled = np.random.default_rng(1).permutation(len(ratings.score))
    names = np.array([f"rater {9 - number}" for number in range(9)])
    renamed = crossed_ratings(
        -ratings.item[shuffled], names[ratings.rater[shuffled]], ratings.score[shuffled]
    )
    arms = np.zeros(len(ratings.items))
    arms[ratings.item] = covariates[:, 0]
    again = fit_mixed_model(renamed, arms[-renamed.items][renamed.item][:, None])
    same(fit_mixed_model(ratings, covariates), again)


def test_a_scale_turned_round_turns_the_effects_round() -> None:
    ratings, covariates = crowd(150, 9, (0.8,))
    turned = fit_mixed_model(replace(ratings, score=6 - ratings.score), covariates)
    found = fit_mixed_model(ratings, covariates)
    same(found, replace(turned, effects=-turned.effects))
    assert_allclose(found.thresholds, -turned.thresholds[::-1], atol=1e-6)


def test_only_the_order_of_points_matters() -> None:
    ratings, covariates = crowd(150, 9, (0.8,))
    stretched = replace(ratings, score=ratings.score**3)
    same(fit_mixed_model(ratings, covariates), fit_mixed_model(stretched, covariates))


@pytest.mark.parametrize(
    "effects",
    [
        pytest.param(np.ones((72, 1)), id="everybody alike"),
        pytest.param(np.c_[np.arange(72) % 2, np.arange(72) % 2], id="twice the same"),
        pytest.param(wine()[0].score[:, None] > 3, id="never overlapping"),
    ],
)
def test_what_cannot_be_told_apart_is_undefined(effects: np.ndarray) -> None:
    found = fit_mixed_model(wine()[0], effects)
    assert np.isnan([*found.effects, found.item_sd, found.log_likelihood]).all()
    assert np.isnan([*found.p_values(), found.estimates()[0].low]).all()


@pytest.mark.parametrize("scores", [[], [3, 3, 3]])
def test_without_two_points_nothing_is_defined(scores: list[int]) -> None:
    ratings = crossed_ratings(np.arange(len(scores)), np.zeros(len(scores)), scores)
    found = fit_mixed_model(ratings, np.zeros((len(scores), 0)))
    assert found.thresholds.size == 0
    assert np.isnan(found.rater_sd)


def test_effects_of_other_ratings_are_refused() -> None:
    ratings, covariates = wine()
    with pytest.raises(ValueError, match="72 rows"):
        fit_mixed_model(ratings, covariates[1:])
    with pytest.raises(ValueError, match="finite"):
        fit_mixed_model(ratings, np.full_like(covariates, np.nan))
