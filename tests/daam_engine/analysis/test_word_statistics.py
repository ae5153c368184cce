from __future__ import annotations

import math

import pytest
import torch
from numpy.testing import assert_allclose

from daam_engine.analysis.word_statistics import (
    by,
    effective_area,
    lemma,
    occurrences,
    part_of_speech,
    spread,
)
from tests.daam_engine.analysis.test_syntax import SENTENCE, found

EVEN = [[1.0, 1.0], [1.0, 1.0]]
ONE = [[0.0, 4.0], [0.0, 0.0]]
ROW = [[3.0, 3.0], [0.0, 0.0]]


@pytest.mark.parametrize(
    ("soft", "expected"),
    [
        (EVEN, 1.0),
        (ONE, 1 / 4),
        (ROW, 1 / 2),
        ([[1, 1], [-0.5, 0]], 1 / 2),
        ([[2.0, 1.0, 1.0, 0.0]], math.sqrt(8) / 4),  # 1.5 bits
    ],
)
def test_effective_area_by_hand(soft, expected):
    assert_allclose(effective_area(torch.tensor(soft)), expected, atol=1e-12)


@pytest.mark.parametrize(
    ("soft", "expected"),
    [
        (EVEN, 1.0),
        (ONE, 0.0),
        (ROW, math.sqrt(1 / 2)),  # even along one of two sides
        ([[1.0, 1.0, 1.0, 0.0]], math.sqrt((1 / 24) / (5 / 64))),
        ([[2.0], [0.0], [2.0]], math.sqrt((1 / 9) / (2 / 27))),  # the two ends: more than even
    ],
)
def test_spread_by_hand(soft, expected):
    assert_allclose(spread(torch.tensor(soft)), expected, atol=1e-12)


def test_a_map_of_nothing_has_neither():
    nothing = torch.zeros(2, 2)
    assert math.isnan(effective_area(nothing))
    assert math.isnan(spread(nothing))
    assert math.isnan(spread(torch.ones(1, 1)))


def test_every_word_with_a_map_is_measured_by_hand():
    measured = occurrences(SENTENCE, picture=7)
    assert [(one.word.index, one.picture, one.area) for one in measured] == [
        (0, 7, 0.75), (1, 7, 0.25), (2, 7, 0.75), (3, 7, 0.25),
    ]  # fmt: skip
    assert_allclose([one.head_iou for one in measured], [1 / 3, 1 / 3, math.nan, 1 / 3])
    assert occurrences(SENTENCE, tau=0.0)[1].area == 1.0


def test_a_word_whose_head_has_no_map_has_no_overlap():
    (measured,) = occurrences([found(0, "ADJ", "amod", 1, [1, 1]), found(1, "NOUN", "x", 1, None)])
    assert math.isnan(measured.head_iou)


def test_groups_are_counted_and_intervals_draw_whole_pictures():
    found = [one for picture in (1, 2) for one in occurrences(SENTENCE, picture=picture)]
    groups = by(found, part_of_speech)
    assert [(name, one.n, one.pictures) for name, one in groups.items()] == [
        ("NOUN", 4, 2), ("ADJ", 2, 2), ("VERB", 2, 2),
    ]  # fmt: skip
    nouns = groups["NOUN"]
    assert nouns.area.value == nouns.area.low == nouns.area.high == 0.25
    assert math.isnan(groups["VERB"].head_iou.value)
    assert by(found, lemma).keys() == {("", "ADJ"), ("", "NOUN"), ("", "VERB")}
    alone = by(occurrences(SENTENCE, picture=1), part_of_speech)["NOUN"]
    assert math.isnan(alone.area.low)  # two words of one picture say nothing of other pictures
