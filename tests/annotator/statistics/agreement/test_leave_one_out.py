from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.testing import assert_allclose, assert_array_equal

from annotator.statistics import Level, crossed_ratings, krippendorff_alpha, leave_one_rater_out
from tests.annotator.statistics.agreement.crowds import (
    FOUR_OBSERVERS,
    NAN,
    crowds,
    incomplete_skewed_ratings,
)

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval", "ratio"])
@given(ratings=crowds)
@settings(max_examples=20, deadline=None)
def test_alpha_without_each_rater_is_that_of_the_others_ratings(
    level: Level, ratings: np.ndarray
) -> None:
    table = leave_one_rater_out(ratings, level)
    expected = [
        krippendorff_alpha(np.delete(ratings, rater, axis=0), level) for rater in table.raters
    ]
    assert_allclose(table.alpha, krippendorff_alpha(ratings, level), rtol=0, atol=1e-9)
    assert_allclose(table.without, expected, rtol=0, atol=1e-9)


def test_leaving_out_a_rater_who_guesses_raises_alpha_most() -> None:
    ratings = incomplete_skewed_ratings(2, 6, 200)
    ratings[3] = np.where(np.isnan(ratings[3]), NAN, np.random.default_rng(0).integers(1, 6, 200))
    table = leave_one_rater_out(ratings)
    assert np.argmax(table.change) == 3
    assert_allclose(table.change, table.without - table.alpha)
    assert_array_equal(table.ratings, (~np.isnan(ratings)).sum(axis=1))


def test_raters_keep_their_labels_and_one_who_rated_nothing_is_left_out_already() -> None:
    ratings = np.vstack([np.full(12, NAN), FOUR_OBSERVERS])
    assert list(leave_one_rater_out(ratings).raters) == [1, 2, 3, 4]
    rater, item = np.nonzero(~np.isnan(ratings))
    names = np.array(["ed", "ann", "bo", "cy", "di"])
    table = leave_one_rater_out(crossed_ratings(item, names[rater], ratings[rater, item]))
    assert list(table.raters) == ["ann", "bo", "cy", "di"]
    assert_allclose(table.without, leave_one_rater_out(FOUR_OBSERVERS).without)


@pytest.mark.parametrize(
    ("ratings", "without"),
    [
        ([[]], []),
        ([[1, 2, 5]], [NAN]),
        ([[1, 2], [1, 3]], [NAN, NAN]),
        ([[3, 3], [3, 3], [3, 4]], [0, 0, NAN]),
        (np.zeros((0, 4)), []),
    ],
    ids=["no cells", "one rater", "two raters", "others all equal", "nobody"],
)
def test_alpha_without_a_rater_is_undefined_where_the_others_have_no_alpha(
    ratings: list[list[float]], without: list[float]
) -> None:
    table = leave_one_rater_out(ratings)
    assert_allclose(table.without, without, atol=1e-12)
    assert math.isnan(table.alpha) == (len(without) < 2)
