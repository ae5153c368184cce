from __future__ import annotations

import numpy as np
import pytest

from daam_engine.bundled.grammar import words_of, words_of_one_thing
from daam_engine.bundled.scenes import Scene, SceneWord, draw_scene

ROLES = {
    "a": "determiner", "the": "determiner", "red": "colour", "big": "size", "sun": "noun",
    "tree": "noun", "brick": "noun", "glows": "verb", "softly": "adverb", "rolling": "verb",
    "above": "adposition", "on": "adposition", "and": "conjunction", ",": "punctuation",
    ".": "punctuation", "dark": "background", "background": "background", "left": "place",
    "two": "numeral", "suns": "noun",
}  # fmt: skip


def scene(text: str) -> Scene:
    """A scene of words alone."""
    words = text.replace(",", " ,").replace(".", " .").split()
    said = tuple(SceneWord(word, ROLES[word]) for word in words)
    return Scene(text, np.zeros((1, 1, 3), np.uint8), said, ())


@pytest.mark.parametrize(
    ("text", "arcs"),
    [
        ("a big red sun glows softly.", "det:3 amod:3 amod:3 nsubj:4 root:4 advmod:4 punct:4"),
        ("a rolling sun", "det:2 amod:2 root:2"),
        (
            "a sun above the tree on a dark background",
            "det:1 root:1 case:4 det:4 nmod:above:1 case:8 det:8 amod:8 nmod:on:1",
        ),
        ("a sun glows on a dark background", "det:1 nsubj:2 root:2 case:6 det:6 amod:6 obl:on:2"),
        (
            "a sun, a tree and a red brick.",
            "det:1 root:1 punct:4 det:4 conj:and:1 cc:8 det:8 amod:8 conj:and:1 punct:1",
        ),
        ("two red suns", "nummod:2 amod:2 root:2"),
        ("a sun on the left", "det:1 root:1 case:4 det:4 nmod:on:1"),
    ],
)
def test_relations_and_heads_written_by_hand(text, arcs):
    found = [f"{word.dependency}:{word.head}" for word in words_of(scene(text))]
    assert found == arcs.split()


def test_parts_of_speech():
    words = words_of(scene("two big suns glows softly on a dark background."))
    assert [word.pos for word in words] == [
        "NUM", "ADJ", "NOUN", "VERB", "ADV", "ADP", "DET", "ADJ", "NOUN", "PUNCT",
    ]  # fmt: skip


def test_every_caption_is_one_tree_whose_words_are_in_the_text():
    rng = np.random.default_rng(3)
    for drawn in (draw_scene(rng) for _ in range(150)):
        words = words_of(drawn)
        assert [drawn.caption[word.start : word.end] for word in words] == [
            word.text for word in drawn.words
        ]
        assert [word.dependency for word in words].count("root") == 1
        assert all(_reaches_root(word.index, [w.head for w in words]) for word in words), words


def _reaches_root(at: int, heads: list[int]) -> bool:
    for _ in heads:
        at = heads[at]
    return heads[at] == at


def test_words_of_one_thing_are_told_apart_from_those_of_another():
    rng = np.random.default_rng(3)
    roles = ["determiner", "colour", "noun", "adposition", "determiner", "colour", "noun"]
    pairs = (draw_scene(rng, kind="pair") for _ in range(500))
    pair = next(one for one in pairs if [word.role for word in one.words] == roles)
    assert words_of_one_thing(pair) == [[1, 2], [5, 6]]
