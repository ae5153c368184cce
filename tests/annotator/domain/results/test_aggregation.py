from __future__ import annotations

import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from annotator.domain.results.aggregation import Model, aggregate
from annotator.errors import LibraryMissing
from annotator.statistics import CrossedRatings, crossed_ratings

MODELS: tuple[Model, ...] = ("dawid-skene", "mace")


def crowd_with_a_stuck_key() -> tuple[CrossedRatings, np.ndarray]:
    """Five raters who say the truth nine times in ten, and two who always press 3."""
    rng = np.random.default_rng(0)
    truth = rng.integers(1, 6, 40)
    scores = np.where(rng.random((7, 40)) < 0.9, truth, rng.integers(1, 6, (7, 40)))
    scores[5:] = 3
    rater, item = np.indices(scores.shape)
    names = np.array([f"item {place:02}" for place in range(40)])
    return crossed_ratings(names[item.ravel()], rater.ravel(), scores.ravel()), truth


@pytest.mark.parametrize("model", MODELS)
def test_a_stuck_key_is_seen_through(model: Model) -> None:
    ratings, truth = crowd_with_a_stuck_key()
    found = aggregate(ratings=ratings, model=model, restarts=1)

    assert_array_equal(found.items, ratings.items)
    assert (found.likeliest == truth).mean() > 0.95
    assert_allclose(found.expected, found.likeliest, atol=1)


def test_without_a_rating_there_is_no_score() -> None:
    assert aggregate(ratings=crossed_ratings([], [], []), model="mace").likeliest.shape == (0,)


def test_without_the_library_a_sentence_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "crowdkit.aggregation", None)
    with pytest.raises(LibraryMissing, match=r"pip install .*\[crowd\]"):
        aggregate(ratings=crowd_with_a_stuck_key()[0], model="dawid-skene")
