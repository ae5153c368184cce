from __future__ import annotations

import math
from typing import cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from statsmodels.regression.mixed_linear_model import MixedLM, VCSpec

from annotator.statistics import (
    CorrelationKind,
    bootstrap,
    crossed_ratings,
    intraclass_correlation,
    intraclass_correlation_interval,
    variance_components,
)
from tests.annotator.statistics.agreement.crowds import (
    NAN,
    crowds,
    incomplete_skewed_ratings,
    recorded,
)

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")

# Shrout and Fleiss (1979), "Intraclass correlations: uses in assessing rater reliability", table 2:
# four judges (rows here) rate six targets.
FOUR_JUDGES = np.array(
    [[9, 6, 8, 7, 10, 6], [2, 1, 4, 1, 5, 2], [5, 3, 6, 2, 6, 4], [8, 2, 8, 6, 9, 7]]
)

# irrICC for R, README: data set iccdata1, targets by judges, missing and repeated ratings.
TARGETS = ["1", "1", "1", "5", "5", "4", "4", "4", "2", "2", "2", "3"]
JUDGES = {
    "J1": "6 6.5 4 10 9.5 6 nan 8 9 7 8 10",
    "J2": "1 nan 3 5 4 2 1 2.5 2 nan nan 5",
    "J3": "3 3 5.5 6 nan 4 3 nan 5 2 2 6",
    "J4": "2 4 4 9 8 nan 6 5 8 6 7 nan",
}


def quadratic_forms(ratings: np.ndarray) -> np.ndarray:
    """The components by matrices: sums of squares are y'Qy, and expect trace(Z'QZ) of each effect.

    The textbook form of method I, without a formula in common with the code.
    """
    raters, items = np.nonzero(~np.isnan(ratings))
    y = ratings[raters, items]
    effects = [
        np.eye(len(part := np.unique(who)))[np.searchsorted(part, who)]
        for who in (items, raters, np.arange(len(y)))
    ]
    mean = np.full((len(y), len(y)), 1 / len(y))
    onto_items, onto_raters = (z @ np.linalg.pinv(z) for z in effects[:2])
    forms = [onto_items - mean, onto_raters - mean, np.eye(len(y)) - mean]
    expected = [[np.trace(z.T @ form @ z) for z in effects] for form in forms]
    return np.linalg.solve(expected, [y @ form @ y for form in forms])


def components(ratings: np.ndarray) -> list[float]:
    found = variance_components(ratings)
    return [found.item, found.rater, found.residual]


@pytest.mark.parametrize(
    ("kind", "k", "published"),
    [
        ("agreement", 1, 0.29),
        ("consistency", 1, 0.71),
        ("agreement", 4, 0.62),
        ("consistency", 4, 0.91),
    ],
)
def test_icc_of_six_targets_is_as_shrout_and_fleiss_published_it(
    kind: CorrelationKind, k: int, published: float
) -> None:
    # Their table 4: ICC(2,1), ICC(3,1), ICC(2,4) and ICC(3,4).
    assert round(intraclass_correlation(FOUR_JUDGES, kind, k), 2) == published


def test_components_of_missing_and_repeated_ratings_are_as_gwet_prints_them() -> None:
    # irrICC for R, README: icc2.nointer.fn(iccdata1)
    scores = np.array([[float(score) for score in row.split()] for row in JUDGES.values()])
    judges, targets = np.meshgrid(list(JUDGES), TARGETS, indexing="ij")
    rated = ~np.isnan(scores)
    ratings = crossed_ratings(targets[rated], judges[rated], scores[rated])
    found = variance_components(ratings)
    assert len(ratings.score) == 40
    assert round(found.item, 6) == 2.090769
    assert round(found.rater, 5) == 4.34898
    assert round(found.residual, 6) == 1.598313
    assert round(intraclass_correlation(ratings), 7) == 0.2601086


@pytest.mark.parametrize("case", recorded()[:3], ids=lambda case: case["name"])
def test_icc_of_complete_ratings_is_that_of_pingouin(case: dict) -> None:
    k = len(case["ratings"])
    ours = {
        name: intraclass_correlation(case["ratings"], cast(CorrelationKind, kind), n)
        for name, kind, n in (
            ("ICC(A,1)", "agreement", 1),
            ("ICC(C,1)", "consistency", 1),
            ("ICC(A,k)", "agreement", k),
            ("ICC(C,k)", "consistency", k),
        )
    }
    for name, value in ours.items():
        assert_allclose(value, case["icc"][name], rtol=0, atol=1e-9)


def test_components_of_complete_ratings_are_those_of_statsmodels_reml() -> None:
    y, (raters, items) = FOUR_JUDGES.ravel().astype(float), np.indices(FOUR_JUDGES.shape)
    columns = {"item": np.eye(6)[items.ravel()], "rater": np.eye(4)[raters.ravel()]}
    names = [[f"{name} {i}" for i in range(z.shape[1])] for name, z in columns.items()]
    effects = VCSpec(list(columns), [[one] for one in names], [[z] for z in columns.values()])
    model = MixedLM(y, np.ones_like(y), groups=np.zeros_like(y), exog_vc=effects)
    fit = model.fit(reml=True, method="powell")
    reml = dict(zip(fit.model.exog_vc.names, fit.vcomp, strict=True)) | {"residual": fit.scale}
    expected = [reml["item"], reml["rater"], reml["residual"]]
    assert_allclose(components(FOUR_JUDGES), expected, rtol=0.01)


@given(ratings=crowds)
@settings(max_examples=40, deadline=None)
def test_components_of_incomplete_ratings_solve_the_equations_of_method_one(
    ratings: np.ndarray,
) -> None:
    found = components(ratings)
    if not np.isnan(found).any():
        expected = quadratic_forms(ratings)
        assert_allclose(found, expected, rtol=0, atol=1e-9 * max(1, np.abs(expected).max()))


@given(ratings=crowds, seed=st.integers(0, 2**32 - 1))
@settings(max_examples=25)
def test_neither_order_nor_unrated_items_nor_a_shifted_or_stretched_scale_change_icc(
    ratings: np.ndarray, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    expected = intraclass_correlation(ratings)
    unrated = np.full((len(ratings), 2), NAN)
    for same in (
        rng.permutation(rng.permutation(ratings, axis=1), axis=0),
        np.hstack([ratings, unrated]),
        100 - 3 * ratings,
        1e7 + ratings,
    ):
        assert_allclose(intraclass_correlation(same), expected, rtol=1e-9, atol=1e-9)


def test_components_of_a_large_sparse_crowd_are_the_true_ones() -> None:
    rng = np.random.default_rng(4)
    n_items, n_raters = 20_000, 2_000
    item = np.arange(n_items).repeat(3)
    rater = (rng.integers(0, n_raters, n_items)[:, None] + [0, 17, 93]).ravel() % n_raters
    truth = {"item": 0.8, "rater": 0.3, "residual": 0.6}
    effects = {name: rng.normal(0, math.sqrt(variance), 60_000) for name, variance in truth.items()}
    scores = 3 + effects["item"][item] + effects["rater"][rater] + effects["residual"]
    found = variance_components(crossed_ratings(item, rater, scores))
    assert_allclose([found.item, found.rater, found.residual], [0.8, 0.3, 0.6], atol=0.04)


def test_consistency_forgives_severity_and_agreement_does_not() -> None:
    kind = np.array([1.0, 2.0, 3.0, 2.0, 1.0])
    ratings = np.stack([kind, kind + 1, kind + 2])
    assert_allclose(intraclass_correlation(ratings, "consistency"), 1)
    assert intraclass_correlation(ratings, "agreement") < 0.5


def test_items_that_do_not_differ_have_an_icc_at_or_below_zero() -> None:
    assert_allclose(intraclass_correlation([[1, 2], [2, 1]], "consistency"), -1)


UNDEFINED_RATINGS: dict[str, list[list[float]]] = {
    "no cells": [[]],
    "no ratings": [[NAN, NAN], [NAN, NAN]],
    "one rater": [[1, 2, 5]],
    "one item": [[1], [4], [5]],
    "no item rated twice": [[1, 3, NAN], [NAN, NAN, 4]],
    "no rater rated twice": [[1, NAN], [2, NAN], [NAN, 4], [NAN, 5]],
    "all equal": [[3, 3, 3], [3, 3, 3]],
    "all equal, no round number": [[0.1, 0.1, 0.1], [0.1, 0.1, 0.1]],
}


@pytest.mark.parametrize("ratings", UNDEFINED_RATINGS.values(), ids=UNDEFINED_RATINGS)
def test_icc_is_undefined_where_the_variances_cannot_be_told_apart(
    ratings: list[list[float]],
) -> None:
    for kind in ("agreement", "consistency"):
        assert math.isnan(intraclass_correlation(ratings, cast(CorrelationKind, kind)))
    interval = intraclass_correlation_interval(ratings, n=50, rng=np.random.default_rng(0))
    assert_array_equal(interval, (NAN, NAN))


@pytest.mark.parametrize("kind", ["agreement", "consistency"])
def test_the_interval_is_that_of_drawing_items_one_by_one(kind: CorrelationKind) -> None:
    ratings = incomplete_skewed_ratings(11, 6, 100)
    rng = np.random.default_rng(2)
    rated = ratings[:, ~np.isnan(ratings).all(axis=0)]
    n = rated.shape[1]
    drawn = [intraclass_correlation(rated[:, rng.integers(0, n, n)], kind, 3) for _ in range(1000)]
    expected = np.quantile(drawn, [0.05, 0.95])
    interval = intraclass_correlation_interval(ratings, kind, 3, n=2000, confidence=0.9, rng=rng)
    assert_allclose(interval, expected, atol=0.12 * (expected[1] - expected[0]))


def test_the_interval_is_by_matrices_on_each_resample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "BLOCK_ELEMENTS", 100)  # a few replicates at a time
    ratings = incomplete_skewed_ratings(11, 6, 12)
    ratings = ratings[:, ~np.isnan(ratings).all(axis=0)]
    rng, n = np.random.default_rng(5), ratings.shape[1]
    drawn = [quadratic_forms(ratings[:, rng.integers(0, n, n)]) for _ in range(60)]
    replicates = [components[0] / components.sum() for components in drawn]
    interval = intraclass_correlation_interval(ratings, n=60, rng=np.random.default_rng(5))
    assert_allclose(interval, np.quantile(replicates, [0.025, 0.975]), rtol=0, atol=1e-9)


def test_what_no_icc_can_be_of_is_refused_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="agreement, consistency"):
        intraclass_correlation(FOUR_JUDGES, cast(CorrelationKind, "absolute"))
    with pytest.raises(ValueError, match="one rating or more"):
        intraclass_correlation(FOUR_JUDGES, k=0)
