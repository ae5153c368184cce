"""A rater's pages around the ratings, and where a researcher sets them up."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from annotator.enums import Phase
from annotator.models import (
    Example,
    PracticeAnswer,
    Procedure,
    QuestionnaireResponse,
    Rater,
    Rating,
    Study,
)
from tests import factories
from tests.annotator.views.reading import text_of
from tests.annotator.views.test_rater import answer_to, post


@pytest.fixture
def study(alice: User) -> Study:
    return factories.make_open_study(alice, prompts=1)


@pytest.fixture
def link(study: Study) -> str:
    return f"/r/{study.invitations.get().token}/"


@pytest.fixture
def browser(link: str, client: Client) -> Client:
    """Somebody who has agreed."""
    client.post(link)
    return client


def put_rater(phase: Phase) -> None:
    Rater.objects.update(phase=phase)


def practise(browser: Client, link: str, score: int) -> Any:
    (item, *_) = post(browser, link + "practice/draw/", {"want": 8}).json()["items"]
    body = {"answer": answer_to(item, score=score), "want": 8}
    return post(browser, link + "practice/answers/", body)


def arrives(browser: Client, address: str) -> str:
    """The last part of where one is sent."""
    response = browser.get(address, follow=True)
    return str(response.redirect_chain[-1][0]) if response.redirect_chain else address


# -- where a rater may be ------------------------------------------------------------------------

_PAGES = {
    Phase.INSTRUCTIONS: "instructions/",
    Phase.TRAINING: "training/",
    Phase.QUALIFICATION: "qualification/",
    Phase.RATING: "rate/",
    Phase.FINISHED: "thanks/",
    Phase.SCREENED_OUT: "screened-out/",
}
_BEHIND = {Phase.RATING: ["instructions/"], Phase.FINISHED: ["instructions/", "rate/"]}


@pytest.mark.parametrize("phase", _PAGES)
def test_typing_an_address_opens_no_phase_that_is_not_reached(
    browser: Client, link: str, study: Study, phase: Phase
) -> None:
    for practised in (Phase.TRAINING, Phase.QUALIFICATION):
        factories.make_example(study, practised)
    put_rater(phase)
    readable = _BEHIND.get(phase, ["instructions/"] if phase != Phase.SCREENED_OUT else [])

    for page in _PAGES.values():
        expected = page if page in [_PAGES[phase], *readable] else _PAGES[phase]
        assert arrives(browser, link + page) == link + expected


@pytest.mark.parametrize("phase", [Phase.INSTRUCTIONS, Phase.TRAINING, Phase.SCREENED_OUT])
def test_no_item_is_given_before_its_phase(browser: Client, link: str, phase: Phase) -> None:
    put_rater(phase)

    assert post(browser, link + "draw/", {"want": 4}).status_code == 403


def test_the_whole_way(browser: Client, link: str, study: Study) -> None:
    factories.make_example(study, Phase.TRAINING)
    factories.make_example(study, Phase.QUALIFICATION)
    way = [arrives(browser, link)]
    browser.post(link + "instructions/")
    for score in (1, 4):
        way.append(arrives(browser, link + "next/"))
        practise(browser, link, score)
    way.append(arrives(browser, link + "next/"))
    factories.rate(Rater.objects.get(), count=3)
    way.append(arrives(browser, link + "next/"))

    pages = ("instructions/", "training/", "qualification/", "rate/", "thanks/")
    assert way == [link + page for page in pages]


# -- consent -------------------------------------------------------------------------------------


def test_the_version_agreed_to_is_kept(client: Client, link: str) -> None:
    Study.objects.update(consent_version=4)
    client.post(link, {"version": "4"})

    assert Rater.objects.get().consent_version == 4


def test_a_text_changed_while_it_was_read_is_shown_again(client: Client, link: str) -> None:
    Study.objects.update(consent_version=5, consent_text="The new text.")
    response = client.post(link, {"version": "4"})

    assert "The new text." in text_of(response)
    assert not Rater.objects.exists()


def test_a_study_may_ask_for_no_consent(client: Client, link: str, study: Study) -> None:
    Procedure.objects.create(study=study, asks_consent=False)
    page = text_of(client.get(link))
    client.post(link)
    rater = Rater.objects.get()

    assert "I have read this" not in page
    assert (rater.consent_text, rater.consent_version) == ("", 0)


# -- instructions --------------------------------------------------------------------------------


def test_worked_examples_come_from_the_studys_own_pictures(
    browser: Client, link: str, study: Study
) -> None:
    own = factories.make_example(study, Phase.INSTRUCTIONS, right=5, explanation="All of it.")
    page = browser.get(link + "instructions/")

    assert "5 · Excellent All of it." in text_of(page)
    picture = browser.get(f"{link}examples/{own.public_id}.webp")
    heat_map = browser.get(f"{link}examples/{own.public_id}.png")
    assert (picture["Content-Type"], heat_map["Content-Type"]) == ("image/webp", "image/png")


def test_another_studys_example_is_not_found(browser: Client, link: str, bob: User) -> None:
    other = factories.make_example(factories.make_open_study(bob, prompts=1))

    assert browser.get(f"{link}examples/{other.public_id}.webp").status_code == 404


# -- training and qualification ------------------------------------------------------------------


def test_training_brings_its_answer_along_and_a_qualification_does_not(
    browser: Client, link: str, study: Study
) -> None:
    factories.make_example(study, Phase.TRAINING, lowest=3, highest=4, explanation="Half of it.")
    factories.make_example(study, Phase.QUALIFICATION)
    brought = []
    for phase in (Phase.TRAINING, Phase.QUALIFICATION):
        put_rater(phase)
        (item,) = post(browser, link + "practice/draw/", {"want": 8}).json()["items"]
        brought.append(item["feedback"])

    told = {"accepted": [3, 4], "answer": "3 · Fair – 4 · Good", "why": "Half of it."}
    assert brought == [told, None]


def test_a_practice_answer_sent_twice_is_stored_once(
    browser: Client, link: str, study: Study
) -> None:
    factories.make_example(study, Phase.TRAINING)
    put_rater(Phase.TRAINING)
    (item,) = post(browser, link + "practice/draw/", {"want": 8}).json()["items"]
    body = {"answer": answer_to(item), "want": 8}
    replies = [post(browser, link + "practice/answers/", body).json() for _ in range(2)]

    assert replies[0] == replies[1]
    assert replies[0]["finished"]
    assert PracticeAnswer.objects.count() == 1
    assert not Rating.objects.exists()


@pytest.mark.parametrize("wrong", [{"score": 9}, {"assignment": "x"}, {"assignment": uuid.uuid4()}])
def test_a_practice_answer_that_makes_no_sense_is_refused(
    browser: Client, link: str, study: Study, wrong: dict[str, Any]
) -> None:
    factories.make_example(study, Phase.TRAINING)
    put_rater(Phase.TRAINING)
    (item,) = post(browser, link + "practice/draw/", {"want": 8}).json()["items"]
    body = {"answer": answer_to(item, **wrong), "want": 8}

    assert post(browser, link + "practice/answers/", body).status_code in (404, 422)


def test_a_failed_qualification_is_tried_again_and_then_over(
    browser: Client, link: str, study: Study
) -> None:
    factories.make_example(study, Phase.QUALIFICATION, right=4)
    put_rater(Phase.QUALIFICATION)
    practise(browser, link, 1)
    assert "0 of 1 answers were as we see it; to go on it takes 1" in text_of(
        browser.get(link + "qualification/")
    )
    browser.post(link + "qualification/")
    practise(browser, link, 1)

    assert arrives(browser, link + "next/") == link + "screened-out/"


# -- questionnaire -------------------------------------------------------------------------------

_QUESTIONS = [
    {"name": "age", "type": "number", "text": "How old are you?", "minimum": 18},
    {"name": "screen", "type": "choice", "text": "On what?", "choices": ["phone", "computer"]},
    {"name": "remarks", "type": "text", "text": "Anything else?", "required": False},
]


@pytest.fixture
def asked(browser: Client, study: Study) -> Study:
    """The study with a questionnaire, and the rater in front of it."""
    Procedure.objects.create(study=study, questionnaire=_QUESTIONS)
    put_rater(Phase.QUESTIONNAIRE)
    return study


def test_answers_are_kept_and_the_rater_is_done(browser: Client, link: str, asked: Study) -> None:
    browser.post(link + "questionnaire/", {"age": "30", "screen": "phone", "remarks": ""})

    assert QuestionnaireResponse.objects.get().answers == {"age": 30.0, "screen": "phone"}
    assert arrives(browser, link + "questionnaire/") == link + "thanks/"


@pytest.mark.parametrize(
    "answers",
    [{"screen": "phone"}, {"age": "17", "screen": "phone"}, {"age": "30", "screen": "abacus"}, {}],
)
def test_answers_out_of_bounds_are_asked_again(
    browser: Client, link: str, asked: Study, answers: dict[str, str]
) -> None:
    response = browser.post(link + "questionnaire/", answers)

    assert response.status_code == 422
    assert "Nothing is saved yet" in text_of(response)
    assert not QuestionnaireResponse.objects.exists()


def test_a_researcher_writes_changes_and_removes_questions(as_alice: Client, study: Study) -> None:
    address = f"/studies/{study.pk}/phases/questions/"
    age = {"text": "How old are you?", "name": "age", "type": "number", "required": "on"}
    as_alice.post(address, age)
    as_alice.post(address + "colour-vision/")
    as_alice.post(address + "age/", age | {"minimum": "18"})
    names = [question["name"] for question in Procedure.objects.get().questionnaire]
    as_alice.post(address + "colour_vision/remove/")

    assert names == ["age", "colour_vision"]
    assert Procedure.objects.get().questionnaire == [
        {
            "name": "age",
            "type": "number",
            "text": "How old are you?",
            "required": True,
            "minimum": 18.0,
        }
    ]


def test_a_question_that_makes_no_sense_is_refused_in_words(as_alice: Client, study: Study) -> None:
    question = {"text": "On what?", "name": "screen", "type": "choice", "choices": "phone"}
    response = as_alice.post(f"/studies/{study.pk}/phases/questions/", question)

    assert response.status_code == 422
    assert "give at least two choices" in text_of(response)


# -- sittings ------------------------------------------------------------------------------------


def test_after_a_sitting_a_rater_is_offered_a_break_and_goes_on(browser: Client, link: str) -> None:
    Study.objects.update(items_per_session=2)
    put_rater(Phase.RATING)
    factories.rate(Rater.objects.get(), count=2)
    rested = arrives(browser, link + "next/")
    browser.post(link + "break/")
    went_on = arrives(browser, link + "next/")
    factories.rate(Rater.objects.get(), count=1)

    pages = [rested, went_on, arrives(browser, link + "next/")]
    assert pages == [link + page for page in ("break/", "rate/", "thanks/")]


# -- the researcher's pages ----------------------------------------------------------------------


def test_a_researcher_makes_an_example(as_alice: Client, study: Study) -> None:
    own = factories.make_example(study)
    verb = own.heat_map.generation.heat_maps.get(word__pos="VERB")
    address = f"/studies/{study.pk}/phases/maps/{own.heat_map.public_id}/"
    form = {
        "heat_map": verb.pk,
        "phase": "training",
        "lowest": "1",
        "highest": "2",
        "explanation": "It shows the rolling, not the circle.",
    }
    assert as_alice.post(address, form).status_code == 302

    made = Example.objects.latest("pk")
    assert (made.word, made.heat_map, made.accepted) == (own.word, verb, [1, 2])
    page = text_of(as_alice.get(f"/studies/{study.pk}/phases/"))
    assert "shown with the map of “rolls” 1 · Bad – 2 · Poor" in page


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"lowest": ""}, "Choose the right answer"),
        ({"lowest": "4", "highest": "2"}, "Choose a point no lower than the first."),
        ({"explanation": ""}, "Say why"),
    ],
)
def test_an_example_that_teaches_nothing_is_refused(
    as_alice: Client, study: Study, fields: dict[str, str], sentence: str
) -> None:
    own = factories.make_example(study).heat_map
    form = {"heat_map": own.pk, "phase": "training", "lowest": "4", "explanation": "So."} | fields
    response = as_alice.post(f"/studies/{study.pk}/phases/maps/{own.public_id}/", form)

    assert response.status_code == 422
    assert sentence in text_of(response)


def test_phases_are_turned_off_and_logged(as_alice: Client, study: Study) -> None:
    address = f"/studies/{study.pk}/phases/"
    as_alice.post(address, {"pass_mark": "70", "attempts": "3", "debrief": "Heat maps."})
    procedure = Procedure.objects.get()

    assert (procedure.asks_consent, procedure.pass_mark, procedure.debrief) == (
        False,
        70,
        "Heat maps.",
    )
    assert study.log.first().text.startswith("Phases changed: ")  # type: ignore[union-attr]


def test_the_debriefing_comes_last(browser: Client, link: str, study: Study) -> None:
    Procedure.objects.create(study=study, debrief="It was about verbs.")
    put_rater(Phase.RATING)
    assert "about verbs" not in text_of(browser.get(link + "thanks/"))

    put_rater(Phase.FINISHED)
    assert "It was about verbs." in text_of(browser.get(link + "thanks/"))
