"""A study's answers as arrays: nothing lost on the way, and only what was asked for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from numpy.testing import assert_array_equal

from annotator.domain.results.answers import Answers, Category
from annotator.domain.results.filters import Filter
from annotator.domain.results.loading import load_answers, load_repeats
from annotator.enums import AssignmentPurpose, ItemKind, Panel
from annotator.models import PanelLink, Rater, Rating, Study
from tests import factories
from tests.annotator.answers import MORNING, give, make_control, make_rated_study


@pytest.fixture
def study(alice: User) -> Study:
    return make_rated_study(alice)


def load(study: Study, **chosen: Any) -> Answers:
    return load_answers(study=study, filter=Filter(**chosen))


def test_every_answer_is_there_with_its_item_and_its_rater(study: Study) -> None:
    answers = load(study)
    expected = [
        (item, rater, score, opt_out, submitted)
        for item, rater, score, opt_out, submitted in Rating.objects.order_by("pk").values_list(
            "assignment__item",
            "assignment__rater__pseudonym",
            "score",
            "opt_out",
            "submitted_at",
        )
    ]
    reasons = ["", "image_too_poor", "word_too_abstract"]
    found = [
        (
            int(answers.item_keys[answers.item[row]]),
            answers.raters[answers.rater[row]],
            None if np.isnan(answers.score[row]) else int(answers.score[row]),
            reasons[answers.opt_out[row]],
            answers.submitted_at[row].item().replace(tzinfo=MORNING.tzinfo),
        )
        for row in range(answers.n_ratings)
    ]
    assert found == expected
    assert (answers.n_items, answers.n_scores, answers.n_raters) == (4, 7, 3)


def test_every_item_has_its_word_prompt_batch_and_model(study: Study) -> None:
    answers = load(study)
    items = study.items.in_bulk(answers.item_keys.tolist())
    for index, key in enumerate(answers.item_keys):
        item = items[key]
        word = item.heat_map.word
        described = {
            "pos": item.pos,
            "kind": item.kind,
            "word": word.text,
            "lemma": word.lemma,
            "batch": word.prompt.batch.file_name,
            "model": "bundled",
        }
        for name, value in described.items():
            column: Category = getattr(answers, name)
            assert column.names[column.codes[index]] == value
    prompts = [items[key].heat_map.word.prompt_id for key in answers.item_keys]
    same_number = answers.prompt[:, None] == answers.prompt
    assert_array_equal(same_number, np.equal.outer(prompts, prompts))


def test_two_files_of_prompts_with_one_name_are_two_batches(study: Study) -> None:
    first = study.batches.get()
    second = factories.make_batch(study, file_name=first.file_name)
    moved = study.prompts.latest("pk")
    moved.batch = second
    moved.save()

    answers = load(study)

    numbers = {first.pk: 1, second.pk: 2}
    items = study.items.in_bulk(answers.item_keys.tolist())
    for index, key in enumerate(answers.item_keys):
        number = numbers[items[key].heat_map.word.prompt.batch_id]
        name = answers.batch.names[answers.batch.codes[index]]
        assert name == f"{first.file_name} ({number})"


def test_answers_are_counted_by_item_and_point(study: Study) -> None:
    answers = load(study, pos=("NOUN",))
    assert_array_equal(answers.counts, [[0, 0, 0, 2, 1], [0, 0, 2, 0, 0], [0, 0, 0, 0, 1]])
    assert_array_equal(answers.opt_outs, [[0, 0], [0, 0], [1, 0]])
    assert_array_equal(answers.sums, [13, 6, 5])


def test_answers_to_some_items_are_those_the_database_would_have_given(study: Study) -> None:
    make_control(study, ItemKind.BLANK, [[1, 2, "word_too_abstract"]])
    for pos in ("NOUN", "VERB"):
        some, asked = load(study).of_kind("real").of_pos(pos), load(study, pos=(pos,))
        asked = asked.of_kind("real")
        for name in ("score", "opt_out", "submitted_at", "item_keys", "counts"):
            assert_array_equal(getattr(some, name), getattr(asked, name))
        assert some.pos.present() == [pos]


def test_only_what_passes_the_filter_is_loaded(study: Study) -> None:
    day = MORNING.date()
    passing: list[dict[str, Any]] = [
        {},
        {"pos": ("NOUN", "VERB")},
        {"model": "bundled"},
        {"since": day, "until": day},
        {"batch": study.batches.get().pk},
    ]
    stopping: list[dict[str, Any]] = [
        {"model": "another"},
        {"since": day + timedelta(days=1)},
        {"until": day - timedelta(days=1)},
        {"raters": ("nobody",)},
        {"invitation": -1},
        {"batch": -1},
    ]
    assert [load(study, **chosen).n_ratings for chosen in passing] == [9] * len(passing)
    assert [load(study, **chosen).n_ratings for chosen in stopping] == [0] * len(stopping)
    assert load(study, pos=("VERB",)).n_ratings == 2


def test_raters_are_chosen_by_name_and_by_their_link(study: Study) -> None:
    first, *_ = study.raters.order_by("number")
    assert set(load(study, raters=(first.pseudonym,)).raters) == {first.pseudonym}
    assert load(study, invitation=first.invitation_id).n_ratings == 9


def test_raters_are_chosen_by_their_panel_and_by_being_people(study: Study) -> None:
    first, *_ = study.raters.order_by("number")
    assert load(study, panel=Panel.PROLIFIC).n_ratings == 0
    PanelLink.objects.create(invitation=first.invitation, panel=Panel.PROLIFIC)
    assert load(study, panel=Panel.PROLIFIC).n_ratings == 9
    assert load(study, panel=Panel.SONA).n_ratings == 0
    Rater.objects.filter(pk=first.pk).update(simulated=True)
    assert load(study, people=True).n_ratings == 5


def test_excluded_raters_are_loaded_when_everybody_is_asked_for(study: Study) -> None:
    first, *_ = study.raters.order_by("number")
    Rater.objects.filter(pk=first.pk).update(excluded_at=timezone.now())
    assert load(study).n_ratings == 5
    assert load(study, everybody=True).n_ratings == 9


def test_items_of_two_models_are_told_apart(study: Study) -> None:
    (item,) = study.items.filter(pos="VERB", assignments__isnull=False).distinct()[:1]
    generation = item.heat_map.generation
    generation.provenance["model"] = "other"
    generation.save()
    answers = load(study)
    assert set(answers.model.present()) == {"bundled", "other"}
    assert load(study, model="other").n_items == answers.model.among("other").sum()


def test_the_other_study_s_answers_stay_there(study: Study, alice: User) -> None:
    make_rated_study(alice, {"NOUN": [[1, 1, 1]]})
    assert load(study).n_ratings == 9


def test_a_study_nobody_has_rated_gives_empty_arrays(alice: User) -> None:
    answers = load(factories.make_study(alice))
    assert (answers.n_ratings, answers.n_items, answers.raters) == (0, 0, ())
    assert answers.counts.shape == (0, 5)


def test_repeats_bring_both_scores_and_are_no_answers(study: Study) -> None:
    item, rater = study.items.filter(pos="NOUN").order_by("position")[0], study.raters.all()[0]
    before = load(study)
    give(item, rater, 1, AssignmentPurpose.REPEAT)
    answers = load(study)
    repeats = load_repeats(study=study, filter=Filter(), raters=answers.raters)
    assert answers.n_ratings == before.n_ratings
    assert (repeats.first.tolist(), repeats.second.tolist()) == ([4], [1])
    assert answers.raters[repeats.rater[0]] == rater.pseudonym


def test_a_choice_has_one_key_however_it_was_made() -> None:
    assert Filter(pos=("NOUN", "VERB")).key == Filter(pos=("VERB", "NOUN")).key
    assert Filter().key != Filter(everybody=True).key
    assert not Filter(everybody=True).chooses
    assert Filter(pos=("NOUN",)).chooses
