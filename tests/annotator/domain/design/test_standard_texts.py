from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from annotator.domain.design import standard_texts
from annotator.domain.design.standard_texts import LANGUAGES, texts_in
from annotator.enums import Task
from annotator.models.validators import are_five_labels, names_the_word


@pytest.mark.parametrize("language", [code for code, _name in LANGUAGES])
def test_every_language_of_raters_has_texts_that_a_study_can_use(language: str) -> None:
    texts = texts_in(language)

    assert texts.language == language
    are_five_labels(list(texts.labels))
    names_the_word(texts.questions[Task.RATING])
    names_the_word(texts.questions[Task.SEGMENTATION])
    assert set(texts.questions) == set(Task)
    assert len({texts.consent(task) for task in Task}) == len(Task)


def test_an_unknown_language_gets_english() -> None:
    assert texts_in("tlh").language == "en"


def test_a_text_left_as_it_came_follows_the_task_in_its_language() -> None:
    chinese = texts_in("zh-hans")
    question = standard_texts.question_for(Task.SEGMENTATION, chinese.questions[Task.RATING])
    consent = standard_texts.consent_for(Task.PRESENCE, chinese.consent(Task.RATING))

    assert question == chinese.questions[Task.SEGMENTATION]
    assert consent == chinese.consent(Task.PRESENCE)
    assert standard_texts.question_for(Task.SEGMENTATION, "My own?") == "My own?"


def test_a_new_study_is_filled_in_in_the_chosen_language(client: Client, alice: User) -> None:
    client.force_login(alice)
    form = client.get("/studies/new/", {"language": "zh-hans"}).context["form"]
    chinese = texts_in("zh-hans")

    assert form["question"].value() == chinese.questions[Task.RATING]
    assert [field.value() for field in form.label_fields] == list(chinese.labels)
    assert form["consent_text"].value() == chinese.consent(Task.RATING)
