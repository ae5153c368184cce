from __future__ import annotations

import math
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import permutation_test
from statsmodels.stats.multitest import multipletests

from annotator.statistics import holm, permutation, sign_flips

NAN = math.nan


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_holm_is_the_worked_example_of_wikipedia() -> None:
    """Holm–Bonferroni method, "Example": p = 0.01, 0.04, 0.03, 0.005 at α = 0.05.

    The first and the last are rejected, the other two are not.
    """
    adjusted = holm([0.01, 0.04, 0.03, 0.005])

    assert_allclose(adjusted, [0.03, 0.06, 0.06, 0.02])
    assert_array_equal(adjusted <= 0.05, [True, False, False, True])


def test_holm_is_that_of_statsmodels() -> None:
    for size in (1, 2, 7, 40):
        p_values = generator(size).random(size) ** 4
        expected = multipletests(p_values, method="holm")[1]
        assert_allclose(holm(p_values), expected, rtol=1e-9)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_adjusting_keeps_the_order_and_lowers_nothing(p_values: list[float]) -> None:
    values, adjusted = np.array(p_values), holm(p_values)

    assert (adjusted >= values).all()
    assert (np.diff(adjusted[np.argsort(values, kind="stable")]) >= 0).all()


def test_what_was_not_tested_is_no_member_of_the_family() -> None:
    assert_array_equal(holm([0.04, NAN, 0.02]), [0.04, NAN, 0.04])
    assert_array_equal(holm([]), [])


def test_holm_refuses_what_is_no_probability() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        holm([0.2, 1.2])


def test_sign_flips_are_exact_as_those_of_scipy() -> None:
    differences = np.array([1.0, 2.0, -0.5, 0, 1.5, 1.0, 0, -1 / 3, 2 / 3])
    expected = permutation_test((differences,), np.sum, permutation_type="samples").pvalue

    found = sign_flips(differences, rng=generator())

    assert found.exact
    assert_allclose(found.p, expected, rtol=1e-9)


def test_sign_flips_of_fishers_maize_are_those_he_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fisher (1935), "The Design of Experiments", section 21, Darwin's maize in eighths of an inch.

    Of 2^15 signs, 863 give a sum as large as the observed 314 and as many its opposite: 5.3 %.
    """
    eighths = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]
    monkeypatch.setattr(permutation, "EXACT_LIMIT", 2**15)
    found = sign_flips(eighths, rng=generator())

    assert (found.exact, found.p) == (True, 2 * 863 / 2**15)


def test_many_sign_flips_are_drawn_and_never_say_zero() -> None:
    rng = generator(1)
    differences = rng.integers(-3, 5, 200) / 3
    expected = permutation_test(
        (differences,), np.mean, permutation_type="samples", n_resamples=20_000, rng=rng
    ).pvalue
    found = sign_flips(differences, rng=rng, n=20_000)

    assert not found.exact
    assert_allclose(found.p, expected, atol=0.01)
    assert sign_flips(np.ones(50), rng=rng, n=99).p == 1 / 100


@pytest.mark.parametrize(("differences", "p"), [([], NAN), ([0, 0, 0], 1), ([2], 1)])
def test_pairs_without_a_difference_show_none(differences: list[float], p: float) -> None:
    assert_array_equal(sign_flips(differences, rng=generator()).p, p)


def test_every_split_of_items_is_listed_once() -> None:
    groups = np.array([[2, 0, 1], [1, 1, 0]])  # items with patterns 0, 0, 2 and 0, 1
    items = [0, 0, 2, 0, 1]
    expected = sorted(
        (chosen.count(0), chosen.count(1), chosen.count(2))
        for chosen in (
            [items[place] for place in order[:3]]
            for order in permutations(range(5))
            if list(order[:3]) == sorted(order[:3]) and list(order[3:]) == sorted(order[3:])
        )
    )

    splits = permutation.all_splits(groups)

    assert sorted(map(tuple, splits[:, 0].astype(int))) == expected
    assert_array_equal(splits.sum(axis=1), np.broadcast_to(groups.sum(axis=0), (10, 3)))
    assert_allclose(permutation.log_splits(3, 2), math.log(10))


def test_random_splits_are_deals_without_replacement() -> None:
    groups = np.array([[20, 5, 0, 3], [4, 9, 2, 0], [1, 1, 1, 1]])
    splits = np.concatenate(list(permutation.random_splits(groups, rng=generator(), n=20_000)))

    assert_array_equal(splits.sum(axis=1), np.broadcast_to(groups.sum(axis=0), (20_000, 4)))
    assert_array_equal(splits.sum(axis=2), np.broadcast_to(groups.sum(axis=1), (20_000, 3)))
    sizes, totals = groups.sum(axis=1), groups.sum(axis=0)
    assert_allclose(splits.mean(axis=0), np.outer(sizes, totals) / groups.sum(), atol=0.05)
    n, share = groups.sum(), totals / groups.sum()
    variance = sizes[:, None] * share * (1 - share) * ((n - sizes) / (n - 1))[:, None]
    assert_allclose(splits.var(axis=0), variance, atol=0.1)
