from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from annotator.statistics import (
    Crowd,
    Design,
    alpha_from_counts,
    count_table,
    crowd_like,
    forecast,
    simulate_study,
)

SCALE = np.arange(1, 6)


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize(("mos", "alpha"), [(3.8, 0.45), (4.4, 0.2), (2.1, 0.8), (3, 0)])
def test_a_crowd_has_the_mean_and_the_agreement_asked_for(mos: float, alpha: float) -> None:
    ratings = simulate_study(Design(20_000, 3, 2000), crowd_like(mos, alpha), rng=generator())
    counts = count_table(ratings.item, ratings.score, SCALE, 20_000)

    assert_allclose(ratings.score.mean(), mos, atol=0.03)
    assert_allclose(alpha_from_counts(counts, SCALE), alpha, atol=0.025)


def test_items_get_different_raters_and_raters_equal_shares() -> None:
    ratings = simulate_study(Design(400, 3, 10), crowd_like(3.5, 0.4), rng=generator())

    cells = np.unique(ratings.item * 10 + ratings.rater)
    assert len(cells) == 1200
    assert_array_equal(ratings.by_item()[1], 3)
    assert np.ptp(ratings.by_rater()[1]) < 40


def test_answers_that_never_come_are_missing_at_random() -> None:
    ratings = simulate_study(
        Design(2000, 3, 50, answered=0.8), crowd_like(3.5, 0.4), rng=generator()
    )
    assert_allclose(len(ratings.score) / 6000, 0.8, atol=0.02)


def test_a_forecast_is_what_such_studies_show() -> None:
    """The interval over items and raters is as wide as the means of whole studies scatter."""
    crowd, design = crowd_like(3.7, 0.4), Design(200, 3, 24)
    found = forecast(design, crowd, rng=generator())
    means = [simulate_study(design, crowd, rng=generator(s)).score.mean() for s in range(400)]

    assert_allclose(found.mos, np.mean(means), atol=0.06)
    assert_allclose(found.mos_width_both, 2 * 1.96 * np.std(means), rtol=0.12)
    assert found.mos_width < found.mos_width_both
    assert_allclose(found.alpha, 0.4, atol=0.04)
    assert found.n_ratings == 600


def test_more_items_narrow_what_more_ratings_of_each_do_not() -> None:
    crowd = Crowd(3.5, items=1.0, severity=0, noise=0.2)
    few, more, deeper = (
        forecast(design, crowd, rng=generator(), runs=10, n=50).mos_width
        for design in (Design(100, 3, 30), Design(400, 3, 30), Design(100, 12, 30))
    )

    assert_allclose(more, few / 2, rtol=0.1)
    assert deeper > 0.9 * few


def test_a_study_in_which_no_item_has_two_answers_has_no_agreement() -> None:
    found = forecast(Design(20, 1, 5), crowd_like(3.5, 0.4), rng=generator(), runs=3, n=20)

    assert found.mos_width > 0
    assert math.isnan(found.alpha)


@pytest.mark.parametrize(
    ("mos", "alpha", "message"),
    [(5, 0.4, "between 1 and 5"), (3, 1, "from 0 to 0.95"), (3, -0.1, "from 0 to 0.95")],
)
def test_a_crowd_that_cannot_be_is_refused(mos: float, alpha: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        crowd_like(mos, alpha)


@pytest.mark.parametrize(
    ("design", "message"),
    [(Design(10, 4, 3), "Invite more raters"), (Design(0, 1, 3), "at least one item")],
)
def test_a_design_that_cannot_be_is_refused(design: Design, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        simulate_study(design, Crowd(3, 1, 0, 1), rng=generator())
