from __future__ import annotations

import unicodedata

import pytest

from daam_engine import ParserNotInstalledError, UnsupportedTokenizerError, Word, align, parse
from daam_engine.words import count_tokens, parse_all, token_limit, tokenize, tokens_within_limit


def pieces_of(tokenizer, text: str) -> list[tuple[str, list[str]]]:
    """Each word with the text of its tokens."""
    tokens, words = tokenize(tokenizer, text), parse(text)
    found = align(words, tokenizer, text)
    return [
        (word.text, [tokens[index].text for index in alignment.token_indices])
        for word, alignment in zip(words, found, strict=True)
    ]


def test_every_part_of_speech_is_a_word():
    words = parse("Three dogs quickly chase a red cat, and sleep.")
    assert {word.pos for word in words} >= {
        "NUM", "NOUN", "ADV", "VERB", "DET", "ADJ", "PUNCT", "CCONJ",
    }  # fmt: skip
    assert [word.index for word in words] == list(range(len(words)))


def test_words_know_their_place_lemma_and_head():
    text = "two  dogs\nrunning"
    two, dogs, running = parse(text)
    assert two == Word(0, "two", 0, 3, "two", "NUM", "nummod", dogs.index)
    assert (dogs.lemma, dogs.pos) == ("dog", "NOUN")
    assert [text[word.start : word.end] for word in (two, dogs, running)] == [
        "two", "dogs", "running",
    ]  # fmt: skip


def test_the_root_is_its_own_head():
    assert next(word for word in parse("a red dog") if word.head == word.index).text == "dog"


@pytest.mark.parametrize("text", ["", "  \n "])
def test_white_space_has_no_words(text):
    assert parse(text) == ()


def test_many_texts_parse_like_each_alone():
    texts = ["a red dog", "", "two cats, and a dog"]
    assert list(parse_all(texts)) == [parse(text) for text in texts]


def test_missing_parser_is_named():
    with pytest.raises(ParserNotInstalledError, match="“xx_no_such_pipeline”"):
        parse("dog", parser="xx_no_such_pipeline")


def test_repeated_words_have_tokens_of_their_own(tokenizer):
    found = align(parse("dog and dog"), tokenizer, "dog and dog")
    assert [alignment.token_indices for alignment in found] == [(1,), (2, 3, 4), (5,)]


def test_sub_words_belong_to_their_word_only(tokenizer):
    # "re" is a piece of "rest" and the start of "red": string search would confuse them.
    assert pieces_of(tokenizer, "rest red") == [
        ("rest", ["re", "s", "t</w>"]),
        ("red", ["red</w>"]),
    ]


def test_a_token_across_two_words_counts_for_both(tokenizer):
    # do|n't for spaCy, don|'t for CLIP
    assert pieces_of(tokenizer, "don't") == [
        ("do", ["don</w>"]),
        ("n't", ["don</w>", "'", "t</w>"]),
    ]


def test_hyphens_are_words(tokenizer):
    assert pieces_of(tokenizer, "red-cat") == [
        ("red", ["red</w>"]),
        ("-", ["-</w>"]),
        ("cat", ["cat</w>"]),
    ]


def test_upper_case_and_runs_of_space_keep_their_places(tokenizer):
    assert pieces_of(tokenizer, "  A  RED\tDog") == [
        ("A", ["a</w>"]),
        ("RED", ["red</w>"]),
        ("Dog", ["dog</w>"]),
    ]


def test_characters_of_several_bytes_stay_whole(tokenizer):
    found = align(words := parse("dog 🚀 cat"), tokenizer, "dog 🚀 cat")
    assert [word.text for word in words] == ["dog", "🚀", "cat"]
    assert [alignment.token_indices for alignment in found] == [(1,), (2, 3, 4, 5), (6,)]


def test_composed_and_decomposed_accents_align_alike(tokenizer):
    def spans(text: str) -> list[tuple[int, ...]]:
        return [found.token_indices for found in align(parse(text), tokenizer, text)]

    composed = "café dog"
    decomposed = unicodedata.normalize("NFD", composed)
    assert len(decomposed) == len(composed) + 1
    assert spans(decomposed) == spans(composed) == [(1, 2, 3, 4), (5,)]  # ca|f|é's two bytes, dog


def test_words_beyond_the_limit_are_truncated_and_the_rest_not(tokenizer):
    text = "dog " * 13 + "dogcat red"  # 13 of the 14 places between the markers, then do|gc…
    found = align(parse(text), tokenizer, text)
    assert [alignment.truncated for alignment in found] == [False] * 13 + [True, True]
    assert found[13].token_indices == ()  # a piece of it was read, but half a word is none


def test_tokens_are_counted_with_their_markers(tokenizer):
    assert count_tokens(tokenizer, "") == 2
    assert count_tokens(tokenizer, "a red dog") == 5
    assert count_tokens(tokenizer, "dog " * 100) == 102
    assert token_limit(tokenizer) == 16
    assert len(tokens_within_limit(tokenizer, "dog " * 100)) == 16


def test_a_tokenizer_without_offsets_is_refused():
    class Slow:
        is_fast = False

    with pytest.raises(UnsupportedTokenizerError, match="Slow does not report"):
        tokenize(Slow(), "dog")
