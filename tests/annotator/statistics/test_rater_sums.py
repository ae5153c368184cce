from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from annotator.statistics import crossed_ratings, rater_sums
from annotator.statistics.rater_sums import RaterSums, item_sums


@pytest.fixture(params=[1, 40, 2**18])
def cached(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rater_sums, "_CACHED", request.param)


@pytest.mark.usefixtures("cached")
def test_sums_over_raters_and_items_are_those_added_up_rating_by_rating() -> None:
    rng = np.random.default_rng(0)
    rater = rng.permutation(np.arange(7).repeat([1, 4, 4, 2, 30, 4, 1]))
    ratings = crossed_ratings(rng.integers(0, 20, len(rater)), rater, rng.normal(size=len(rater)))
    draws = rng.integers(0, 4, (len(ratings.items), 5)).astype(np.uint8)
    of_raters, of_items = np.zeros((7, 2, 5)), np.zeros((2, 5))
    for item, who, score in zip(ratings.item, ratings.rater, ratings.score, strict=True):
        of_raters[who] += np.outer([1, score], draws[item])
        of_items += np.outer([1, score], draws[item])

    found = RaterSums.of(ratings, np.ones_like(ratings.score), ratings.score).on(draws)

    assert_allclose(found, of_raters, atol=1e-12)
    sums, counts = ratings.by_item()
    assert_allclose(item_sums(np.stack([counts, sums], axis=1), draws), of_items, atol=1e-12)
