from __future__ import annotations

import math
from itertools import chain

import torch

from daam_engine import Word, WordHeatMap
from daam_engine.analysis.syntax import (
    PairOverlap,
    absolute,
    by_relation,
    head_dependent_pairs,
    pairs_among,
    relabelled,
    unrelated_pairs,
)


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
    rows = {row.relation: row for row in by_relation(head_dependent_pairs(SENTENCE))}
    assert rows["amod"].dominance < 0 < rows["nsubj"].dominance  # the adjective, the verb
    twice = [*head_dependent_pairs(SENTENCE), *head_dependent_pairs(SENTENCE[:3])]
    assert [(row.relation, row.n) for row in by_relation(twice)] == [
        ("amod", 2), ("nsubj", 2), ("obj", 1),
    ]  # fmt: skip
    assert [row.relation for row in by_relation(twice, most=1)] == ["amod"]
    assert math.isclose(rows["amod"].difference.value, 1 / 3 - 1)


def test_dominance_is_said_only_where_it_is_significant():
    prompts = [list(head_dependent_pairs(SENTENCE, prompt=number)) for number in range(8)]
    rows = {row.relation: row for row in by_relation(chain(*prompts))}
    # 8 prompts with one sign: p = 2 / 2⁸, times 3, 2 and 1 relations; the largest stays.
    assert [rows[name].p for name in ("amod", "nsubj", "obj")] == [3 * 2 / 2**8] * 3
    assert [rows[name].dominant for name in ("amod", "nsubj", "obj")] == [
        "dependent", "head", "head",
    ]  # fmt: skip
    few = by_relation(chain(*prompts[:3]))
    assert {row.dominant for row in few} == {"neither"}


def test_pairs_of_one_prompt_are_one_observation():
    repeated = [pair for _ in range(8) for pair in head_dependent_pairs(SENTENCE, prompt=0)]
    rows = by_relation(repeated)
    assert {row.p for row in rows} == {1.0}
    assert [row.exchanged.p for row in rows if row.relation == "amod"] == [1.0]


def test_an_absolute_threshold_turns_the_sign_around():
    # A faint adjective (at most 0.02) over all of its noun's thing, and a little more.
    words = [
        found(0, "ADJ", "amod", 1, [0.02, 0.02, 0.02, 0.0]),
        found(1, "NOUN", "root", 1, [0.5, 0.5, 0.1, 0.0]),
    ]
    (paper,) = head_dependent_pairs(words)
    (notebook,) = head_dependent_pairs(words, rule=absolute(0.015))
    assert (paper.iod, paper.ioh) == (2 / 3, 1.0)
    assert (notebook.iod, notebook.ioh) == (1.0, 1.0)
    (stricter,) = head_dependent_pairs(words, rule=absolute(0.05))
    assert math.isnan(stricter.iod)
    assert stricter.ioh == 0.0


def test_coreferent_words_are_paired_within_their_group():
    pairs = list(pairs_among(SENTENCE, [(3, 0, 1), (2,), (2, 4)]))
    assert [(pair.dependent.index, pair.head.index) for pair in pairs] == [(0, 1), (0, 3), (1, 3)]
    assert {pair.relation for pair in relabelled(pairs, "all")} == {"all"}


def test_unrelated_pairs_are_those_without_an_arc():
    pairs = {(pair.dependent.index, pair.head.index) for pair in unrelated_pairs(SENTENCE)}
    assert pairs == {(0, 2), (0, 3), (1, 3)}


def test_partners_are_exchanged_for_others_of_their_part_of_speech():
    found = {pair.relation: pair.exchanged for pair in head_dependent_pairs(SENTENCE)}
    assert found["amod"] == 0.0  # "red" with "cat"
    assert math.isnan(found["nsubj"])  # there is no other verb, and “chases” has both nouns
    assert math.isnan(found["obj"])


def test_words_of_one_group_are_held_against_those_of_the_others():
    pairs = list(pairs_among(SENTENCE, [(0, 1), (2, 3)]))
    # "red" with "cat" for "dog", and "dog" with "chases" for "cat".
    assert [pair.exchanged for pair in pairs] == [0.0, 1 / 3]
    (row,) = by_relation(pairs)
    assert (row.exchanged.first.value, row.exchanged.second.value) == (1 / 3, 1 / 6)
    assert math.isclose(row.exchanged.difference.value, 1 / 6)


def test_either_word_of_a_pair_is_held_against_others():
    words = [
        found(0, "ADJ", "amod", 1, [1, 1, 0, 0]),
        found(1, "NOUN", "root", 1, [1, 0, 0, 0]),
        found(2, "ADJ", "amod", 3, [1, 0, 0, 1]),
        found(3, "NOUN", "conj:and", 1, [0, 1, 1, 0]),
    ]
    first, _ = pairs_among(words, [(0, 1), (2, 3)])
    # The adjective with the other noun, 1/3; the noun with the other adjective, 1/2.
    assert math.isclose(first.exchanged, (1 / 3 + 1 / 2) / 2)


def test_exchanged_partners_are_tested_prompt_by_prompt_and_adjusted():
    def pairs(prompt: int) -> list[PairOverlap]:
        found = list(pairs_among(SENTENCE, [(0, 1), (2, 3)], prompt=prompt))[:1]
        return [*found, *relabelled(found, "again")]

    rows = by_relation(chain(*(pairs(prompt) for prompt in range(8))))
    assert [row.exchanged.p for row in rows] == [2 * 2 / 2**8] * 2  # two relations
    assert {row.exchanged.first.n for row in rows} == {8}


def test_unrelated_words_have_no_partner_to_exchange():
    assert all(math.isnan(pair.exchanged) for pair in unrelated_pairs(SENTENCE))
