"""Raters' pages in the rater's language, chosen without JavaScript."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from annotator.domain.design import studies
from annotator.enums import Panel, Phase
from annotator.models import PanelLink, Procedure, Study
from tests import factories

READ_ALOUD = ("alt", "title", "aria-label", "placeholder")
# Names: of the other language, of this program, of colour maps, of panels, of time.
NAMES = {"English", "DAAM", "Annotator", "viridis", "inferno", "turbo", "jet"}
NAMES |= {"Prolific", "Mechanical", "Turk", "SONA", "UTC"}
TASK = {"hitId": "H1", "workerId": "W1", "turkSubmitTo": "https://www.mturk.com"}


class Reader(HTMLParser):
    """Collects all that a person can see or hear of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.read: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        texts = dict(attributes).get("id") == "texts"
        self.read += [
            value
            for name, value in attributes
            if value and (name in READ_ALOUD or (texts and name.startswith("data-")))
        ]

    def handle_data(self, data: str) -> None:
        self.read.append(data)


def english_in(html: str) -> set[str]:
    reader = Reader()
    reader.feed(re.sub(r"<code.*?</code>", "", html))  # the completion code
    text = re.sub(r"\{\w+\}", "", " ".join(reader.read))  # places to be filled in
    return set(re.findall(r"[A-Za-z]{2,}", text)) - NAMES


@pytest.fixture
def study(alice: User) -> Study:
    """Its own texts are Chinese, as a researcher would write them."""
    return factories.make_open_study(
        alice,
        name="词语热力图",
        labels=["很差", "较差", "一般", "较好", "很好"],
        question="高亮与“{word}”有多相符？",
    )


@pytest.fixture
def link(study: Study) -> str:
    invitation = study.invitations.first()
    assert invitation is not None
    return f"/r/{invitation.token}/"


@pytest.fixture
def browser() -> Client:
    return Client(headers={"accept-language": "zh-CN,zh;q=0.9,en;q=0.5"})


def test_no_page_of_a_chinese_rater_has_an_english_word(
    browser: Client, link: str, study: Study
) -> None:
    def check(response: Any) -> None:
        assert '<html lang="zh-hans">' in response.content.decode()
        assert english_in(response.content.decode()) == set()

    check(browser.get(link))
    browser.post(link, {"version": browser.get(link).context["version"]})
    check(browser.get(link + "instructions/"))
    browser.post(link + "instructions/")
    Study.objects.update(colour_map_locked=False, contour_locked=False, colour_map="viridis")
    check(browser.get(link + "instructions/"))
    check(browser.get(link + "rate/"))
    check(browser.get(link + "leave/"))
    browser.post(link + "leave/")
    check(browser.get(link + "thanks/"))
    check(browser.get(link + "delete/"))
    for panel in Panel:
        factories.join_panel(study.raters.get(), panel)
        for phase, page in ((Phase.FINISHED, "thanks/"), (Phase.SCREENED_OUT, "screened-out/")):
            study.raters.update(phase=phase)
            check(browser.get(link + page))
    PanelLink.objects.update(panel=Panel.MTURK)
    for assignment in ("ASSIGNMENT_ID_NOT_AVAILABLE", "A1"):
        check(browser.get(link + "mturk/", TASK | {"assignmentId": assignment}))
    PanelLink.objects.all().delete()
    question = {"name": "age", "type": "number", "text": "您多大年纪？"}
    Procedure.objects.create(study=study, questionnaire=[question])
    study.raters.update(phase=Phase.QUESTIONNAIRE)
    check(browser.get(link + "questionnaire/"))
    check(browser.post(link + "questionnaire/", {"age": "x"}))
    study.raters.update(phase=Phase.RATING)
    check(browser.get(link + "pictures/"))  # not found
    studies.pause_study(study=study, user=None)
    check(browser.get(link + "rate/"))
    studies.close_study(study=study, user=None)
    check(browser.get(link + "rate/"))
    check(browser.post(link + "delete/", follow=True))


def test_what_the_server_says_to_the_page_is_chinese_too(
    browser: Client, link: str, study: Study
) -> None:
    browser.post(link, {"version": browser.get(link).context["version"]})
    browser.post(link + "instructions/")
    (item,) = browser.post(link + "draw/", {"want": 1}, content_type="application/json").json()[
        "items"
    ]
    assert item["pos"] in ("名词", "动词", "形容词")
    studies.pause_study(study=study, user=None)
    reply = browser.post(link + "draw/", {"want": 1}, content_type="application/json")
    assert "目前不接受评分" in reply.json()["error"]


def test_the_language_is_chosen_by_a_form_and_remembered(client: Client, link: str) -> None:
    assert "Would you like to take part?" in client.get(link).content.decode()
    response = client.post(reverse("set_language"), {"language": "zh-hans", "next": link})
    assert (response.status_code, response.headers["Location"]) == (302, link)
    assert "您愿意参与吗？" in client.get(link).content.decode()
    client.post(reverse("set_language"), {"language": "en", "next": link})
    assert "Would you like to take part?" in client.get(link).content.decode()


def test_a_choice_wins_over_what_the_browser_asks_for(browser: Client, link: str) -> None:
    browser.post(reverse("set_language"), {"language": "en", "next": link})
    assert "Would you like to take part?" in browser.get(link).content.decode()


def test_a_choice_leads_nowhere_else(client: Client) -> None:
    response = client.post(
        reverse("set_language"), {"language": "zh-hans", "next": "https://elsewhere.example/"}
    )
    assert response.headers["Location"] == "/"


def test_researchers_pages_stay_english(alice: User, study: Study, browser: Client) -> None:
    browser.force_login(alice)
    page = browser.get(reverse("study-edit", args=[study.pk])).content.decode()
    assert '<html lang="en">' in page
    assert "Picture too poor to judge" not in page
    assert "名词" not in page
