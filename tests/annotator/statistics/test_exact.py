"""Fisher's exact test: by hand, by symmetry, and as the engine computes it."""

from __future__ import annotations

import math
from itertools import product

import pytest

from annotator.statistics.exact import fisher_exact
from daam_engine.analysis import significance


def test_a_lady_tastes_tea() -> None:
    # Fisher (1935): of four cups with the milk first, three are told: (16 + 1) · 2 of 70 ways.
    assert fisher_exact((3, 1), (1, 3)) == pytest.approx(34 / 70)
    assert fisher_exact((4, 0), (0, 4)) == pytest.approx(2 / 70)


def test_the_arms_may_change_places() -> None:
    assert fisher_exact((1, 9), (7, 4)) == fisher_exact((7, 4), (1, 9))


def test_an_arm_without_pictures_tests_nothing() -> None:
    assert math.isnan(fisher_exact((0, 0), (3, 1)))


def test_counts_are_not_negative() -> None:
    with pytest.raises(ValueError, match="no negative numbers"):
        fisher_exact((-1, 2), (3, 1))


def test_the_engine_finds_the_same() -> None:
    for a, b, c, d in product((1, 4, 9), repeat=4):
        assert fisher_exact((a, b), (c, d)) == significance.fisher_exact((a, b), (c, d))
