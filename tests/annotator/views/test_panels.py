"""Raters from Prolific, Mechanical Turk and SONA; stand-ins check what is sent to them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from annotator.domain.raters import stopping
from annotator.domain.raters.panels import mturk
from annotator.domain.rating import assignments
from annotator.enums import AssignmentStatus, Panel, Phase
from annotator.models import PanelEvent, PanelLink, Participant, Rater, Study
from tests import factories
from tests.annotator.views.reading import text_of
from tests.panel_stand_ins import Asked, StandIn, stand_in

SECRET = "s3cret"
IDS = {"PROLIFIC_PID": "5f0000000000000000000001", "STUDY_ID": "600a", "SESSION_ID": "700b"}


@pytest.fixture
def study(alice: User) -> Study:
    return factories.make_open_study(alice, prompts=1)


@pytest.fixture
def link(study: Study) -> str:
    return f"/r/{study.invitations.get().token}/"


@pytest.fixture
def on_prolific(study: Study) -> PanelLink:
    return PanelLink.objects.create(
        invitation=study.invitations.get(),
        panel=Panel.PROLIFIC,
        finished_code="DONE1",
        screened_out_code="OUT2",
        failed_checks_code="FAIL3",
    )


def address(link: str, **query: str) -> str:
    return f"{link}?{urllib.parse.urlencode(query)}"


def finish(link: str) -> None:
    rater = Rater.objects.get()
    Rater.objects.update(phase=Phase.RATING)
    factories.rate(rater, count=3)
    Rater.objects.update(phase=Phase.FINISHED)


# -- coming from Prolific ------------------------------------------------------------------------


def test_names_are_stored_apart_from_the_rater_and_only_after_consent(
    client: Client, link: str, on_prolific: PanelLink
) -> None:
    assert client.get(address(link, **IDS)).status_code == 200
    assert not Participant.objects.exists()
    client.post(address(link, **IDS))
    found = Participant.objects.get()

    assert (found.identifier, found.panel_study, found.submission, found.signed) == (
        "5f0000000000000000000001",
        "600a",
        "700b",
        False,
    )


@pytest.mark.parametrize("missing", IDS)
def test_without_prolifics_names_there_is_no_way_in(
    client: Client, link: str, on_prolific: PanelLink, missing: str
) -> None:
    query = {name: value for name, value in IDS.items() if name != missing}
    response = client.post(address(link, **query))

    assert response.status_code == 403
    assert "Open the study from the page that offered it" in text_of(response)
    assert not Rater.objects.exists()


def test_a_participant_who_returns_on_another_device_is_the_same_rater(
    link: str, on_prolific: PanelLink
) -> None:
    Client().post(address(link, **IDS))
    phone = Client()
    response = phone.get(address(link, **IDS))

    assert response["Location"] == link + "next/"
    assert phone.get(link + "instructions/").status_code == 200
    assert Rater.objects.count() == 1


def test_two_participants_at_one_browser_are_two_raters(
    client: Client, link: str, on_prolific: PanelLink
) -> None:
    client.post(address(link, **IDS))
    client.post(address(link, **IDS | {"PROLIFIC_PID": "another"}))

    assert Participant.objects.count() == 2


# -- signed addresses ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def sign(
    key: rsa.RSAPrivateKey, settings: Any, on_prolific: PanelLink
) -> Iterator[Callable[..., str]]:
    """Signs as Prolific does; the public key is served by a stand-in of theirs."""
    public = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    keys = {"keys": [public | {"kid": "k1", "use": "sig", "alg": "RS256"}]}
    with stand_in(lambda asked: (200, keys)) as prolific:
        settings.PROLIFIC_KEYS_URL = f"{prolific.address}/.well-known/study/jwks.json"

        def signed(by: rsa.RSAPrivateKey = key, **changes: Any) -> str:
            claims = {
                "exp": timezone.now() + timedelta(minutes=5),
                "aud": "https://testserver",
                "prolific": IDS | {"workspace_id": "w"},
            } | changes
            given = {name: value for name, value in claims.items() if value is not None}
            return jwt.encode(given, by, algorithm="RS256", headers={"kid": "k1"})

        yield signed


def test_a_signed_address_is_taken_and_said_to_be_signed(
    client: Client, link: str, sign: Callable[..., str]
) -> None:
    client.post(address(link, prolific_token=sign()))
    found = Participant.objects.get()

    assert (found.identifier, found.signed) == (IDS["PROLIFIC_PID"], True)


def test_an_unsigned_address_is_refused_where_keys_are_configured(
    client: Client, link: str, sign: Callable[..., str]
) -> None:
    assert client.post(address(link, **IDS)).status_code == 403


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": timezone.now() - timedelta(minutes=5)},
        {"exp": None},
        {"aud": "https://elsewhere.example"},
        {"aud": None},
        {"prolific": "anna"},
        {"prolific": {"PROLIFIC_PID": "anna"}},
    ],
    ids=["late", "endless", "for another", "for nobody", "no names", "few names"],
)
def test_a_signature_that_proves_something_else_is_refused(
    client: Client, link: str, sign: Callable[..., str], changes: dict[str, Any]
) -> None:
    assert client.post(address(link, prolific_token=sign(**changes))).status_code == 403


def test_another_key_signs_nothing(client: Client, link: str, sign: Callable[..., str]) -> None:
    forged = sign(by=rsa.generate_private_key(public_exponent=65537, key_size=2048))
    unsigned = jwt.encode({"prolific": IDS}, "", algorithm="none", headers={"kid": "k1"})

    for token in (forged, unsigned):
        assert client.post(address(link, prolific_token=token)).status_code == 403


def test_names_beside_the_signature_must_be_the_signed_ones(
    client: Client, link: str, sign: Callable[..., str]
) -> None:
    other = address(link, prolific_token=sign(), PROLIFIC_PID="somebody-else")

    assert client.post(other).status_code == 403


# -- completion ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phase", "excluded", "page", "code"),
    [
        (Phase.FINISHED, False, "thanks/", "DONE1"),
        (Phase.FINISHED, True, "thanks/", "FAIL3"),
        (Phase.SCREENED_OUT, False, "screened-out/", "OUT2"),
    ],
)
def test_each_end_has_its_own_code(
    client: Client,
    link: str,
    on_prolific: PanelLink,
    phase: Phase,
    excluded: bool,
    page: str,
    code: str,
) -> None:
    client.post(address(link, **IDS))
    Rater.objects.update(phase=phase, excluded_at=timezone.now() if excluded else None)
    shown = client.get(link + page).content.decode()

    assert f'href="https://app.prolific.com/submissions/complete?cc={code}"' in shown


def test_no_code_is_shown_before_the_last_answer_is_acknowledged(
    client: Client, link: str, on_prolific: PanelLink
) -> None:
    client.post(address(link, **IDS))
    client.post(link + "instructions/")
    pages = ("", "instructions/", "rate/", "thanks/", "leave/", "delete/")
    rater = Rater.objects.get()
    for left in range(3):
        factories.rate(rater, count=1)
        if left < 2:
            shown = [client.get(link + page, follow=True).content.decode() for page in pages]
            shown.append(client.post(link + "leave/", follow=True).content.decode())
            assert "You have stopped" in shown[-1]
            assert not any("DONE1" in page for page in shown)

    assert "DONE1" in client.get(link + "next/", follow=True).content.decode()


# -- webhooks ------------------------------------------------------------------------------------


def send_event(
    client: Client,
    status: str = "RETURNED",
    *,
    event: str = "e1",
    secret: str = SECRET,
    at: str = "",
) -> int:
    body = json.dumps(
        {
            "resource_id": IDS["SESSION_ID"],
            "event_type": "submission.status.change",
            "participant_id": IDS["PROLIFIC_PID"],
            "status": status,
        }
    )
    digest = hmac.new(secret.encode(), ("1763000000" + body).encode(), hashlib.sha256).digest()
    response = client.post(
        "/webhooks/prolific/",
        body,
        content_type="application/json",
        headers={
            "X-Prolific-Request-Timestamp": "1763000000",
            "X-Prolific-Request-Signature": base64.b64encode(digest).decode(),
            "X-Event-Id": event,
            "X-Timestamp": at,
        },
    )
    return response.status_code


@pytest.fixture
def working(client: Client, link: str, on_prolific: PanelLink, settings: Any) -> Rater:
    """A participant who holds items, and a site that knows Prolific's secret."""
    settings.PROLIFIC_WEBHOOK_SECRET = SECRET
    client.post(address(link, **IDS))
    rater = Rater.objects.get()
    assignments.draw(rater=rater, count=2)
    return rater


@pytest.mark.parametrize("status", ["RETURNED", "TIMED-OUT", "TIMED_OUT", "REJECTED"])
def test_what_a_participant_gives_up_goes_back_to_the_others(
    client: Client, working: Rater, status: str
) -> None:
    assert send_event(client, status) == 204

    assert [assignment.status for assignment in working.assignments.all()] == [
        AssignmentStatus.RETURNED,
        AssignmentStatus.RETURNED,
    ]
    assert set(working.study.items.values_list("free_slots", flat=True)) == {2}


@pytest.mark.parametrize("status", ["ACTIVE", "AWAITING REVIEW", "APPROVED"])
def test_who_goes_on_keeps_what_they_hold(client: Client, working: Rater, status: str) -> None:
    send_event(client, status)

    assert working.assignments.open().count() == 2
    assert Participant.objects.get().status == status


def test_who_gave_up_is_told_so_and_can_draw_nothing(
    client: Client, link: str, working: Rater
) -> None:
    send_event(client, "TIMED-OUT")
    working.refresh_from_db()

    assert client.get(link + "rate/")["Location"] == link + "next/"
    assert client.get(link + "next/")["Location"] == link + "stopped/"
    page = text_of(client.get(link + "stopped/"))
    assert "Your submission has ended" in page
    assert "Finish on Prolific" not in page
    draw = client.post(link + "draw/", {"want": 3}, content_type="application/json")
    assert draw.status_code == 403
    assert assignments.draw(rater=working, count=3) == []
    assert not working.assignments.open().exists()


@pytest.mark.parametrize(
    ("first", "second"),
    [("1763000300", "1763000100"), ("2025-11-13T02:18:20Z", "2025-11-13T02:15:00Z")],
)
def test_older_news_that_come_later_change_nothing(
    client: Client, working: Rater, first: str, second: str
) -> None:
    send_event(client, "RETURNED", event="e1", at=first)
    send_event(client, "ACTIVE", event="e2", at=second)

    assert Participant.objects.get().status == "RETURNED"
    assert Rater.objects.get().stopped == "returned"


def test_newer_news_that_come_first_are_kept(client: Client, working: Rater) -> None:
    send_event(client, "ACTIVE", event="e2", at="1763000300")
    send_event(client, "RETURNED", event="e1", at="1763000100")

    assert Rater.objects.get().stopped == ""
    assert working.assignments.open().count() == 2


def test_who_takes_it_up_again_goes_on(client: Client, link: str, working: Rater) -> None:
    send_event(client, "RETURNED", at="1763000100")
    client.post(address(link, **IDS | {"SESSION_ID": "700c"}))
    working.refresh_from_db()

    assert working.stopped == ""
    assert len(assignments.draw(rater=working, count=2)) == 2


def test_who_has_finished_keeps_the_way_back_to_prolific(
    client: Client, link: str, working: Rater
) -> None:
    finish(link)
    send_event(client, "TIMED-OUT")

    assert "Finish on Prolific" in text_of(client.get(link + "thanks/"))


def test_an_event_that_comes_twice_is_acted_on_once(client: Client, working: Rater) -> None:
    send_event(client)
    stopping.resume(rater=working)
    assignments.draw(rater=working, count=1)

    assert send_event(client) == 204
    assert working.assignments.open().count() == 1
    assert PanelEvent.objects.count() == 1


def test_a_message_with_another_signature_is_refused(
    client: Client, working: Rater, settings: Any
) -> None:
    assert send_event(client, secret="guess") == 403
    settings.PROLIFIC_WEBHOOK_SECRET = ""
    assert send_event(client, secret="") == 403
    assert working.assignments.open().count() == 2


# -- polling -------------------------------------------------------------------------------------


@pytest.fixture
def api(settings: Any) -> Iterator[StandIn]:
    """Prolific's list of submissions, two pages of it; only for who has the token."""
    returned = {"id": IDS["SESSION_ID"], "status": "RETURNED", "study_id": "600a"}
    others = [{"id": f"other-{n}", "status": "ACTIVE"} for n in range(100)]

    def answer(asked: Asked) -> tuple[int, Any]:
        if asked.headers.get("Authorization") != "Token t0ken":
            return 401, {"error": "no"}
        assert asked.path == "/api/v1/submissions/"
        assert asked.query["study"] == "600a"
        return 200, {"results": others if asked.query["page"] == "1" else [returned]}

    with stand_in(answer) as prolific:
        settings.PROLIFIC_API, settings.PROLIFIC_TOKEN = prolific.address, "t0ken"
        yield prolific


def test_polling_releases_what_was_returned(working: Rater, api: StandIn, capsys: Any) -> None:
    call_command("sync_prolific")

    assert capsys.readouterr().out == "1 submissions seen.\n"
    assert working.assignments.open().count() == 0
    assert [asked.query["page"] for asked in api.asked] == ["1", "2"]


def test_polling_says_what_is_wrong(working: Rater, api: StandIn, settings: Any) -> None:
    settings.PROLIFIC_TOKEN = "wrong"
    with pytest.raises(CommandError, match="401"):
        call_command("sync_prolific")
    settings.PROLIFIC_TOKEN = ""
    with pytest.raises(CommandError, match="Set PROLIFIC_TOKEN"):
        call_command("sync_prolific")
    assert working.assignments.open().count() == 2


# -- Mechanical Turk -----------------------------------------------------------------------------

TASK = {
    "assignmentId": "A1",
    "hitId": "H1",
    "workerId": "W1",
    "turkSubmitTo": "https://workersandbox.mturk.com",
}


@pytest.fixture
def on_mturk(study: Study) -> PanelLink:
    return PanelLink.objects.create(invitation=study.invitations.get(), panel=Panel.MTURK)


def test_a_preview_shows_an_example_and_stores_nothing(
    client: Client, link: str, on_mturk: PanelLink
) -> None:
    query = {"assignmentId": "ASSIGNMENT_ID_NOT_AVAILABLE"}
    framed = client.get(address(link + "mturk/", **query))
    bypassed = client.post(address(link, **query))

    assert "This is what it will be like" in text_of(framed)
    assert "Open the study" not in text_of(framed)
    assert bypassed["Location"].startswith(link + "mturk/")
    assert not Rater.objects.exists()


def test_amazon_may_frame_the_way_in_and_nobody_anything_else(
    client: Client, link: str, on_mturk: PanelLink
) -> None:
    frame = client.get(address(link + "mturk/", **TASK))
    consent = client.get(address(link, **TASK))

    assert "X-Frame-Options" not in frame
    assert f"frame-ancestors {' '.join(mturk.FRAMES)}" in frame["Content-Security-Policy"]
    assert "assignmentId=A1" in frame.content.decode()
    assert consent["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in consent["Content-Security-Policy"]


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example", "http://www.mturk.com", "https://www.mturk.com.evil.example", ""],
)
def test_an_answer_goes_to_amazon_or_nowhere(
    client: Client, link: str, on_mturk: PanelLink, elsewhere: str
) -> None:
    query = TASK | {"turkSubmitTo": elsewhere}

    assert client.get(address(link + "mturk/", **query)).status_code == 403
    assert client.post(address(link, **query)).status_code == 403
    assert not Rater.objects.exists()


def test_the_task_is_handed_in_as_amazon_wants_it(
    client: Client, link: str, on_mturk: PanelLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stand_in(lambda asked: (200, {})) as amazon:
        monkeypatch.setattr(mturk, "HOSTS", (amazon.address,))
        client.post(address(link, **TASK | {"turkSubmitTo": amazon.address}))
        finish(link)
        page = client.get(link + "thanks/").content.decode()
        ((target, form),) = re.findall(r'action="(http[^"]+)">(.*?)</form>', page, re.DOTALL)
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
        urllib.request.urlopen(target, urllib.parse.urlencode(fields).encode())  # noqa: S310

    (asked,) = amazon.asked
    sent = dict(urllib.parse.parse_qsl(asked.body))
    rater = Rater.objects.get().pseudonym
    assert (asked.method, asked.path) == ("POST", "/mturk/externalSubmit")
    assert sent == {"assignmentId": "A1", "outcome": "finished", "rater": rater}


# -- SONA ----------------------------------------------------------------------------------------


def test_sona_gets_its_survey_code_back(client: Client, link: str, study: Study) -> None:
    with stand_in(lambda asked: (200, {})) as sona:
        PanelLink.objects.create(
            invitation=study.invitations.get(),
            panel=Panel.SONA,
            credit_address=f"{sona.address}/webstudy_credit.aspx?experiment_id=7&credit_token=ab"
            "&survey_code=XXXX",
        )
        client.post(address(link, survey_code="4711"))
        finish(link)
        page = client.get(link + "thanks/").content.decode()
        (target,) = re.findall(r'href="(http://127[^"]+)"', page)
        urllib.request.urlopen(target.replace("&amp;", "&"))  # noqa: S310

    (asked,) = sona.asked
    assert asked.path == "/webstudy_credit.aspx"
    assert asked.query == {"experiment_id": "7", "credit_token": "ab", "survey_code": "4711"}


# -- the researcher ------------------------------------------------------------------------------


def test_a_researcher_gives_a_link_to_prolific(as_alice: Client, study: Study) -> None:
    invitation = study.invitations.get()
    page = f"/studies/{study.pk}/invitations/{invitation.pk}/panel/"
    refused = as_alice.post(page, {"panel": "prolific"})
    as_alice.post(page, {"panel": "prolific", "finished_code": "DONE1"})

    assert "Prolific needs a code for who finished." in text_of(refused)
    told = as_alice.get(page).content.decode()
    assert "?PROLIFIC_PID={{%PROLIFIC_PID%}}&amp;STUDY_ID={{%STUDY_ID%}}" in told


def test_identities_are_in_no_export_but_the_one_that_is_asked_for(
    client: Client, as_alice: Client, link: str, on_prolific: PanelLink, study: Study
) -> None:
    client.post(address(link, **IDS))
    finish(link)
    base = f"/studies/{study.pk}/"
    for name in ("export/ratings.csv", "export/questionnaire.csv", "export/", "results/"):
        response = as_alice.get(base + name)
        content = b"".join(response) if response.streaming else response.content
        assert IDS["PROLIFIC_PID"].encode() not in content

    assert as_alice.post(base + "identities.csv").status_code == 302
    taken = b"".join(as_alice.post(base + "identities.csv", {"confirm": "yes"}))
    assert IDS["PROLIFIC_PID"].encode() in taken
    assert study.log.latest("pk").text == "Panel identities exported"


# -- links and deletion --------------------------------------------------------------------------


def test_a_used_link_says_so_and_its_state_is_shown(
    client: Client, as_alice: Client, study: Study
) -> None:
    as_alice.post(f"/studies/{study.pk}/invitations/", {"note": "x", "quota": "1", "count": "2"})
    link = study.invitations.filter(quota=1).first()
    assert link is not None
    client.post(f"/r/{link.token}/")
    for method in (Client().get, Client().post):
        response = method(f"/r/{link.token}/")
        assert response.status_code == 403
        assert "has let in as many people as it was made for" in text_of(response)

    assert client.get(f"/r/{link.token}/instructions/").status_code == 200
    shown = text_of(as_alice.get(f"/studies/{study.pk}/raters/"))
    assert "1 of 1 places used, 0 left" in shown


def test_a_rater_deletes_their_data_and_gets_a_receipt(client: Client, link: str) -> None:
    client.post(link)
    client.post(link + "instructions/")
    factories.rate(Rater.objects.get(), count=2)
    assert "Your 2 answers" in text_of(client.get(link + "delete/"))
    response = client.post(link + "delete/", follow=True)

    assert "2 answers and all else about you are gone." in text_of(response)
    assert re.search(r"Receipt [0-9a-f]{12}", text_of(response))
    assert not Rater.objects.exists()
    assert client.get(link + "rate/").status_code == 404
    assert client.get(link).status_code == 200


def test_a_receipt_cannot_be_made_up(client: Client, link: str) -> None:
    assert client.get(link + "deleted/?receipt=x").status_code == 404
