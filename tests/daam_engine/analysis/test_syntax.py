from __future__ import annotations

import torch

from daam_engine import Word, WordHeatMap
from daam_engine.analysis.semantics import noun_overlaps
from daam_engine.analysis.syntax import by_relation, head_dependent_pairs, unrelated_pairs


def found(
    index: int, pos: str, dependency: str, head: int, soft: list[float] | None
) -> WordHeatMap:
    word = Word(index, f"w{index}", index, index + 1, "", pos, dependency, head)
    heat = None if soft is None else torch.tensor([soft])
    return WordHeatMap(word, heat, soft is None, (index,))


# "red dog chases cat later", the last word truncated
SENTENCE = [
    found(0, "ADJ", "amod", 1, [1, 1, 1, 0]),
    found(1, "NOUN", "nsubj", 2, [0, 1, 0, 0]),
    found(2, "VERB", "ROOT", 2, [0, 1, 1, 1]),
    found(3, "NOUN", "obj", 2, [0, 0, 0, 1]),
    found(4, "NOUN", "obj", 2, None),
]


def test_pairs_of_dependents_and_heads_by_hand():
    pairs = {
        pair.relation: (pair.iou, pair.iod, pair.ioh) for pair in head_dependent_pairs(SENTENCE)
    }
    assert pairs == {
        "amod": (1 / 3, 1 / 3, 1.0),
        "nsubj": (1 / 3, 1.0, 1 / 3),
        "obj": (1 / 3, 1.0, 1 / 3),
    }


def test_relations_are_averaged_and_show_who_dominates():
    rows = {row.relation: row for row in by_relation(head_dependent_pairs(SENTENCE * 1))}
    assert rows["amod"].dominance < 0 < rows["nsubj"].dominance  # the adjective, the verb
    twice = [*head_dependent_pairs(SENTENCE), *head_dependent_pairs(SENTENCE[:3])]
    assert [(row.relation, row.n) for row in by_relation(twice)] == [
        ("amod", 2), ("nsubj", 2), ("obj", 1),
    ]  # fmt: skip


def test_unrelated_pairs_are_those_without_an_arc():
    pairs = {(pair.dependent.index, pair.head.index) for pair in unrelated_pairs(SENTENCE)}
    assert pairs == {(0, 2), (0, 3), (1, 3)}


def test_every_two_nouns_are_compared():
    (overlap,) = noun_overlaps(SENTENCE)
    assert (overlap.first.index, overlap.second.index, overlap.iou) == (1, 3, 0.0)
