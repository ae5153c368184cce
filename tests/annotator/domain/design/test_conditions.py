"""A study compares conditions: each word is there once under each, and nobody meets it twice."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import F

from annotator.domain.design import studies
from annotator.domain.design.study_config import create_from, parse, to_toml
from annotator.domain.material import generations, pictures
from annotator.domain.rating import assignments
from annotator.enums import ItemKind
from annotator.errors import AssignmentGone, StudyNotReady
from annotator.models import Assignment, Item, Rater, Rating, Study
from annotator.models.condition import are_conditions
from tests import factories

MODELS = [{"name": "small"}, {"name": "large", "model": "org/large"}]
ATTRIBUTIONS = [
    {"name": "everything"},
    {"name": "published", "mode": "published"},
    {"name": "last steps", "first_step": 21, "last_step": 30},
]


def shown(item: Item) -> np.ndarray:
    own = item.heat_map
    file, row = (
        (item.map_file, item.map_row) if item.map_file else (own.generation.maps_file, own.row)
    )
    return pictures.stored_map(file, row)


# -- what is painted and drawn -------------------------------------------------------------------


def test_each_model_paints_every_prompt_with_its_seed(alice: User) -> None:
    study = factories.make_study(alice, conditions=MODELS)
    prompt = factories.make_prompt(study, seed=3)
    generations.request_generations(study=study, prompts=[prompt])

    painters = [one.painter for one in prompt.generations.order_by("pk")]
    assert painters == ["bundled", "org/large"]


def test_attributions_share_one_picture(alice: User) -> None:
    study = factories.make_study(alice, conditions=ATTRIBUTIONS)
    picture = factories.make_generation(factories.make_prompt(study))

    assert [one.name for one in picture.conditions] == ["everything", "published", "last steps"]
    assert set(picture.condition_files) == {"published", "last steps"}


@pytest.mark.parametrize("conditions", [MODELS, ATTRIBUTIONS])
def test_every_word_is_an_item_under_every_condition(
    alice: User, conditions: list[dict[str, Any]]
) -> None:
    study = factories.make_open_study(alice, conditions=conditions, shuffled_word_percent=50)

    names = {one["name"] for one in conditions}
    for kind in (ItemKind.REAL, ItemKind.SHUFFLED_WORD):
        items = study.items.filter(kind=kind)
        words: dict[int, set[str]] = {}
        for word, name in items.values_list("heat_map__word", "condition"):
            words.setdefault(word, set()).add(name)
        assert all(found == names for found in words.values())
        assert items.count() == len(words) * len(names)
    assert study.items.filter(kind=ItemKind.REAL, pos="NOUN").count() == 4 * len(names)


def test_an_item_shows_the_map_of_its_condition(alice: User) -> None:
    study = factories.make_open_study(alice, conditions=ATTRIBUTIONS, prompts=1)

    for item in study.items.select_related("heat_map__generation"):
        picture = item.heat_map.generation
        file = picture.condition_files.get(item.condition, picture.maps_file)
        np.testing.assert_array_equal(shown(item), pictures.stored_map(file, item.heat_map.row))


def test_an_item_of_another_model_shows_its_picture(alice: User) -> None:
    study = factories.make_open_study(alice, conditions=MODELS, prompts=1)

    for item in study.items.select_related("heat_map__generation__study"):
        painter = {"small": "bundled", "large": "org/large"}[item.condition]
        assert item.heat_map.generation.painter == painter


def test_conditions_are_mixed_in_the_order_that_raters_get(alice: User) -> None:
    study = factories.make_open_study(
        alice, conditions=MODELS, prompts=8, items_per_part_of_speech=8
    )

    order = list(study.items.order_by("position").values_list("condition", flat=True))
    assert order not in (sorted(order), sorted(order, reverse=True))
    runs = 1 + sum(one != other for one, other in pairwise(order))
    assert runs > len(order) // 4


def test_a_word_that_one_model_cannot_show_is_drawn_for_none(alice: User) -> None:
    study = factories.make_study(alice, conditions=MODELS)
    prompt = factories.make_prompt(study)
    generations.request_generations(study=study, prompts=[prompt])
    first, second = prompt.generations.order_by("pk")
    factories.paint(first)
    factories.paint(second, words=range(3))  # its text encoder cut the verb off
    studies.open_study(study=study, user=alice)

    assert Counter(study.items.values_list("pos", flat=True)) == {"NOUN": 2, "ADJ": 2}


def test_a_second_picture_is_made_by_each_model(alice: User) -> None:
    study = factories.make_study(alice, conditions=MODELS, other_seed_percent=50)
    for seed in range(2):
        factories.make_generation(factories.make_prompt(study, seed=seed))
    with pytest.raises(StudyNotReady):
        studies.open_study(study=study, user=alice)
    for generation in study.generations.queued():
        factories.paint(generation)
    studies.open_study(study=study, user=alice)

    items = study.items.filter(kind=ItemKind.OTHER_SEED)
    assert set(items.values_list("condition", flat=True)) == {"small", "large"}
    for item in items:
        twin = item.heat_map.word.prompt.twins.get()
        same_model = twin.generations.get(model=item.heat_map.generation.model)
        assert item.map_file == same_model.maps_file


# -- who gets what -------------------------------------------------------------------------------


def words_of(rater: Rater) -> list[int]:
    drawn: list[int] = []
    while found := assignments.draw(rater=rater, count=3):
        for assignment in found:
            drawn.append(assignment.item.heat_map.word_id)
            assignment.status = "submitted"
            assignment.save(update_fields=["status"])
    return drawn


def test_a_rater_meets_a_word_under_one_condition_only(alice: User) -> None:
    study = factories.make_open_study(alice, conditions=ATTRIBUTIONS, items_per_rater=1000)

    words = words_of(factories.make_rater(study))
    assert len(words) == len(set(words)) == 12


@pytest.mark.parametrize("after", ["expired", "returned"])
def test_what_was_seen_and_not_answered_is_not_seen_under_another_condition(
    alice: User, after: str
) -> None:
    study = factories.make_open_study(alice, conditions=ATTRIBUTIONS, items_per_rater=1000)
    rater = factories.make_rater(study)
    seen = {one.item_id for one in assignments.draw(rater=rater, count=12)}
    rater.assignments.update(status=after)
    study.items.update(free_slots=F("ratings_wanted"))

    assert {one.item_id for one in assignments.draw(rater=rater, count=12)} == seen


def test_raters_may_meet_a_word_under_all_where_the_study_says_so(alice: User) -> None:
    study = factories.make_open_study(
        alice, conditions=ATTRIBUTIONS, items_per_rater=1000, within_raters=True
    )

    assert set(Counter(words_of(factories.make_rater(study))).values()) == {3}


def test_enough_raters_fill_every_condition(alice: User) -> None:
    study = factories.make_open_study(alice, conditions=MODELS, prompts=2, ratings_per_item=1)
    for _ in range(2):
        words_of(factories.make_rater(study))

    assert not study.items.needing_ratings().exists()


def test_a_late_answer_to_a_word_now_held_under_another_condition_is_refused(alice: User) -> None:
    study = factories.make_open_study(alice, conditions=ATTRIBUTIONS)
    rater = factories.make_rater(study)
    (late,) = assignments.draw(rater=rater, count=1)
    hold_under_another(late)

    with pytest.raises(AssignmentGone):
        answer(late)
    assert not Rating.objects.exists()


def test_a_late_answer_still_counts_where_raters_meet_words_under_all(alice: User) -> None:
    study = factories.make_open_study(alice, conditions=ATTRIBUTIONS, within_raters=True)
    (late,) = assignments.draw(rater=factories.make_rater(study), count=1)
    hold_under_another(late)

    assert answer(late).assignment == late


def hold_under_another(late: Assignment) -> None:
    """Let it run out, and its rater hold its word under another condition."""
    assignments.expire_assignments(at=late.deadline + timedelta(seconds=1))
    others = Item.objects.filter(heat_map__word=late.item.heat_map.word_id)
    other = others.exclude(pk=late.item_id).earliest("pk")
    Item.objects.filter(pk=other.pk).update(free_slots=F("free_slots") - 1)
    Assignment.objects.create(
        item=other,
        rater=late.rater,
        slot=0,
        slots=other.ratings_wanted,
        trial=1,
        drawn_at=late.deadline,
        deadline=late.deadline + timedelta(hours=1),
    )


def answer(assignment: Assignment) -> Rating:
    given = assignments.Answer(answer_id=uuid4(), score=3)
    return assignments.submit_rating(assignment=assignment, answer=given)


# -- setting them up -----------------------------------------------------------------------------


def test_other_conditions_are_asked_for_as_long_as_nothing_is_painted(alice: User) -> None:
    study = factories.make_study(alice)
    prompt = factories.make_prompt(study)
    generations.request_generations(study=study, prompts=[prompt])
    (claimed,) = generations.claim(keys=[prompt.generations.get().pk])
    study.conditions = MODELS
    studies.change_settings(study=study, user=alice, changed=["conditions"])

    assert sorted(prompt.generations.values_list("model", flat=True)) == ["", "org/large"]
    lost = generations.Recording("p", "m", 1, 1, 0.1, heat_maps=[])
    assert not generations.record(generation=claimed, recording=lost)


@pytest.mark.parametrize(
    ("conditions", "sentence"),
    [
        ([{"name": "alone"}], "two, or none"),
        ([{"name": "a"}, {"name": "A", "mode": "published"}], "a name of its own"),
        ([{"name": "a"}, {"name": "b"}], "would show the same maps"),
        ([{"name": "a"}, {"model": "x"}], "a name of 1 to 40"),
        ([{"name": "a"}, {"name": "b", "layer": "up"}], "there is no layer"),
        ([{"name": "a"}, {"name": "b", "mode": "mine"}], "paper, published"),
        ([{"name": "a"}, {"name": "b", "heads": ["0"]}], "numbers from 0"),
        ([{"name": "a"}, {"name": "b", "first_step": 4}], "the first and the last step"),
        ([{"name": "a"}, {"name": "b", "mode": "published", "heads": [0]}], "leave them empty"),
        ("two", "list of conditions"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_a_sentence(conditions: Any, sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        are_conditions(conditions)


def test_conditions_fit_the_studys_other_settings(alice: User) -> None:
    later = Study(name="s", steps=10, conditions=ATTRIBUTIONS)
    with pytest.raises(ValidationError, match="later steps"):
        later.clean()
    same = Study(name="s", model="org/large", conditions=MODELS)
    with pytest.raises(ValidationError, match="would show the same maps"):
        same.clean()


def test_the_study_file_of_the_guide_is_one(alice: User) -> None:
    guide = (settings.BASE_DIR / "docs/experiments.md").read_text()
    (file,) = re.findall(r"```toml\n(.*?)```", guide, re.S)

    study = create_from(tables=parse(file), owner=alice)
    assert [one.name for one in study.compared][-1] == "last ten steps"


def test_where_one_model_failed_it_is_said_that_nothing_can_be_compared(alice: User) -> None:
    study = factories.make_study(alice, conditions=MODELS)
    prompt = factories.make_prompt(study)
    generations.request_generations(study=study, prompts=[prompt])
    ours, other = prompt.generations.order_by("pk")
    factories.paint(ours)
    (claimed,) = generations.claim(keys=[other.pk])
    generations.fail(generation=claimed, reason="There is no such model.")

    with pytest.raises(StudyNotReady, match="a map under every condition"):
        studies.open_study(study=study, user=alice)


def test_a_study_file_carries_the_conditions(alice: User) -> None:
    study = factories.make_study(alice, conditions=ATTRIBUTIONS, within_raters=True)

    again = create_from(tables=parse(to_toml(study=study)), owner=alice)
    assert (again.compared, again.within_raters) == (study.compared, True)
