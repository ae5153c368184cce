from __future__ import annotations

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from daam_engine.analysis.clusters import cluster_pixels, matched_ious

NOISE = np.random.default_rng(0).integers(0, 12, size=(6, 9, 3))
PICTURE = np.repeat([[[200, 0, 0], [0, 200, 0], [0, 0, 200]]], 6, axis=0).repeat(3, axis=1) + NOISE


def test_colours_are_told_apart_whatever_the_seed():
    for seed in range(5):
        groups = cluster_pixels(PICTURE.astype(np.uint8), 3, seed=seed)
        assert len(np.unique(groups)) == 3
        assert all(len(np.unique(groups[:, start : start + 3])) == 1 for start in (0, 3, 6))


def test_a_picture_of_one_colour_is_one_group():
    assert_array_equal(cluster_pixels(np.full((4, 4, 3), 7, dtype=np.uint8)), np.zeros((4, 4)))


def test_groups_are_given_to_truths_by_the_best_matching_by_hand():
    groups = np.array([[0, 0, 1, 1, 2, 2]])
    first, second = np.array([[1, 1, 1, 0, 0, 0]], bool), np.array([[1, 1, 0, 0, 0, 0]], bool)
    # Both overlap group 0 most, 2/3 and 1; only one can have it, and 1/4 + 1 beats 2/3 + 0.
    assert_allclose(matched_ious(groups, [first, second]), [1 / 4, 1])


def test_truths_beyond_the_groups_are_missed():
    whole = np.ones((1, 2), bool)
    assert matched_ious(np.zeros((1, 2), int), [whole, whole]) == [1.0, 0.0]
    assert matched_ious(np.zeros((1, 2), int), []) == []
