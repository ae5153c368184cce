"""Words: the table of all, and the numbers of one."""

from __future__ import annotations

import numpy as np
import pytest
from django.contrib.auth.models import User
from numpy.testing import assert_allclose

from annotator import statistics
from annotator.domain.browse import words
from annotator.domain.browse.words import ChosenWord, WordSort
from annotator.domain.results.resampling import BOOTSTRAP_SEED, RESAMPLES
from annotator.enums import ItemKind
from annotator.models import Study
from tests.annotator.answers import make_control, make_rated_study

CIRCLES = [[4, 5, 4], [3, 3], [5, "image_too_poor"]]


@pytest.fixture
def study(alice: User) -> Study:
    """Four pictures of five words each; `CIRCLES` are the nouns, and one verb is rated."""
    return make_rated_study(alice, {"NOUN": CIRCLES, "VERB": [[2, "word_too_abstract"]]})


def test_the_table_counts_maps_ratings_and_scores_of_real_maps(study: Study) -> None:
    make_control(study, ItemKind.BLANK, [[1, 1]] * 10)

    rows = {row.lemma: row for row in words.table(study=study).rows}

    assert {lemma: row.n_maps for lemma, row in rows.items()} == dict.fromkeys(
        ["a", "red", "circle", "rolls", "quickly"], 4
    )
    circle = rows["circle"]
    assert (circle.n_ratings, circle.n_scores) == (7, 6)
    # 4 5 4 3 3 5: mean 4, squares around it 0 1 0 1 1 1
    assert_allclose((circle.mos, circle.spread), (4, (4 / 5) ** 0.5))
    assert (rows["rolls"].n_ratings, rows["rolls"].mos) == (2, 2)
    assert_allclose((rows["red"].mos, rows["rolls"].spread), (float("nan"), float("nan")))


def test_the_table_is_searched_and_sorted_with_the_undefined_last(study: Study) -> None:
    table = words.table(study=study)

    def lemmas(sort: WordSort, search: str = "") -> list[str]:
        return [row.lemma for row in table.chosen(sort=sort, search=search)]

    assert lemmas(WordSort.RATINGS)[:2] == ["circle", "rolls"]
    assert lemmas(WordSort.LOWEST)[:2] == ["rolls", "circle"]
    assert lemmas(WordSort.HIGHEST)[:2] == ["circle", "rolls"]
    assert lemmas(WordSort.SPREAD)[0] == "circle"
    assert lemmas(WordSort.WORD) == ["a", "circle", "quickly", "red", "rolls"]
    assert lemmas(WordSort.WORD, search="L") == ["circle", "quickly", "rolls"]


def test_a_words_numbers_are_those_of_its_items(study: Study) -> None:
    (everything,) = words.parts_of(study=study, word=ChosenWord(lemma="Circle"))

    assert (everything.pos, everything.n_items, everything.n_opt_outs) == ("", 4, 1)
    expected = statistics.mean_opinion_score(
        [13, 6, 5, 0],
        [3, 2, 1, 0],
        rng=np.random.default_rng(BOOTSTRAP_SEED),
        n=RESAMPLES,
    )
    found = everything.mos
    assert_allclose((found.value, found.n), (expected.value, 6))
    # Resampled items are the same, in another order: the interval within its own noise.
    assert_allclose((found.low, found.high), (expected.low, expected.high), atol=0.15)


def test_one_word_in_two_parts_of_speech_is_told_apart(study: Study) -> None:
    item = study.items.filter(pos="NOUN").order_by("pk")[0]
    study.items.filter(pk=item.pk).update(pos="VERB")

    parts = words.parts_of(study=study, word=ChosenWord(text="circle"))

    assert [(part.label, part.n_items) for part in parts] == [("", 4), ("noun", 3), ("verb", 1)]


def test_every_map_of_a_word_comes_with_its_item(study: Study) -> None:
    maps = words.maps_of(study=study, word=ChosenWord(lemma="circle"))

    assert [heat_map.real_items[0].pos for heat_map in maps] == ["NOUN"] * 4
    assert [one.real_items for one in words.maps_of(study=study, word=ChosenWord(text="a"))] == [
        []
    ] * 4
    assert words.parts_of(study=study, word=ChosenWord(text="a")) == []


def test_no_word_is_no_map(study: Study) -> None:
    assert not words.maps_of(study=study, word=ChosenWord()).exists()
