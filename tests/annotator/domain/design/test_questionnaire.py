"""Definitions of a questionnaire, the answers, and their table."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from annotator.domain import export
from annotator.domain.design import questionnaire
from annotator.domain.design.questionnaire import Question
from annotator.errors import QuestionnaireRefused, WrongStatus
from annotator.models import Procedure, QuestionnaireResponse, Study
from tests import factories

AGE = {"name": "age", "type": "number", "text": "How old are you?", "minimum": 18, "maximum": 120}
SCREEN = {"name": "screen", "type": "choice", "text": "On what?", "choices": ["phone", "computer"]}
REMARKS = {"name": "remarks", "type": "text", "text": "Anything else?", "required": False}


@pytest.fixture
def study(alice: User) -> Study:
    study = factories.make_open_study(alice, prompts=1)
    Procedure.objects.create(study=study, questionnaire=[AGE, SCREEN, REMARKS])
    return study


def test_a_definition_is_read_and_written_back() -> None:
    questions = questionnaire.parse([AGE, SCREEN, REMARKS])

    assert questions[1] == Question("screen", "choice", "On what?", True, ("phone", "computer"))
    written = [question.as_json() for question in questions]
    assert written == [AGE | {"required": True}, SCREEN | {"required": True}, REMARKS]


@pytest.mark.parametrize(
    ("definition", "sentence"),
    [
        ("age", "The questionnaire is a list of questions."),
        (["age"], "Question 1 is not an object"),
        ([AGE | {"name": "Age"}], r"Question 1 \(Age\): the name has small letters"),
        ([AGE | {"name": "rater_id"}], "the name is taken"),
        ([AGE | {"text": " "}], "say what is asked"),
        ([AGE | {"type": "slider"}], "the type is one of text, choice, number"),
        ([AGE | {"required": "yes"}], "required is true or false"),
        ([AGE | {"choices": ["a", "b"]}], "only a choice has choices"),
        ([SCREEN | {"choices": ["a"]}], "at least two choices"),
        ([SCREEN | {"choices": ["a", ""]}], "every choice is a text"),
        ([SCREEN | {"choices": ["a", "a"]}], "every choice stands there once"),
        ([REMARKS | {"minimum": 1}], "only a number has a minimum"),
        ([AGE | {"minimum": "18"}], "minimum and maximum are numbers"),
        ([AGE | {"minimum": 200}], "the minimum is not above the maximum"),
        ([AGE | {"colour": "red"}], "there is no setting colour"),
        ([SCREEN, AGE, AGE], "Two questions are called age"),
    ],
)
def test_what_is_wrong_with_a_definition_is_said(definition: Any, sentence: str) -> None:
    with pytest.raises(QuestionnaireRefused, match=sentence):
        questionnaire.parse(definition)


def test_the_ready_made_question_is_a_good_one() -> None:
    question = questionnaire.colour_vision()

    assert questionnaire.parse([question.as_json()]) == [question]


def test_answers_are_stored_once(study: Study) -> None:
    rater = factories.make_rater(study)
    for age in (30, 31):
        questionnaire.record(rater=rater, answers={"age": age})

    assert QuestionnaireResponse.objects.get().answers == {"age": 30}


def test_questions_are_fixed_by_the_first_answers(study: Study, alice: User) -> None:
    questionnaire.put_questions(study=study, user=alice, questions=[])
    questionnaire.record(rater=factories.make_rater(study), answers={})

    with pytest.raises(WrongStatus):
        questionnaire.put_questions(study=study, user=alice, questions=[])


def test_the_table_has_a_row_per_rater_and_a_column_per_question(study: Study) -> None:
    rater = factories.make_rater(study)
    questionnaire.record(rater=rater, answers={"age": 30, "remarks": "=SUM(A1)"})
    pieces = export.tables(study=study)["questionnaire"].pieces("csv")
    (row,) = csv.DictReader(io.StringIO(b"".join(pieces).decode()))
    stored = QuestionnaireResponse.objects.get().submitted_at

    assert row == {
        "rater_id": rater.pseudonym,
        "simulated": "false",
        "submitted_at": stored.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "age": "30",
        "screen": "",
        "remarks": "'=SUM(A1)",
    }


def test_the_codebook_describes_every_question(study: Study) -> None:
    rows = export.find(study=study, name="codebook").rows()
    described = {row[1]: row[2:] for row in rows if row[0] == "questionnaire"}

    assert list(described)[:4] == ["rater_id", "simulated", "submitted_at", "age"]
    assert described["age"] == ["number", "", "18 to 120", "How old are you?"]
    assert described["screen"][2] == "phone | computer"


@pytest.mark.parametrize(
    ("name", "by", "order"),
    [
        ("remarks", -1, ["age", "remarks", "screen"]),
        ("age", 1, ["screen", "age", "remarks"]),
        ("age", -1, ["age", "screen", "remarks"]),
        ("remarks", 1, ["age", "screen", "remarks"]),
    ],
)
def test_a_question_moves_one_place_and_not_beyond_an_end(
    name: str, by: int, order: list[str]
) -> None:
    questions = questionnaire.parse([AGE, SCREEN, REMARKS])

    assert [one.name for one in questionnaire.moved(questions, name, by=by)] == order


def test_a_copy_stands_behind_its_question_under_a_name_of_its_own() -> None:
    questions = questionnaire.parse([AGE, SCREEN])
    twice = questionnaire.duplicated(questionnaire.duplicated(questions, "age"), "age")

    assert [one.name for one in twice] == ["age", "age_3", "age_2", "screen"]
    assert {one.text for one in twice[:3]} == {"How old are you?"}
    longest = [Question("a" * 40, "text", "?"), Question("a" * 36 + "_2", "text", "?")]
    assert questionnaire.duplicated(longest, "a" * 40)[1].name == "a" * 36 + "_3"
    questionnaire.parse([one.as_json() for one in twice])


def test_the_page_moves_and_copies(study: Study, client: Client, alice: User) -> None:
    client.force_login(alice)
    page = f"/studies/{study.pk}/phases/questions/"

    moved = client.post(f"{page}remarks/move/", {"direction": "up"})
    client.post(f"{page}age/move/", {"direction": "down"})
    client.post(f"{page}age/duplicate/")

    assert moved["Location"] == f"{page}#remarks"
    names = [one.name for one in questionnaire.questions_of(study)]
    assert names == ["remarks", "age", "age_2", "screen"]
