"""The mixed model of a study: who is held against whom, and what is told where it is undefined."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from numpy.testing import assert_allclose

from annotator.domain.results import effects as module
from annotator.domain.results.answers import NO_OPT_OUT, Answers, Category
from annotator.domain.results.effects import Effects, effects
from annotator.statistics import crossed_ratings, fit_mixed_model

OPT_OUT = 1
NOUNS = [[4, 5, 4], [3, 3, 5], [5, 4, 2], [5, 1, 3], [3, 4, 4], [2, 5, 5]]
VERBS = [[2, 4, 3], [3, 5, None], [4, 2, 1], [3, 3, 4], [5, 2, 4]]
BLANKS = [[1, 3, 1], [1, 2, 5], [2, 1, 1], [1, 1, 4], [3, 2, 1]]
GROUPS = {("real", "NOUN"): NOUNS, ("real", "VERB"): VERBS, ("blank", "NOUN"): BLANKS}

Rows = Sequence[Sequence[int | None]]


def answers_of(groups: Mapping[tuple[str, str], Rows]) -> Answers:
    """Of items by kind and part of speech; every row has one score per rater, or none."""
    rows = [row for items in groups.values() for row in items]
    named = [name for name, items in groups.items() for _ in items]
    scores = np.array([[np.nan if s is None else s for s in row] for row in rows])
    item, rater = (place.ravel() for place in np.indices(scores.shape))
    n, same = len(rows), np.arange(len(rows))
    return Answers(
        item=item,
        rater=rater,
        score=scores.ravel(),
        opt_out=np.where(np.isnan(scores.ravel()), OPT_OUT, NO_OPT_OUT).astype(np.int8),
        submitted_at=np.zeros(scores.size, "datetime64[ms]"),
        item_keys=same,
        prompt=same,
        judged=same,
        pos=Category.of(pos for _, pos in named),
        kind=Category.of(kind for kind, _ in named),
        **{name: Category.of([""] * n) for name in _OF_NO_INTEREST},
        raters=("ada", "bea", "cem"),
        simulated=np.zeros(3, bool),
    )


_OF_NO_INTEREST = ("condition", "word", "lemma", "batch", "model")


def of(groups: Mapping[tuple[str, str], Rows]) -> Effects:
    found = effects(answers_of(groups))
    assert found is not None
    return found


def test_groups_are_held_against_real_maps_and_the_largest_part_of_speech() -> None:
    found = of(GROUPS)
    names = [(row.by, row.name, row.reference) for row in found.effects]
    assert names == [("kind", "blank", "real"), ("pos", "VERB", "NOUN")]
    assert (found.n_scores, found.n_items, found.n_raters, found.note) == (47, 16, 3, "")


def test_the_largest_part_of_speech_need_not_be_the_first() -> None:
    found = of({("real", "NOUN"): NOUNS, ("real", "VERB"): [*VERBS, *VERBS]})
    assert [(row.name, row.reference) for row in found.effects] == [("NOUN", "VERB")]


def test_the_numbers_are_those_of_the_model_written_out() -> None:
    scored = [
        (item, rater, score)
        for item, row in enumerate([*NOUNS, *VERBS, *BLANKS])
        for rater, score in enumerate(row)
        if score is not None
    ]
    ratings = crossed_ratings(*zip(*scored, strict=True))
    covariates = np.c_[ratings.item >= 11, (ratings.item >= 6) & (ratings.item < 11)]
    model = fit_mixed_model(ratings, covariates)

    found = of(GROUPS)
    assert_allclose([row.logit.value for row in found.effects], model.effects, atol=1e-6)
    assert_allclose([row.p for row in found.effects], model.p_values(), atol=1e-6)
    assert_allclose(found.effects[0].odds_ratio.high, np.exp(found.effects[0].logit.high))
    assert found.effects[0].verdict == "below"


def test_without_groups_nothing_is_compared() -> None:
    assert effects(answers_of({("real", "NOUN"): NOUNS})) is None


def test_items_that_all_opted_out_of_are_of_no_group() -> None:
    found = of({**GROUPS, ("real", "ADV"): [[None, None, None]] * 6})
    assert [row.name for row in found.effects] == ["blank", "VERB"]
    assert found.n_items == 16


def test_answers_that_never_overlap_are_told() -> None:
    found = of({("real", "NOUN"): [[5, 4, 5]] * 6, ("blank", "NOUN"): [[1, 2, 1]] * 6})
    assert "do not overlap" in found.note
    assert math.isnan(found.effects[0].logit.value)
    assert found.effects[0].verdict == ""


def test_small_groups_are_left_out_by_name() -> None:
    found = of({**GROUPS, ("real", "ADV"): [[1, 2, 3]] * 4})
    assert found.left_out == ("ADV",)
    assert [row.name for row in found.effects] == ["blank", "VERB"]
    assert found.n_items == 16


def test_too_many_raters_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_RATERS", 2)
    found = of(GROUPS)
    assert (found.effects, found.note.partition(":")[0]) == ((), "not fitted")
