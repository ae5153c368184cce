from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.testing import assert_array_equal
from scipy.stats import mode

from annotator.statistics import agreement_with_majority, bootstrap, crossed_ratings
from tests.annotator.statistics.agreement.crowds import NAN, crowds

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


def one_by_one(ratings: np.ndarray) -> list[tuple[int, int]]:
    """Of each rater how many ratings are compared, and agree: by going through all of them."""
    found = []
    for rater in np.flatnonzero((~np.isnan(ratings)).any(axis=1)):
        compared = agreeing = 0
        for item in np.flatnonzero(~np.isnan(ratings[rater])):
            others = np.delete(ratings[:, item], rater)
            values, counts = np.unique(others[~np.isnan(others)], return_counts=True)
            if len(values) and (counts == counts.max()).sum() == 1:
                compared += 1
                agreeing += int(ratings[rater, item] == mode(others, nan_policy="omit").mode)
        found.append((compared, agreeing))
    return found


@given(ratings=crowds)
@settings(max_examples=20, deadline=None)
def test_each_rating_is_compared_with_the_commonest_value_of_the_others(
    ratings: np.ndarray,
) -> None:
    found = agreement_with_majority(ratings)

    assert list(zip(found.compared, found.agreeing, strict=True)) == one_by_one(ratings)


def test_ties_and_items_that_nobody_else_rated_are_not_compared() -> None:
    ratings = [[1, 1, 1, 1], [2, 1, 2, NAN], [3, 1, 2, NAN]]

    found = agreement_with_majority(ratings)

    # The others of item 0 are tied for everyone, of item 2 for who said 2; item 3 has one rating.
    assert found.compared.tolist() == [2, 1, 1]
    assert found.agreeing.tolist() == [1, 1, 1]
    assert found.share.tolist() == [0.5, 1, 1]
    assert np.isnan(agreement_with_majority([[1, 2]]).share).all()
    assert agreement_with_majority([[1, 1], [NAN, 1]]).compared.tolist() == [1, 1]
    assert agreement_with_majority([[NAN, NAN]]).share.size == 0


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    ratings = crossed_ratings(
        np.repeat(np.arange(60), 4), np.tile(np.arange(4), 60), rng.integers(0, 3, 240)
    )
    whole = agreement_with_majority(ratings)

    monkeypatch.setattr(bootstrap, "BLOCK_ELEMENTS", 7)

    assert_array_equal(agreement_with_majority(ratings).agreeing, whole.agreeing)
