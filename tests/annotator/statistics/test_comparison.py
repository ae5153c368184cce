from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import bootstrap, f_oneway, mannwhitneyu, permutation_test

from annotator.statistics import (
    Arm,
    Estimate,
    Resampling,
    Significance,
    any_difference,
    contrast,
    contrasts,
    holm,
    opinion_difference,
    pair_up,
    paired_contrast,
)
from annotator.statistics import (
    bootstrap as bootstraps,
)

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")  # undefined is no accident

QUICK = Resampling(replicates=50, permutations=99)


def arm(rng: np.random.Generator, n_items: int, level: float = 3.5) -> Arm:
    """Two to four ratings per item, alike within an item."""
    counts = rng.integers(2, 5, n_items)
    quality = rng.normal(level, 0.9, n_items)
    return Arm(
        [
            np.clip(np.rint(rng.normal(q, 0.7, k)), 1, 5).sum()
            for q, k in zip(quality, counts, strict=True)
        ],
        counts,
    )


def single(scores: Sequence[float] | np.ndarray) -> Arm:
    """Items rated once."""
    return Arm(scores, [1] * len(scores))


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_the_difference_and_its_interval_are_those_of_the_means_of_all_ratings() -> None:
    one, other = arm(generator(1), 150), arm(generator(2), 90, level=3)
    found = contrast(one, other, rng=generator(), how=Resampling(replicates=10_000))
    expected = opinion_difference(
        one.score_sums, one.counts, other.score_sums, other.counts, rng=generator(3), n=10_000
    )

    assert_allclose(found.difference.value, expected.value, rtol=1e-12)
    width = expected.high - expected.low
    assert_allclose(found.difference.low, expected.low, atol=0.05 * width)
    assert_allclose(found.difference.high, expected.high, atol=0.05 * width)
    assert found.difference.n == 240


def test_the_test_is_exact_as_that_of_scipy() -> None:
    one, other = [5.0, 4, 4, 3, 5, 2], [3.0, 2, 4, 1, 3]
    expected = permutation_test(
        (one, other),
        lambda x, y, axis: np.abs(x.mean(axis) - y.mean(axis)),
        vectorized=True,
        alternative="greater",
    ).pvalue

    found = contrast(single(one), single(other), rng=generator(), how=QUICK)

    assert found.test.exact
    assert_allclose(found.test.p, expected, rtol=1e-9)


def test_the_random_test_comes_near_that_of_scipy() -> None:
    rng = generator(4)
    one, other = rng.integers(1, 6, 70).astype(float), rng.integers(1, 5, 60).astype(float)
    expected = permutation_test(
        (one, other),
        lambda x, y, axis: x.mean(axis) - y.mean(axis),
        vectorized=True,
        n_resamples=20_000,
        rng=rng,
    ).pvalue

    found = contrast(single(one), single(other), rng=rng, how=Resampling(permutations=20_000))

    assert not found.test.exact
    assert_allclose(found.test.p, expected, atol=0.01)


def test_delta_is_the_share_of_pairs_that_are_higher_less_those_that_are_lower() -> None:
    """By hand: of 3 × 2 pairs, (5, 1), (5, 4), (4, 1) and (2, 1) are higher, (2, 4) is lower."""
    found = contrast(single([5, 4, 2]), single([1, 4]), rng=generator(), how=QUICK)

    assert found.delta.value == (4 - 1) / 6


@given(
    one=st.lists(st.integers(1, 5), min_size=1, max_size=30),
    other=st.lists(st.integers(1, 5), min_size=1, max_size=30),
)
def test_delta_is_that_of_the_mann_whitney_statistic(one: list[int], other: list[int]) -> None:
    expected = 2 * mannwhitneyu(one, other).statistic / (len(one) * len(other)) - 1
    found = contrast(single(one), single(other), rng=generator(), how=QUICK)
    back = contrast(single(other), single(one), rng=generator(), how=QUICK)

    assert_allclose(found.delta.value, expected, rtol=1e-9, atol=1e-12)
    assert_allclose(back.delta.value, -expected, rtol=1e-9, atol=1e-12)
    assert_allclose(back.test.p, found.test.p, atol=0 if found.test.exact else 0.2)


def test_items_with_equal_means_from_unequal_numbers_of_ratings_are_ties() -> None:
    found = contrast(Arm([8], [2]), Arm([12], [3]), rng=generator(), how=QUICK)

    assert found.delta.value == 0


def test_the_interval_of_delta_is_that_of_scipy() -> None:
    rng = generator(5)
    one, other = rng.integers(1, 6, 80), rng.integers(1, 5, 60)

    def delta(x: np.ndarray, y: np.ndarray) -> float:
        return float(np.sign(x[:, None] - y).mean())

    expected = bootstrap(
        (one, other), delta, vectorized=False, method="percentile", n_resamples=4000, rng=rng
    ).confidence_interval
    found = contrast(single(one), single(other), rng=rng, how=Resampling(replicates=4000)).delta

    assert_allclose([found.low, found.high], expected, atol=0.05 * (expected[1] - expected[0]))


def test_labels_are_shuffled_within_strata_only() -> None:
    """Nouns score high, adverbs low, and real maps are mostly nouns: within each, no difference."""
    one = Arm([5, 4, 5, 4, 5, 4, 2], [1] * 7, ["noun"] * 6 + ["adverb"])
    other = Arm([5, 4, 2, 2, 2, 2, 2, 2], [1] * 8, ["noun"] * 2 + ["adverb"] * 6)

    apart = contrast(one, other, rng=generator())
    together = contrast(
        Arm(one.score_sums, one.counts), Arm(other.score_sums, other.counts), rng=generator()
    )

    assert (apart.difference.value, apart.delta.value, apart.test.p) == (0, 0, 1)
    assert together.difference.value > 1
    assert together.test.p < 0.05


def test_the_stratified_test_is_exact_by_enumeration() -> None:
    """Stratum a: 5, 3 against 2, weight 2·1/3. Stratum b: 4, 2 against 1, 3, weight 2·2/4."""
    one = Arm([5, 3, 4, 2], [1] * 4, ["a", "a", "b", "b"])
    other = Arm([2, 1, 3], [1] * 3, ["a", "b", "b"])
    in_a = [(5 + 3) / 2 - 2, (5 + 2) / 2 - 3, (3 + 2) / 2 - 5]
    in_b = [(sum(pair) - (10 - sum(pair))) / 2 for pair in combinations([4, 2, 1, 3], 2)]
    deals = np.add.outer(2 / 3 * np.array(in_a), np.array(in_b)).ravel() / (2 / 3 + 1)
    expected = np.mean(np.abs(deals) >= abs(deals[0]) - 1e-12)

    found = contrast(one, other, rng=generator())

    assert_allclose(found.difference.value, deals[0], rtol=1e-12)
    assert found.test.exact
    assert_allclose(found.test.p, expected, rtol=1e-12)


def test_a_stratum_that_lacks_an_arm_says_nothing() -> None:
    one = Arm([5, 4, 1, 1], [1] * 4, ["noun", "noun", "verb", "verb"])
    other = Arm([3, 3, 9], [1, 1, 3], ["noun", "noun", "adverb"])

    found = contrast(one, other, rng=generator())

    assert (found.difference.value, found.difference.n) == (1.5, 4)


def test_pairs_are_compared_within_themselves() -> None:
    rng = generator(6)
    level = rng.normal(0, 3, 40)  # words differ much more than the arms
    one, other = list(level + 0.4 + rng.normal(0, 0.5, 40)), list(level + rng.normal(0, 0.5, 40))

    found = paired_contrast(single(one), single(other), rng=rng)

    differences = np.subtract(one, other)
    assert_allclose(found.difference.value, differences.mean(), rtol=1e-12)
    assert_allclose(found.delta.value, np.sign(differences).mean(), rtol=1e-12)
    assert found.test.p < 0.01 < contrast(single(one), single(other), rng=rng).test.p


def test_pairs_that_were_not_rated_on_both_sides_are_left_out() -> None:
    found = paired_contrast(Arm([6, 0, 9], [2, 0, 2]), Arm([2, 4, 0], [1, 1, 0]), rng=generator())

    assert (found.difference.value, found.difference.n, found.test.p) == (1, 1, 1)


def test_pairs_of_one_cluster_are_no_more_evidence_than_one() -> None:
    """Ten words of each of three pictures, all alike within a picture: three things were seen."""
    one, other, picture = [4, 5, 4] * 10, [3, 2, 3] * 10, [0, 1, 2] * 10

    found = paired_contrast(single(one), single(other), clusters=picture, rng=generator())
    of_pictures = paired_contrast(single([4, 5, 4]), single([3, 2, 3]), rng=generator())

    assert (found.difference.value, found.difference.n) == (pytest.approx(5 / 3), 30)
    assert found.test == of_pictures.test == Significance(2 / 8, exact=True)
    assert found.difference.low == pytest.approx(of_pictures.difference.low)
    assert found.difference.high == pytest.approx(of_pictures.difference.high)


def test_pairs_are_made_from_labels_that_both_arms_have() -> None:
    one, other = pair_up(
        ["dog", "cat", "dog", "sun"],
        Arm([3, 4, 5, 1], [1, 1, 2, 1]),
        ["cat", "moon", "dog"],
        single([2, 9, 1]),
    )

    assert_array_equal([one.score_sums, one.counts], [[4, 8], [1, 3]])
    assert_array_equal([other.score_sums, other.counts], [[2, 1], [1, 1]])


def test_a_family_is_adjusted_together() -> None:
    rng = generator(7)
    arms = {name: arm(rng, 40, level) for name, level in (("noun", 4), ("verb", 3.8), ("num", 3.3))}

    family = contrasts(arms, rng=generator(), how=QUICK)
    beside = contrasts(arms, against="noun", rng=generator(), how=QUICK)

    assert list(family) == [("noun", "verb"), ("noun", "num"), ("verb", "num")]
    assert list(beside) == [("noun", "verb"), ("noun", "num")]
    assert_allclose(
        [found.p_holm for found in family.values()],
        holm([found.test.p for found in family.values()]),
    )


def test_a_difference_among_several_is_tested_as_by_scipy() -> None:
    """The variance between groups and F order the deals of single ratings alike."""
    rng = generator(12)
    groups = [rng.integers(low, 6, size).astype(float) for low, size in ((2, 6), (1, 80), (2, 20))]
    expected = permutation_test(
        groups,
        lambda *samples, axis: f_oneway(*samples, axis=axis).statistic,
        vectorized=True,
        alternative="greater",
        n_resamples=10_000,
        rng=rng,
    ).pvalue

    found = any_difference([*map(single, groups), single([])], rng=rng)

    assert not found.exact
    assert_allclose(found.p, expected, atol=0.015)
    assert 0.001 < found.p < 0.5


def test_one_group_differs_from_nothing() -> None:
    assert math.isnan(any_difference([single([4, 5]), single([])], rng=generator()).p)


@pytest.mark.parametrize(
    ("one", "other", "values"),
    [
        (Arm([], []), single([4, 5]), [math.nan] * 7),
        (Arm([0], [0]), single([4]), [math.nan] * 7),
        (single([5, 4]), single([3]), [1.5, math.nan, math.nan, 1, math.nan, math.nan, 2 / 3]),
        (single([3, 3]), single([3, 3, 3]), [0, 0, 0, 0, 0, 0, 1]),
    ],
)
def test_too_few_items_have_no_interval(one: Arm, other: Arm, values: list[float]) -> None:
    found = contrast(one, other, rng=generator(), how=QUICK)
    difference, delta = found.difference, found.delta

    assert_allclose([*_numbers(difference), *_numbers(delta), found.test.p], values, atol=1e-12)


def _numbers(estimate: Estimate) -> tuple[float, float, float]:
    return estimate.value, estimate.low, estimate.high


def test_working_in_blocks_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = arm(generator(8), 60), arm(generator(9), 50)
    whole = contrast(one, other, rng=generator())
    monkeypatch.setattr(bootstraps, "BLOCK_ELEMENTS", 5000)
    blocks = contrast(one, other, rng=generator())

    assert blocks.difference.value == whole.difference.value
    assert_allclose(_numbers(blocks.difference), _numbers(whole.difference), atol=0.05)
    assert_allclose(blocks.test.p, whole.test.p, atol=0.02)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda rng: contrast(Arm([1], [1], ["a"]), single([2]), rng=rng), "of both arms"),
        (lambda rng: contrast(Arm([1], [1], []), Arm([1], [1], [0]), rng=rng), "stratum per item"),
        (lambda rng: paired_contrast(single([1]), single([2, 3]), rng=rng), "pair_up"),
        (
            lambda rng: paired_contrast(single([1]), single([2]), clusters=[1, 2], rng=rng),
            "cluster",
        ),
        (lambda rng: pair_up(["a"], single([1, 2]), ["a"], single([1])), "label per item"),
        (
            lambda rng: contrast(single([1]), single([2]), rng=rng, how=Resampling(permutations=0)),
            "replicate",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused_in_a_sentence(
    call: Callable[[np.random.Generator], object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        call(generator())


def test_nine_in_ten_intervals_of_delta_hold_the_true_one() -> None:
    rng = generator(10)
    x, y = rng.normal(3.8, 0.9, 400_000), rng.normal(3.4, 0.9, 400_000)
    truth = float(np.sign(np.rint(x) - np.rint(y)).mean())
    held = 0
    for _ in range(300):
        one, other = (np.rint(rng.normal(level, 0.9, 60)) for level in (3.8, 3.4))
        how = Resampling(replicates=200, permutations=1, confidence=0.9)
        found = contrast(single(one), single(other), rng=rng, how=how)
        held += found.delta.low <= truth <= found.delta.high

    assert 0.85 < held / 300 < 0.95


def test_the_test_rejects_no_more_often_than_it_says_when_nothing_differs() -> None:
    rng = generator(11)
    how = Resampling(replicates=1, permutations=199)
    rejected = sum(
        contrast(arm(rng, 15), arm(rng, 20), rng=rng, how=how).test.p <= 0.1 for _ in range(300)
    )

    assert 0.05 < rejected / 300 < 0.15
