from __future__ import annotations

import pytest

from daam_engine import Word, parse
from daam_engine.analysis.relations import scheme_of, to_universal
from daam_engine.words import relations_of


def arcs(words: tuple[Word, ...]) -> set[tuple[str, str, str]]:
    return {(word.text, word.dependency, words[word.head].text) for word in words}


# What the parser makes of these is CLEAR; what is expected was written by hand.
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a bunch of bananas", {("bananas", "nmod:of", "bunch"), ("of", "case", "bananas")}),
        (
            "The man is riding a horse on the beach.",
            {
                ("man", "nsubj", "riding"),
                ("horse", "obj", "riding"),
                ("beach", "obl:on", "riding"),
                ("on", "case", "beach"),
                ("riding", "root", "riding"),
            },
        ),
        (
            "She saw dogs, cats and horses.",
            {
                ("cats", "conj:and", "dogs"),
                ("horses", "conj:and", "dogs"),
                ("and", "cc", "horses"),
            },
        ),
        ("a ball kicked by a girl", {("girl", "obl:by", "kicked"), ("by", "case", "girl")}),
    ],
)
def test_clear_parses_become_universal_dependencies(text, expected):
    words = parse(text)
    universal = to_universal(words)
    assert expected <= arcs(universal)
    assert [word.index for word in universal] == list(range(len(words)))


def test_a_parsers_scheme_is_told_by_its_relations():
    assert scheme_of(relations_of()) == "CLEAR"
    assert scheme_of({"nsubj", "obj", "nmod"}) == "UD"
