from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from daam_engine import InvalidRequestError
from daam_engine.analysis.semantics import (
    Entanglement,
    NounPair,
    changed_share,
    cohyponym_effect,
    cohyponym_pairs,
    noun_overlaps,
    read_ontology,
    spread,
)
from tests.daam_engine.analysis.test_syntax import SENTENCE

SMALL = {"round": ("sun", "plum"), "flat": ("brick", "orange")}


def test_every_two_nouns_are_compared():
    (overlap,) = noun_overlaps(SENTENCE)
    assert (overlap.first.index, overlap.second.index, overlap.iou) == (1, 3, 0.0)


def test_half_of_the_pairs_are_cohyponyms_and_all_come_before_any_comes_again():
    pairs = cohyponym_pairs(SMALL, 12, seed=3)
    kin = [{pair.first, pair.second} for pair in pairs if pair.cohyponyms]
    others = [{pair.first, pair.second} for pair in pairs if not pair.cohyponyms]
    assert len(kin) == len(others) == 6
    assert sorted(map(sorted, kin[:2])) == [["brick", "orange"], ["plum", "sun"]]
    assert len({frozenset(pair) for pair in others[:4]}) == 4
    assert cohyponym_pairs(SMALL, 12, seed=3) == pairs != cohyponym_pairs(SMALL, 12, seed=4)


def test_prompts_have_the_right_articles():
    assert NounPair("orange", "brick", False).prompt == "an orange and a brick"


def test_an_ontology_must_have_both_kinds_of_pairs():
    with pytest.raises(InvalidRequestError, match="no two nouns"):
        cohyponym_pairs({"all": ("a", "b")}, 4)


def test_the_table_that_comes_with_us_is_read_and_mistakes_are_told_by_line(tmp_path):
    ontology = read_ontology()
    assert len(ontology) > 15
    assert "zebra" in ontology["wild animal"]
    nouns = [noun for group in ontology.values() for noun in group]
    assert len(nouns) == len(set(nouns)) > 80
    file = tmp_path / "mine.tsv"
    file.write_text("# mine\npet\tcat, dog\nbird owl\n")
    with pytest.raises(InvalidRequestError, match="Line 3"):
        read_ontology(file)


def test_accuracy_and_overlap_with_and_without_cohyponymy_by_hand():
    kin, other = NounPair("sun", "plum", True), NounPair("sun", "brick", False)
    seen = [
        *[Entanglement(kin, correct, 0.5) for correct in (True, False, False, False)],
        *[Entanglement(other, correct, 0.2) for correct in (True, True, True, False)],
        Entanglement(other, None, 0.4),
    ]
    effect = cohyponym_effect(seen)
    assert [one.value for one in effect.accuracy] == [0.25, 0.75, -0.5]
    assert [one.n for one in effect.accuracy] == [4, 4, 8]
    assert math.isclose(effect.overlap[1].value, 0.24)
    assert math.isclose(effect.overlap_if_wrong.value, (3 * 0.5 + 0.2) / 4)
    assert math.isclose(effect.p, 34 / 70)
    assert math.isnan(effect.overlap[0].low)  # one pair of nouns, however many pictures


def test_without_judges_there_is_overlap_but_no_accuracy():
    effect = cohyponym_effect([Entanglement(NounPair("a", "b", True), None, 0.5)])
    assert effect.overlap[0].value == 0.5
    assert math.isnan(effect.accuracy[0].value)
    assert math.isnan(effect.p)


def test_spread_is_what_lies_outside_the_noun():
    adjective, noun = torch.tensor([[1.0, 1, 1, 1]]), torch.tensor([[0.0, 0, 0, 1]])
    assert spread(adjective, noun) == 0.75
    assert spread(noun, adjective) == 0.0


def test_a_pixel_has_changed_when_its_channels_have_on_average():
    before = np.zeros((1, 4, 3), dtype=np.uint8)
    after = before.copy()
    after[0, 0] = 255, 0, 0  # 85 on average
    after[0, 1] = 12  # under 5 % of 255
    outside = np.array([[True, True, True, False]])
    assert changed_share(before, after, outside) == 1 / 3
    assert changed_share(before, after, outside, threshold=0.04) == 2 / 3
    assert math.isnan(changed_share(before, after, ~outside & outside))
