from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from statsmodels.stats import inter_rater

from annotator.statistics import (
    counts_of,
    fleiss_kappa,
    fleiss_kappa_from_counts,
    fleiss_kappa_interval,
)
from tests.annotator.statistics.agreement.crowds import NAN, recorded

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")

# Fleiss (1971), table 1: thirty psychiatric patients, six diagnoses each, five categories.
DIAGNOSES = """0 0 0 6 0 | 0 3 0 0 3 | 0 1 4 0 1 | 0 0 0 0 6 | 0 3 0 3 0 | 2 0 4 0 0 | 0 0 4 0 2 |
    2 0 3 1 0 | 2 0 0 4 0 | 0 0 0 0 6 | 1 0 0 5 0 | 1 1 0 4 0 | 0 3 3 0 0 | 1 0 0 5 0 | 0 2 0 3 1 |
    0 0 5 0 1 | 3 0 0 1 2 | 5 1 0 0 0 | 0 2 0 4 0 | 1 0 2 0 3 | 0 0 0 0 6 | 0 1 0 5 0 | 0 2 0 1 3 |
    2 0 0 4 0 | 1 0 0 4 1 | 0 5 0 1 0 | 4 0 0 0 2 | 0 2 0 4 0 | 1 0 5 0 0 | 0 0 0 0 6"""
COUNTS = np.array([[int(count) for count in row.split()] for row in DIAGNOSES.split("|")])


def test_kappa_of_thirty_psychiatric_patients_is_as_fleiss_published_it() -> None:
    assert_array_equal(COUNTS.sum(axis=0), [26, 26, 30, 55, 43])  # the paper's column sums
    assert round(fleiss_kappa_from_counts(COUNTS), 3) == 0.430


@pytest.mark.parametrize("case", recorded()[:3], ids=lambda case: case["name"])
def test_kappa_is_that_of_irrcac_and_statsmodels(case: dict) -> None:
    counts, _ = counts_of(case["ratings"])
    kappa = fleiss_kappa(case["ratings"])
    assert_allclose(kappa, case["identity"]["fleiss"], rtol=0, atol=1e-9)
    assert_allclose(kappa, inter_rater.fleiss_kappa(counts), rtol=0, atol=1e-9)


def test_kappa_refuses_items_with_different_numbers_of_ratings_and_says_what_to_use() -> None:
    with pytest.raises(ValueError, match=r"2 to 3\. Use krippendorff_alpha or gwet_ac"):
        fleiss_kappa([[1, 2], [1, 3], [NAN, 3]])


def test_items_that_nobody_rated_do_not_change_kappa() -> None:
    more = np.vstack([COUNTS, np.zeros((4, 5), dtype=int)])
    assert fleiss_kappa_from_counts(more) == fleiss_kappa_from_counts(COUNTS)


@pytest.mark.parametrize(
    "ratings",
    [[[]], [[NAN, NAN]], [[1, 2, 5]], [[3, 3, 3], [3, 3, 3]]],
    ids=["no cells", "no ratings", "one rater", "all equal"],
)
def test_kappa_is_undefined_where_chance_explains_everything(ratings: list[list[float]]) -> None:
    assert math.isnan(fleiss_kappa(ratings))
    assert_array_equal(fleiss_kappa_interval(ratings, rng=np.random.default_rng(0)), (NAN, NAN))


def test_one_item_has_a_kappa_but_no_interval() -> None:
    assert_allclose(fleiss_kappa([[1], [2], [2]]), -0.5)
    interval = fleiss_kappa_interval([[1], [2], [2]], rng=np.random.default_rng(0))
    assert_array_equal(interval, (NAN, NAN))


def test_the_interval_of_kappa_is_that_of_drawing_items_one_by_one() -> None:
    ratings = np.stack([np.repeat(np.arange(5), row) for row in COUNTS], axis=1)
    rng = np.random.default_rng(4)
    drawn = [fleiss_kappa_from_counts(COUNTS[rng.integers(0, 30, 30)]) for _ in range(2000)]
    interval = fleiss_kappa_interval(ratings, n=4000, rng=rng)
    assert_allclose(interval, np.quantile(drawn, [0.025, 0.975]), atol=0.03)
