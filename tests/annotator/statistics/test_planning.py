from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from annotator.statistics import (
    Crowd,
    Design,
    VarianceComponents,
    alpha_interval_from_counts,
    alpha_plan,
    count_table,
    crossed_ratings,
    crowd_like,
    opinion_plan,
    opinion_width,
    simulate_study,
    standard_error,
    two_way_standard_error,
)

SCALE = np.arange(1, 6)


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_the_width_is_that_of_the_variance_of_a_mean() -> None:
    """By hand: (0.9 + (0.2 + 0.5) / 2) / 100 = 0.0125, and (0.9 + 0.5 / 2) / 100 + 0.2 / 10."""
    components = VarianceComponents(0.9, 0.2, 0.5)

    assert_allclose(opinion_width(components, 100, 2), 2 * 1.959964 * math.sqrt(0.0125), rtol=1e-6)
    both = 2 * 1.959964 * math.sqrt(0.0315)
    assert_allclose(opinion_width(components, 100, 2, n_raters=10), both, rtol=1e-6)


def test_a_variance_below_zero_is_none() -> None:
    assert opinion_width(VarianceComponents(-0.1, 0, 0), 10, 1) == 0


def test_what_is_needed_reaches_the_width() -> None:
    """The needs of a pilot of 300 items, and the widths of studies that meet them."""
    crowd = Crowd(3.5, items=0.8, severity=0.3, noise=0.7)
    pilot = simulate_study(Design(300, 3, 30), crowd, rng=generator())
    plan = opinion_plan(pilot, 0.1, per_item=(2, 4))

    for need in plan.needs:
        assert need.n_items is not None
        study = simulate_study(Design(need.n_items, need.per_item, 30), crowd, rng=generator(1))
        assert_allclose(2 * 1.96 * standard_error(*study.by_item()), 0.1, rtol=0.12)
        assert need.more == need.n_items * need.per_item - 900
    assert_allclose(plan.width_now, 2 * 1.96 * standard_error(*pilot.by_item()), rtol=1e-4)


def test_over_items_and_raters_there_may_be_too_few_raters() -> None:
    crowd = Crowd(3.5, items=0.8, severity=0.5, noise=0.7)
    pilot = simulate_study(Design(400, 3, 40), crowd, rng=generator(2))
    near = opinion_plan(pilot, 0.35, over="items and raters", per_item=(3,))
    far = opinion_plan(pilot, 0.1, over="items and raters", per_item=(3,))

    assert near.needs[0].n_items is not None
    study = simulate_study(Design(near.needs[0].n_items, 3, 40), crowd, rng=generator(3))
    assert_allclose(2 * 1.96 * two_way_standard_error(study), 0.35, rtol=0.2)
    assert (far.needs[0].n_items, far.needs[0].more) == (None, None)


def test_nothing_more_is_needed_once_the_width_is_reached() -> None:
    pilot = simulate_study(Design(500, 3, 30), crowd_like(3.5, 0.5), rng=generator())
    plan = opinion_plan(pilot, 1.0, per_item=(3,))

    assert plan.width_now < 1
    assert plan.needs[0].more == 0


def test_a_pilot_in_which_nobody_shares_an_item_has_no_plan_yet() -> None:
    plan = opinion_plan(crossed_ratings([1, 2, 3], [1, 1, 2], [4, 5, 3]), 0.2)

    assert plan.needs == ()
    assert plan.width_now > 0


def test_alpha_needs_items_by_the_square_of_the_width() -> None:
    crowd = crowd_like(3.7, 0.5)

    def counts(n_items: int, seed: int) -> np.ndarray:
        study = simulate_study(Design(n_items, 3, 40), crowd, rng=generator(seed))
        return count_table(study.item, study.score, SCALE, n_items)

    plan = alpha_plan(counts(300, 0), SCALE, 0.08, rng=generator())
    assert plan.n_items is not None
    low, high = alpha_interval_from_counts(counts(plan.n_items, 1), SCALE, rng=generator())

    assert_allclose(high - low, 0.08, rtol=0.12)
    assert (plan.n_ratings, plan.more) == (3 * plan.n_items, 3 * plan.n_items - 900)


def test_alpha_without_an_interval_has_no_plan() -> None:
    plan = alpha_plan([[0, 0, 3, 0, 0]] * 5, SCALE, 0.1, rng=generator())

    assert math.isnan(plan.width_now)
    assert plan.n_items is None


@pytest.mark.parametrize("width", [0, -0.1, math.nan, math.inf])
def test_a_width_that_cannot_be_is_refused(width: float) -> None:
    with pytest.raises(ValueError, match="above zero"):
        opinion_plan(crossed_ratings([1], [1], [1]), width)
