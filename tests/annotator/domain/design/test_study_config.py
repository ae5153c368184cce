"""A study file holds every setting, says where it is wrong, and comes back as it was."""

import json

import pytest
from django.contrib.auth.models import User

from annotator.domain.design import study_config
from annotator.errors import StudyFileRefused
from annotator.models import LogEntry, Study
from tests import factories

# The fields of a study that are no settings: keys, owner and states.
NO_SETTINGS = {"id", "owner", "created_at", "status", "consent_version"}


def read_again(text: str, owner: User) -> Study:
    tables = study_config.parse(text)
    return Study.objects.get(pk=study_config.create_from(tables=tables, owner=owner).pk)


def problems(text: str) -> tuple[str, ...]:
    with pytest.raises(StudyFileRefused) as refused:
        study_config.parse(text)
    return refused.value.problems


def file_with(*lines: str) -> str:
    return "\n".join([f'format = "{study_config.FORMAT}"', "[study]", 'name = "Maps"', *lines])


@pytest.fixture
def study(alice: User) -> Study:
    return factories.make_study(
        alice,
        name='Katze "Mimi" \\ 猫',
        question="Zeigt das “{word}”?",
        labels=["a", "b", "c", "d", "e'"],
        consent_text="First line.\n\n# not a comment\n[study]\nname = 'x'\n\ttab\n",
        instructions='"""quotes"""',
        guidance=7.0,
        seed=-(2**62),
        rater_share_percent=18,
        shuffled_word_percent=20,
    )


# -- there and back ------------------------------------------------------------------------------


@pytest.mark.parametrize("write", [study_config.to_toml, study_config.to_json])
def test_what_was_written_is_read_as_it_was(study: Study, alice: User, write: object) -> None:
    text = write(study=study)  # type: ignore[operator]

    again = read_again(text, alice)

    assert study_config.values_of(study=again) == study_config.values_of(study=study)
    assert write(study=again) == text  # type: ignore[operator]
    assert again.owner == alice
    assert LogEntry.objects.filter(study=again, text="Created").exists()


def test_carriage_returns_stay(study: Study, alice: User) -> None:
    study.instructions = "One.\r\nTwo.\n"

    assert read_again(study_config.to_toml(study=study), alice).instructions == "One.\r\nTwo.\n"


def test_what_belongs_to_a_study_one_to_one_is_in_the_file(study: Study, alice: User) -> None:
    procedure = study_config.tables()["procedure"]
    asked = [{"name": "age", "type": "number", "text": "How old?", "minimum": 18}]
    procedure._default_manager.create(
        study=study, pass_mark=65, debrief="Thanks.\n", questionnaire=asked
    )

    again = read_again(study_config.to_toml(study=study), alice)

    assert (again.procedure.pass_mark, again.procedure.debrief) == (65, "Thanks.\n")
    assert again.procedure.questionnaire == asked


def test_a_question_that_cannot_be_asked_is_refused_with_its_line() -> None:
    (problem,) = problems(file_with("[procedure]", "questionnaire = [{name = 'x', type = 'odd'}]"))

    assert problem.startswith("Line 5: questionnaire: ")


def test_every_field_of_a_study_is_a_setting_or_known_to_be_none() -> None:
    settings = set(study_config.settings_of(Study))

    assert {field.name for field in Study._meta.concrete_fields} - settings == NO_SETTINGS
    for name, model in study_config.tables().items():
        if name != "study":
            fields = {field.name for field in model._meta.concrete_fields}
            assert fields - set(study_config.settings_of(model)) == {"id", "study"}


def test_a_file_written_by_hand_needs_a_name_only(alice: User) -> None:
    study = read_again(file_with(), alice)

    assert study_config.values_of(study=study) == study_config.values_of(study=Study(name="Maps"))


# -- what is wrong -------------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "1" + "0" * 400])
def test_what_no_column_of_numbers_holds_is_refused(number: str) -> None:
    (problem,) = problems(file_with(f"pay_amount = {number}"))

    assert problem == "Line 4: pay_amount: Write a finite number."


def test_an_item_is_kept_for_two_weeks_at_most() -> None:
    (problem,) = problems(file_with(f"assignment_minutes = {2**62}"))

    assert "less than or equal to 20160" in problem


def test_a_setting_nobody_knows_is_refused_with_its_line() -> None:
    (problem,) = problems(file_with("rating_per_item = 3"))

    assert problem.startswith("Line 4: there is no setting “rating_per_item” in [study].")
    assert "ratings_per_item" in problem


def test_a_table_nobody_knows_is_refused_with_its_line() -> None:
    (problem,) = problems(file_with("[stduy]", "seed = 3"))

    assert problem.startswith("Line 4: there is no table “stduy”.")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('ratings_per_item = "3"', "ratings_per_item: Write a whole number, without quotes."),
        ("ratings_per_item = 2.5", "ratings_per_item: Write a whole number, without quotes."),
        ("ratings_per_item = true", "ratings_per_item: Write a whole number, without quotes."),
        ("ratings_per_item = 51", "ratings_per_item: Ensure this value is less than or equal"),
        ("instructions = 3", "instructions: Write a text, in quotes."),
        ('question = "And?"', "question: Write {word} where the judged word belongs"),
        ('labels = ["a", "b"]', "labels: Give five labels"),
        ('labels = ["a", "b", "c", "d", "a"]', "labels: Give each of the five points its own"),
        ('labels = "abcde"', "labels: Give a list of five texts"),
        ('parts_of_speech = ["NOUN", "VREB"]', "parts_of_speech: VREB: not a part of speech."),
        ("parts_of_speech = []", "parts_of_speech: This field cannot be blank."),
        ("guidance = 51", "guidance: Choose a number from 0 to 50."),
        ("seed = 9223372036854775808", "seed: Ensure this value is less than or equal"),
        ('question = "What \\u0000{word}?"', "question: No text holds the character"),
        (
            'conditions = [{name = "a\\u0000"}, {name = "b"}]',
            "conditions: No text holds the character",
        ),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_its_line(line: str, said: str) -> None:
    (problem,) = problems(file_with("# a comment", line))

    assert problem.startswith(f"Line 5: {said}")


_DEEP = 100_000


@pytest.mark.parametrize(
    "text",
    [
        '{"study": ' + "[" * _DEEP + "]" * _DEEP + "}",
        file_with("labels = " + "[" * _DEEP + "]" * _DEEP),
        file_with("labels = " + "{a = " * _DEEP + "1" + "}" * _DEEP),
        file_with(f"{'a.' * _DEEP}b = 1"),
        file_with(f"[{'a . ' * _DEEP}b]"),
        file_with("labels = {" + '"a b".' * _DEEP + "b = 1}"),
    ],
    ids=["JSON", "lists", "tables", "key", "header", "quoted"],
)
def test_what_is_nested_without_end_is_refused_in_a_sentence(text: str) -> None:
    (problem,) = problems(text)

    assert problem.startswith("The file nests lists or tables far deeper")


def test_sentences_with_dots_are_no_nested_names() -> None:
    text = "One. Two. " * 20 + "e.g. 1.2.3 " * 90 + "... " * 200

    tables = study_config.parse(file_with(f"instructions = '{text}'"))

    assert tables["study"]["instructions"] == text


def test_all_mistakes_are_told_at_once() -> None:
    found = problems(file_with("seed = 'x'", "steps = 0", "[procedure]", "pass_mark = 101"))

    assert [problem.split(": ")[:2] for problem in found] == [
        ["Line 4", "seed"],
        ["Line 5", "steps"],
        ["Line 7", "pass_mark"],
    ]


def test_a_file_without_a_name_is_refused() -> None:
    assert problems(f'format = "{study_config.FORMAT}"\n') == (
        "[study]: “name” is missing. Give it a value.",
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name = 'Maps'", "Line 1: begin the file with format ="),
        ("[study\nname", "This is not TOML: "),
        ('{"format": 3,,}', "Line 1: this is not JSON"),
        ("", "Line 1: begin the file with format ="),
        (f'format = "{study_config.FORMAT}"\nstudy = 3', "Line 2: “study” is a table"),
    ],
)
def test_what_is_no_study_file_is_refused(text: str, said: str) -> None:
    (problem,) = problems(text)

    assert problem.startswith(said)


def test_mistakes_in_json_have_their_line_too(study: Study) -> None:
    content = json.loads(study_config.to_json(study=study))
    content["study"]["steps"] = "many"
    text = json.dumps(content, indent=2)

    (problem,) = problems(text)

    line = text.splitlines().index('    "steps": "many",') + 1
    assert problem == f"Line {line}: steps: Write a whole number, without quotes."
