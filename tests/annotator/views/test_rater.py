"""A rater's pages and the rating page's JSON, by requests."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from annotator.domain.design import studies
from annotator.domain.rating import assignments
from annotator.enums import AssignmentStatus
from annotator.models import Assignment, Rater, Rating, Study
from tests import factories


@pytest.fixture
def study(alice: User) -> Study:
    """Twelve items, each wanted twice."""
    return factories.make_open_study(alice)


@pytest.fixture
def link(study: Study) -> str:
    invitation = study.invitations.first()
    assert invitation is not None
    return f"/r/{invitation.token}/"


@pytest.fixture
def browser(link: str, client: Client) -> Client:
    """Somebody who has agreed and has read the instructions."""
    client.post(link)
    client.post(link + "instructions/")
    return client


def post(client: Client, address: str, content: Any) -> Any:
    return client.post(address, content, content_type="application/json")


def draw(client: Client, link: str, want: int = 4) -> list[dict[str, Any]]:
    return list(post(client, link + "draw/", {"want": want}).json()["items"])


def answer_to(item: dict[str, Any], **fields: Any) -> dict[str, Any]:
    answer = {
        "assignment": item["id"],
        "answer_id": str(uuid.uuid4()),
        "score": 4,
        "opt_out": "",
        "painted_at": "2026-01-02T03:04:05Z",
        "reaction_ms": 900,
        "hidden_ms": 20,
        "opacity_initial": 0.8,
        "opacity_final": 0.5,
        "map_toggles": 2,
        "colour_map": "turbo",
        "contour_tau": 0.4,
        "picture_width": 343,
        "picture_height": 257,
        "viewport_width": 375,
        "viewport_height": 667,
        "pixel_ratio": 2.625,
        "pinch_zoom": 1.25,
        "side_by_side": False,
        "language": "en",
        "input_method": "keyboard",
    }
    return answer | fields


def submit(client: Client, link: str, answer: dict[str, Any], want: int = 4) -> Any:
    return post(client, link + "ratings/", {"answer": answer, "want": want})


# -- consent -------------------------------------------------------------------------------------


def test_nothing_is_stored_before_consent(client: Client, link: str) -> None:
    assert client.get(link).status_code == 200
    assert not Rater.objects.exists()
    assert [name for name in client.cookies if name.startswith("rater-")] == []


def test_the_text_agreed_to_is_kept(client: Client, link: str, study: Study) -> None:
    Study.objects.update(consent_text="We keep your answers for ten years.")
    page = client.get(link)
    response = client.post(link)
    assert "We keep your answers for ten years." in page.content.decode()
    assert response["Location"] == link + "next/"
    assert Rater.objects.get().consent_text == "We keep your answers for ten years."


def test_a_rater_who_comes_back_goes_on(browser: Client, link: str) -> None:
    response = browser.get(link, follow=True)
    assert response.redirect_chain[-1] == (link + "rate/", 302)
    assert Rater.objects.count() == 1


def test_agreeing_twice_makes_one_rater(browser: Client, link: str) -> None:
    browser.post(link)
    assert Rater.objects.count() == 1


def test_the_raters_cookie_is_not_for_scripts_nor_for_other_pages(
    browser: Client, link: str
) -> None:
    (cookie,) = [cookie for name, cookie in browser.cookies.items() if name.startswith("rater-")]
    assert (cookie["httponly"], cookie["path"], cookie["samesite"]) == (True, link, "Lax")


@pytest.mark.parametrize("page", ["instructions/", "rate/", "thanks/", "leave/", "previous/"])
def test_before_consent_there_is_nothing_else(client: Client, link: str, page: str) -> None:
    assert client.get(link + page).status_code == 404


def test_another_invitations_cookie_is_no_good(browser: Client, link: str, study: Study) -> None:
    other = studies.invite(study=study)
    mine, theirs = link.split("/")[2], other.token
    browser.cookies[f"rater-{theirs}"] = browser.cookies[f"rater-{mine}"].value
    assert browser.get(f"/r/{theirs}/rate/").status_code == 404


# -- pages ---------------------------------------------------------------------------------------


def test_the_instructions_speak_of_the_studys_own_labels(browser: Client, link: str) -> None:
    Study.objects.update(labels=["Dreadful", "Weak", "Middling", "Fine", "Superb"])
    page = browser.get(link + "instructions/").content.decode()
    assert "5 · Superb" in page
    assert "3 · Middling" in page
    assert "1 · Dreadful" in page


@pytest.mark.parametrize(
    ("end", "sentence"),
    [(studies.pause_study, "Keep the link"), (studies.close_study, "This study is finished")],
)
@pytest.mark.parametrize("page", ["", "rate/"])
def test_a_study_that_is_not_open_says_so(
    client: Client, link: str, study: Study, end: Any, sentence: str, page: str
) -> None:
    if page:
        client.post(link)
        client.post(link + "instructions/")
    end(study=study, user=None)
    response = client.get(link + page)
    assert response.status_code == 403
    assert sentence in response.content.decode()


def test_the_thanks_count_what_was_given_and_show_the_code(browser: Client, link: str) -> None:
    first, second, third, *_ = draw(browser, link)
    submit(browser, link, answer_to(first))
    submit(browser, link, answer_to(second, score=None, opt_out="image_too_poor"))
    submit(browser, link, answer_to(third))
    browser.post(link + "leave/")
    page = " ".join(browser.get(link + "thanks/").content.decode().split())
    assert "Your answers to 3 pictures are saved." in page
    assert "<dt>Rated on the scale</dt><dd>2</dd>" in page
    assert "<dt>Picture too poor to judge</dt><dd>1</dd>" in page
    assert Rater.objects.get().pseudonym in page


def test_the_thanks_name_who_deletes(browser: Client, link: str) -> None:
    User.objects.update(email="alice@lab.example")
    assert "mailto:alice@lab.example" in browser.get(link + "thanks/").content.decode()


def test_the_thanks_wait_while_something_is_open(browser: Client, link: str) -> None:
    draw(browser, link)
    assert browser.get(link + "thanks/")["Location"] == link + "rate/"


def test_leaving_gives_back_what_is_not_answered(browser: Client, link: str) -> None:
    first, *_ = draw(browser, link)
    submit(browser, link, answer_to(first), want=0)
    assert browser.get(link + "leave/").status_code == 200
    assert Assignment.objects.open().count() == 3
    assert browser.post(link + "leave/")["Location"] == link + "thanks/"
    assert Assignment.objects.open().count() == 0
    assert Assignment.objects.submitted().count() == 1


# -- drawing -------------------------------------------------------------------------------------


def test_an_item_tells_what_to_show_and_nothing_more(browser: Client, link: str) -> None:
    (item,) = draw(browser, link, want=1)
    assignment = Assignment.objects.get()
    word = assignment.item.heat_map.word
    assert item == {
        "id": str(assignment.public_id),
        "trial": 0,
        "picture": f"{link}pictures/{assignment.public_id}.webp",
        "heat_map": f"{link}maps/{assignment.public_id}.png",
        "width": 32,
        "height": 32,
        "prompt": "a red circle rolls quickly",
        "start": word.start,
        "end": word.end,
        "word": word.text,
        "pos": {"NOUN": "noun", "VERB": "verb", "ADJ": "adjective"}[word.pos],
        "question": f"How well does the highlighting show what “{word.text}” refers to in this "
        "picture?",
        "answer": None,
    }


def test_the_last_item_answered_finishes(browser: Client, link: str, study: Study) -> None:
    Study.objects.update(items_per_rater=2)
    first, second = draw(browser, link)
    reply = submit(browser, link, answer_to(first)).json()
    assert (reply["finished"], reply["progress"]) == (False, {"done": 1, "total": 2})
    reply = submit(browser, link, answer_to(second)).json()
    assert (reply["finished"], reply["items"]) == (True, [])
    assert reply["progress"] == {"done": 2, "total": 2}


@pytest.mark.parametrize("want", [None, "many", True, -3, 10**9])
def test_a_strange_wish_is_no_server_error(browser: Client, link: str, want: Any) -> None:
    assert post(browser, link + "draw/", {"want": want}).status_code == 200
    assert Assignment.objects.count() <= 12


@pytest.mark.parametrize("body", ["", "[]", "null", "{", '{"answer": 3}'])
@pytest.mark.parametrize("address", ["draw/", "ratings/"])
def test_a_strange_body_is_no_server_error(
    browser: Client, link: str, address: str, body: str
) -> None:
    response = browser.post(link + address, body, content_type="application/json")
    assert response.status_code in (200, 404)


# -- answers -------------------------------------------------------------------------------------


def test_an_answer_is_stored_with_what_was_seen(browser: Client, link: str) -> None:
    (item,) = draw(browser, link, want=1)
    sent = answer_to(item)
    reply = submit(browser, link, sent, want=0)
    assert (reply.status_code, reply.json()) == (200, {"saved": sent["answer_id"]})
    rating = Rating.objects.get()
    assert str(rating.assignment.public_id) == item["id"]
    stored = {name: getattr(rating, name) for name in sent if name not in ("assignment",)}
    assert stored | {
        "answer_id": str(rating.answer_id),
        "painted_at": rating.painted_at and rating.painted_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    } == {name: value for name, value in sent.items() if name != "assignment"}


def test_an_answer_that_waited_since_less_was_recorded_is_stored_too(
    browser: Client, link: str
) -> None:
    (item,) = draw(browser, link, want=1)
    answer = answer_to(item)
    later = ("contour_tau", "side_by_side", "pixel_ratio", "pinch_zoom", "language")
    later += tuple(name for name in answer if name.endswith(("_width", "_height")))
    for name in later:
        del answer[name]
    assert submit(browser, link, answer, want=0).status_code == 200
    rating = Rating.objects.get()
    assert {getattr(rating, name) for name in later} == {None, ""}


def test_an_answer_and_the_next_items_are_one_request(browser: Client, link: str) -> None:
    first, *others = draw(browser, link)
    reply = submit(browser, link, answer_to(first)).json()
    assert [item["id"] for item in reply["items"][:3]] == [item["id"] for item in others]
    assert len(reply["items"]) == 4


def test_the_same_answer_sent_twice_is_stored_once(browser: Client, link: str) -> None:
    (item,) = draw(browser, link, want=1)
    sent = answer_to(item)
    replies = [submit(browser, link, sent, want=0) for _ in range(2)]
    assert [reply.json() for reply in replies] == 2 * [{"saved": sent["answer_id"]}]
    assert Rating.objects.count() == 1


def test_an_answers_number_used_for_another_item_is_a_conflict(browser: Client, link: str) -> None:
    first, second, *_ = draw(browser, link)
    sent = answer_to(first)
    submit(browser, link, sent)
    reply = submit(browser, link, answer_to(second, answer_id=sent["answer_id"]))
    assert reply.status_code == 409
    assert second["id"] in [item["id"] for item in reply.json()["items"]]
    assert Rating.objects.count() == 1


def test_an_item_that_others_have_taken_is_gone(browser: Client, link: str, study: Study) -> None:
    (item,) = draw(browser, link, want=1)
    assignments.expire_assignments(at=timezone.now() + timedelta(hours=1))
    for _ in range(study.ratings_per_item):
        factories.rate(factories.make_rater(study), count=12)
    sent = answer_to(item)
    reply = submit(browser, link, sent)
    assert reply.status_code == 409
    assert "given to somebody else" in reply.json()["error"]
    assert not Rating.objects.filter(answer_id=sent["answer_id"]).exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"score": 0},
        {"score": 6},
        {"score": 3.5},
        {"score": None},
        {"opt_out": "image_too_poor"},
        {"score": None, "opt_out": "too_boring"},
        {"answer_id": "1"},
        {"painted_at": "yesterday"},
        {"painted_at": None},
        {"reaction_ms": -1},
        {"hidden_ms": 2**40},
        {"opacity_final": 1.5},
        {"opacity_initial": "NaN"},
        {"colour_map": "rainbow"},
        {"contour_tau": 2},
        {"pixel_ratio": -1},
        {"picture_width": -1},
        {"language": "a" * 11},
        {"input_method": "simulated"},
    ],
    ids=str,
)
def test_what_is_no_answer_is_refused_with_a_sentence(
    browser: Client, link: str, wrong: dict[str, Any]
) -> None:
    (item,) = draw(browser, link, want=1)
    reply = submit(browser, link, answer_to(item, **wrong))
    assert reply.status_code == 422
    assert reply.json()["error"].endswith(".")
    assert not Rating.objects.exists()
    assert Assignment.objects.get().status == AssignmentStatus.OPEN


@pytest.mark.parametrize("assignment", [f"{uuid.UUID(int=1)}", "1", None, ["x"], {"a": 1}])
def test_an_unknown_assignment_is_not_found(browser: Client, link: str, assignment: Any) -> None:
    (item,) = draw(browser, link, want=1)
    assert submit(browser, link, answer_to(item, assignment=assignment)).status_code == 404


def test_another_raters_assignment_is_not_found(browser: Client, link: str, study: Study) -> None:
    (theirs,) = assignments.draw(rater=factories.make_rater(study), count=1)
    reply = submit(browser, link, answer_to({"id": str(theirs.public_id)}))
    assert reply.status_code == 404
    assert not Rating.objects.exists()


def test_a_pause_keeps_the_answer_and_hands_out_nothing(
    browser: Client, link: str, study: Study
) -> None:
    (item,) = draw(browser, link, want=1)
    studies.pause_study(study=study, user=None)
    sent = answer_to(item)
    reply = submit(browser, link, sent, want=0)
    assert reply.status_code == 403
    assert reply.json()["saved"] == sent["answer_id"]
    assert "not taking ratings now" in reply.json()["error"]
    assert Rating.objects.count() == 1


def test_a_closed_study_takes_no_answer(browser: Client, link: str, study: Study) -> None:
    (item,) = draw(browser, link, want=1)
    studies.close_study(study=study, user=None)
    reply = submit(browser, link, answer_to(item))
    assert reply.status_code == 403
    assert "saved" not in reply.json()
    assert not Rating.objects.exists()


@pytest.mark.parametrize("address", ["", "draw/", "ratings/", "leave/"])
def test_requests_from_elsewhere_are_refused(link: str, address: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(link + address).status_code == 403
    assert not Rater.objects.exists()


# -- going back ----------------------------------------------------------------------------------


def test_going_back_finds_the_last_answered_with_its_answer(browser: Client, link: str) -> None:
    first, second, third, *_ = draw(browser, link)
    submit(browser, link, answer_to(first, score=1))
    submit(browser, link, answer_to(second, score=None, opt_out="image_too_poor"))
    submit(browser, link, answer_to(first, score=2))

    def before(trial: int) -> Any:
        return browser.get(link + "previous/", {"before": trial}).json()["item"]

    assert before(third["trial"]) == second | {
        "answer": {"score": None, "opt_out": "image_too_poor"}
    }
    assert before(second["trial"]) == first | {"answer": {"score": 2, "opt_out": ""}}
    assert before(first["trial"]) is None


def test_going_back_needs_a_place(browser: Client, link: str) -> None:
    response = browser.get(link + "previous/", {"before": "here"})
    assert response.status_code == 422


def test_a_rating_costs_seven_queries(
    browser: Client, link: str, django_assert_num_queries: Any
) -> None:
    first, *_ = draw(browser, link)
    with django_assert_num_queries(7):  # two of them begin and end the transaction
        submit(browser, link, answer_to(first), want=0)
