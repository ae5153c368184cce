from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from annotator.statistics import Estimate, bootstrap, bootstrap_interval

NAN = math.nan


def item_sums(n_items: int = 150, seed: int = 8) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, 5, n_items)
    return np.array([rng.integers(1, 6, count).sum() for count in counts]), counts


def test_distinct_rows_and_their_multiplicity_are_those_of_numpy() -> None:
    table = np.random.default_rng(0).integers(0, 3, (500, 4))
    patterns, multiplicity = bootstrap.distinct_rows(table)
    expected, expected_counts = np.unique(table, axis=0, return_counts=True)
    order = np.lexsort(patterns.T[::-1])
    assert_array_equal(patterns[order], expected)
    assert_array_equal(multiplicity[order], expected_counts)


def test_every_resample_holds_as_many_items_as_the_sample() -> None:
    multiplicity = np.array([3, 1, 6])
    draws = np.concatenate(
        list(bootstrap.resamples(multiplicity, rng=np.random.default_rng(0), n=500))
    )
    assert draws.shape == (500, 3)
    assert_array_equal(draws.sum(axis=1), 10)
    assert_allclose(draws.mean(axis=0), multiplicity, atol=0.2)


def test_working_in_blocks_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    sums, counts = item_sums()
    whole = bootstrap_interval(sums, counts, rng=np.random.default_rng(0))
    monkeypatch.setattr(bootstrap, "BLOCK_ELEMENTS", 100)
    assert bootstrap_interval(sums, counts, rng=np.random.default_rng(0)) == whole


def test_the_interval_is_that_of_drawing_items_one_by_one() -> None:
    sums, counts = item_sums()
    rated = np.flatnonzero(counts)
    rng = np.random.default_rng(1)
    drawn = rng.choice(rated, (10_000, len(rated)))
    expected = np.quantile(sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1), [0.025, 0.975])
    interval = bootstrap_interval(sums, counts, n=10_000, rng=rng)
    assert_allclose(interval, expected, atol=0.05 * (expected[1] - expected[0]))


def test_the_interval_over_clusters_is_that_of_drawing_clusters_one_by_one() -> None:
    sums, counts = item_sums()
    prompt = np.arange(150) // 5
    sums += prompt % 3 * counts  # items of one prompt are alike
    by_prompt = sums.reshape(30, 5).sum(axis=1), counts.reshape(30, 5).sum(axis=1)
    rng = np.random.default_rng(1)
    drawn = rng.integers(0, 30, (10_000, 30))
    expected = np.quantile(
        by_prompt[0][drawn].sum(axis=1) / by_prompt[1][drawn].sum(axis=1), [0.025, 0.975]
    )
    names = np.array([f"prompt {p}" for p in prompt])
    interval = bootstrap_interval(sums, counts, clusters=names, n=10_000, rng=rng)
    assert_allclose(interval, expected, atol=0.05 * (expected[1] - expected[0]))
    by_item = bootstrap_interval(sums, counts, n=10_000, rng=rng)
    assert interval[1] - interval[0] > 1.2 * (by_item[1] - by_item[0])


def test_items_that_were_not_observed_change_nothing() -> None:
    sums, counts = item_sums()
    more = bootstrap_interval(
        np.r_[sums, [0] * 9], np.r_[counts, [0] * 9], rng=np.random.default_rng(0)
    )
    assert more == bootstrap_interval(sums, counts, rng=np.random.default_rng(0))


@pytest.mark.parametrize(("sums", "counts"), [([], []), ([0, 0], [0, 0]), ([7, 0], [2, 0])])
def test_fewer_than_two_observed_items_have_no_interval(
    sums: list[float], counts: list[int]
) -> None:
    interval = bootstrap_interval(sums, counts, rng=np.random.default_rng(0))
    assert_array_equal(interval, (NAN, NAN))


def test_undefined_replicates_are_left_out_until_they_decide_the_ends() -> None:
    replicates = np.linspace(0, 1, 1001)
    replicates[::21] = NAN  # 4.8 %
    assert_allclose(bootstrap.percentile_interval(replicates, 0.95), (0.025, 0.975), atol=2e-3)
    replicates[::19] = NAN  # about 10 %
    assert_array_equal(bootstrap.percentile_interval(replicates, 0.95), (NAN, NAN))


@pytest.mark.parametrize(
    ("sums", "counts", "options", "message"),
    [
        ([1, 2], [1], {}, "equal length"),
        ([[1, 2]], [[1, 1]], {}, "equal length"),
        ([NAN, 2], [1, 1], {}, "nan and infinity"),
        ([1, 2], [1, -1], {}, "Denominators"),
        ([1, 2], [1, 0], {}, "Denominators"),
        ([1, 2], [1, 1], {"clusters": [0]}, "cluster label"),
        ([1, 2], [1, 1], {"n": 0}, "replicate"),
        ([], [], {"confidence": 1.0}, "between 0 and 1"),
    ],
)
def test_what_cannot_be_resampled_is_refused_in_a_sentence(
    sums: list[float], counts: list[int], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        bootstrap_interval(sums, counts, **options, rng=np.random.default_rng(0))


def test_an_estimate_as_json_has_every_digit_and_null_for_undefined() -> None:
    estimate = Estimate(1 / 3, NAN, NAN, n=3)
    text = json.dumps(estimate.as_json(), allow_nan=False)
    assert json.loads(text) == {"value": 1 / 3, "low": None, "high": None, "n": 3}
