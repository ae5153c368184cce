from __future__ import annotations

import numpy as np
from numpy.testing import assert_allclose
from scipy.optimize import linear_sum_assignment

from daam_engine.analysis.assignment import best_assignment


def test_greed_is_not_best():
    # Greed takes 0.9 and is left with 0.1; together the others make more.
    scores = np.array([[0.9, 0.8], [0.8, 0.1]])
    assert best_assignment(scores) == [(0, 1), (1, 0)]


def test_it_agrees_with_another_library_on_all_shapes():
    rng = np.random.default_rng(4)
    for shape in [(1, 1), (3, 5), (5, 3), (6, 6), (2, 9), (0, 3)] * 10:
        scores = rng.random(shape).round(1)  # with ties
        rows, columns = zip(*best_assignment(scores), strict=True) if min(shape) else ([], [])
        expected = scores[linear_sum_assignment(scores, maximize=True)].sum()
        assert len(set(rows)) == len(set(columns)) == min(shape)
        assert_allclose(scores[list(rows), list(columns)].sum(), expected)
