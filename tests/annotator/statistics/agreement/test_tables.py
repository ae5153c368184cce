from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from annotator.statistics import (
    counts_of,
    crossed_ratings,
    fleiss_kappa,
    gwet_ac,
    intraclass_correlation,
    krippendorff_alpha,
    leave_one_rater_out,
    pairwise_kappa,
)
from tests.annotator.statistics.agreement.crowds import NAN, SCALE, crowds

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")

# Everything that takes ratings, as one number.
STATISTICS: dict[str, Callable[[Any], float]] = {
    "alpha": krippendorff_alpha,
    "ac": lambda ratings: gwet_ac(ratings, values=SCALE),
    "kappa": lambda ratings: pairwise_kappa(ratings, min_common=2),
    "icc": intraclass_correlation,
    "leave one out": lambda ratings: leave_one_rater_out(ratings).alpha,
}
EVERYTHING = STATISTICS | {"fleiss": fleiss_kappa}


@given(ratings=crowds, seed=st.integers(0, 2**32 - 1))
@settings(max_examples=25)
def test_crossed_ratings_in_any_order_say_the_same_as_the_matrix(
    ratings: np.ndarray, seed: int
) -> None:
    raters, items = np.indices(ratings.shape).reshape(2, -1)
    order = np.random.default_rng(seed).permutation(np.flatnonzero(~np.isnan(ratings)))
    names = np.array([f"rater {number}" for number in raters])
    given = crossed_ratings(items[order], names[order], ratings.ravel()[order])
    for statistic in STATISTICS.values():
        assert_allclose(statistic(given), statistic(ratings), rtol=0, atol=1e-9)


def test_counts_are_of_the_scale_or_of_the_values_that_occur() -> None:
    ratings = [[5, NAN, 1], [5, 3, NAN]]
    counts, values = counts_of(ratings)
    assert_array_equal(values, [1, 3, 5])
    assert_array_equal(counts, [[0, 0, 2], [0, 1, 0], [1, 0, 0]])
    counts, _ = counts_of(ratings, SCALE)
    assert_array_equal(counts, [[0, 0, 0, 0, 2], [0, 0, 1, 0, 0], [1, 0, 0, 0, 0]])


@pytest.mark.parametrize("statistic", EVERYTHING.values(), ids=EVERYTHING)
@pytest.mark.parametrize(
    ("ratings", "message"),
    [
        ([[1, 2], [1, math.inf]], "infinity is no score"),
        ([["good", "bad"], ["good", "good"]], "numbers"),
        ([[1, 2], [1]], "numbers in a regular array"),
        ([1, 2, 3], "raters × items"),
        (5, "raters × items"),
    ],
    ids=["infinite", "words", "ragged", "one-dimensional", "a number"],
)
def test_what_are_no_ratings_is_refused_in_a_sentence(
    statistic: Callable[[Any], float], ratings: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        statistic(ratings)


def test_none_is_not_rated_either() -> None:
    assert krippendorff_alpha([[1, 2, None], [1, 3, 4]]) == krippendorff_alpha([[1, 2], [1, 3]])


@pytest.mark.parametrize("name", ["alpha", "ac", "kappa", "leave one out"])
def test_a_rater_who_rated_an_item_twice_is_sent_to_self_agreement(name: str) -> None:
    twice = crossed_ratings([7, 7, 7], [0, 0, 1], [3, 4, 3])
    with pytest.raises(ValueError, match="self_agreement"):
        STATISTICS[name](twice)
