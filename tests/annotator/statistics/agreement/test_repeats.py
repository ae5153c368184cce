from __future__ import annotations

import math
from typing import cast, get_args

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import accuracy_score, cohen_kappa_score

from annotator.statistics import (
    RepeatMeasure,
    bootstrap_interval,
    krippendorff_alpha,
    self_agreement,
    self_agreement_interval,
)
from tests.annotator.statistics.agreement.crowds import NAN, SCALE

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")

MEASURES: tuple[RepeatMeasure, ...] = get_args(RepeatMeasure)


def repeated_ratings(seed: int, n_raters: int, n_items: int) -> tuple[np.ndarray, np.ndarray]:
    """First and second ratings, raters × items; a quarter of the cells were seen again."""
    rng = np.random.default_rng(seed)
    first = np.clip(np.rint(rng.normal(3.8, 1, (n_raters, n_items))), 1, 5)
    unreliable = rng.uniform(0.1, 1, (n_raters, 1))
    second = np.clip(np.rint(first + rng.normal(0, unreliable, first.shape)), 1, 5)
    second[rng.random(first.shape) < 0.75] = NAN
    return first, second


def test_self_agreement_is_that_of_other_libraries_on_the_pairs() -> None:
    first, second = repeated_ratings(1, 12, 60)
    pair = ~np.isnan(second)
    a, b = first[pair], second[pair]
    expected = {
        "exact": accuracy_score(a, b),
        "within one": np.mean(np.abs(a - b) <= 1),
        "kappa": cohen_kappa_score(a, b),
        "linear kappa": cohen_kappa_score(a, b, weights="linear"),
        "quadratic kappa": cohen_kappa_score(a, b, weights="quadratic"),
        "alpha": krippendorff_alpha([a, b]),
    }
    for measure in MEASURES:
        found = self_agreement(first, second, measure)
        assert_allclose(found, expected[measure], rtol=0, atol=1e-9)
        assert_allclose(self_agreement(a, b, measure), found)


def test_within_one_counts_steps_of_the_whole_scale() -> None:
    assert self_agreement([1, 1], [5, 5], "within one") == 1  # neighbours among what occurs
    assert self_agreement([1, 1], [5, 5], "within one", values=SCALE) == 0


def test_the_interval_of_exact_self_agreement_is_the_clustered_bootstrap_of_pairs() -> None:
    first, second = repeated_ratings(2, 30, 40)
    pair = ~np.isnan(second)
    raters, _ = np.nonzero(pair)
    same = (first == second)[pair].astype(float)
    rng = np.random.default_rng(0)
    expected = bootstrap_interval(same, np.ones_like(same), rng=rng, n=6000, clusters=raters)
    interval = self_agreement_interval(first, second, n=6000, rng=rng)
    assert_allclose(interval, expected, atol=0.01)
    listed = self_agreement_interval(
        first[pair], second[pair], n=6000, raters=raters, rng=np.random.default_rng(0)
    )
    assert_allclose(listed, expected, atol=0.01)


@pytest.mark.parametrize("measure", MEASURES)
def test_the_interval_is_that_of_drawing_raters_one_by_one(measure: RepeatMeasure) -> None:
    first, second = repeated_ratings(3, 25, 40)
    rng = np.random.default_rng(1)
    drawn = []
    for _ in range(600):
        raters = rng.integers(0, 25, 25)
        drawn.append(self_agreement(first[raters], second[raters], measure))
    expected = np.quantile(drawn, [0.05, 0.95])
    interval = self_agreement_interval(first, second, measure, n=3000, confidence=0.9, rng=rng)
    assert_allclose(interval, expected, atol=0.15 * (expected[1] - expected[0]))


@pytest.mark.parametrize("measure", MEASURES)
def test_self_agreement_is_undefined_without_a_pair(measure: RepeatMeasure) -> None:
    first = [[1, 2], [3, NAN]]
    nothing = [[NAN, NAN], [NAN, 4]]
    assert math.isnan(self_agreement(first, nothing, measure))
    interval = self_agreement_interval(first, nothing, measure, rng=np.random.default_rng(0))
    assert_array_equal(interval, (NAN, NAN))


def test_equal_ratings_repeat_exactly_and_have_neither_kappa_nor_alpha() -> None:
    values = {measure: self_agreement([4, 4, 4], [4, 4, 4], measure) for measure in MEASURES}
    assert (values["exact"], values["within one"]) == (1, 1)
    assert np.isnan([values[name] for name in ("linear kappa", "quadratic kappa", "alpha")]).all()


def test_one_rater_has_a_value_but_no_interval() -> None:
    interval = self_agreement_interval([[1, 2]], [[1, 3]], rng=np.random.default_rng(0))
    assert self_agreement([[1, 2]], [[1, 3]]) == 0.5
    assert_array_equal(interval, (NAN, NAN))


def test_what_are_no_pairs_is_refused_in_a_sentence() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="of one shape"):
        self_agreement([1, 2], [1, 2, 3])
    with pytest.raises(ValueError, match="exact, within one"):
        self_agreement([1, 2], [1, 2], cast(RepeatMeasure, "close"))
    with pytest.raises(ValueError, match="First ratings are numbers"):
        self_agreement(["good", "bad"], [1, 2])
    with pytest.raises(ValueError, match="finite"):
        self_agreement([1, math.inf], [1, 2])
    with pytest.raises(ValueError, match="Say whose pair"):
        self_agreement_interval([1, 2], [1, 2], rng=rng)
    with pytest.raises(ValueError, match="one rater per pair"):
        self_agreement_interval([1, 2], [1, 2], raters=["a"], rng=rng)
    with pytest.raises(ValueError, match="'raters'"):
        self_agreement_interval([[1]], [[1]], over="items", rng=rng)  # type: ignore[arg-type]
