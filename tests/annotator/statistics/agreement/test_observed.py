from __future__ import annotations

import math

import numpy as np
from numpy.testing import assert_allclose
from sklearn.metrics import accuracy_score
from statsmodels.stats.inter_rater import fleiss_kappa

from annotator.statistics import count_table, pairwise_agreement, pairwise_agreement_interval


def test_pairwise_agreement_of_two_raters_is_accuracy() -> None:
    a, b = np.random.default_rng(1).integers(1, 6, (2, 40))
    items = np.tile(np.arange(40), 2)
    counts = count_table(items, np.r_[a, b], np.arange(1, 6), n_items=40)
    assert_allclose(pairwise_agreement(counts), accuracy_score(a, b))
    assert_allclose(pairwise_agreement(counts, within=1), np.mean(np.abs(a - b) <= 1))


def test_pairwise_agreement_is_the_observed_agreement_of_fleiss_kappa() -> None:
    counts = np.random.default_rng(5).multinomial(3, [0.1, 0.1, 0.2, 0.5, 0.1], size=60)
    by_chance = np.sum((counts.sum(axis=0) / counts.sum()) ** 2)
    kappa = (pairwise_agreement(counts) - by_chance) / (1 - by_chance)
    assert_allclose(kappa, fleiss_kappa(counts, method="fleiss"))


def test_each_item_counts_once_in_pairwise_agreement_however_many_raters_it_has() -> None:
    counts = [[0, 0, 0, 0, 10], [1, 1, 0, 0, 0], [1, 0, 1, 0, 0], [1, 0, 0, 0, 0]]
    assert_allclose(pairwise_agreement(counts), 1 / 3)
    assert_allclose(pairwise_agreement(counts, within=1), 2 / 3)
    assert_allclose(pairwise_agreement(counts, within=4), 1)


def test_the_interval_of_pairwise_agreement_is_binomial_when_every_item_has_two_raters() -> None:
    counts = np.array([[2, 0]] * 300 + [[1, 1]] * 100)
    low, high = pairwise_agreement_interval(counts, n=20_000, rng=np.random.default_rng(0))
    standard_error = math.sqrt(0.75 * 0.25 / 400)
    assert_allclose([low, high], 0.75 + 1.96 * standard_error * np.array([-1, 1]), atol=0.004)
