from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from annotator.domain import analyses, api_tokens
from annotator.domain.results.filters import Filter
from annotator.enums import Scope, UploadStatus
from annotator.models import Analysis, ApiToken, Participant, PromptUpload, Rating, Study
from tests import factories
from tests.annotator.domain.tables import exported_csv
from tests.annotator.views.reading import text_of
from tests.annotator.views.test_access import make_snapshot


@pytest.fixture
def study(alice: User) -> Study:
    """Ratings of two raters: scores, an opt-out and an answer that was changed."""
    study = factories.make_open_study(alice)
    first, second = factories.make_rater(study), factories.make_rater(study)
    factories.rate(first, 5, count=3)
    factories.rate(first, None, opt_out="word_too_abstract")
    factories.rate(second, 2, count=6)
    return study


@pytest.fixture
def ask(alice: User) -> Callable[..., Any]:
    """A program of Alice's that may do everything."""
    token = api_tokens.issue_token(user=alice, name="test", scopes=list(Scope), days=1)
    client = Client(headers={"Authorization": f"Bearer {token.secret}"})

    def send(name: str, *args: Any, method: str = "get", **options: Any) -> Any:
        return getattr(client, method)(reverse(f"api:{name}", args=args), **options)

    return send


def pieces(ask: Callable[..., Any], name: str, *args: Any, limit: int) -> Iterator[dict[str, Any]]:
    """The rows, following `next` as a program does."""
    response = ask(name, *args, data={"limit": limit}).json()
    yield from response["rows"]
    while response["next"]:
        query = dict(pair.split("=") for pair in response["next"].partition("?")[2].split("&"))
        response = ask(name, *args, data=query).json()
        assert len(response["rows"]) <= limit
        yield from response["rows"]


# -- reading -------------------------------------------------------------------------------------


def test_a_study_is_read_with_its_settings(ask: Callable[..., Any], study: Study) -> None:
    (row,) = ask("studies").json()["rows"]
    detail = ask("study", study.pk).json()

    assert row == {key: detail[key] for key in row}
    assert (row["study_id"], row["owner"], row["ratings_given"]) == (study.pk, "alice", 10)
    assert detail["labels"] == ["Bad", "Poor", "Fair", "Good", "Excellent"]
    assert detail["settings"]["study"]["ratings_per_item"] == 2


def test_ratings_are_those_of_the_exported_table(ask: Callable[..., Any], study: Study) -> None:
    exported = list(csv.DictReader(io.StringIO(exported_csv(study))))

    given = list(pieces(ask, "ratings", study.pk, limit=4))

    names = ("rating_id", "item_id", "rater_id", "score", "opt_out_code", "revision", "word", "pos")
    assert [[str("" if row[name] is None else row[name]) for name in names] for row in given] == [
        [row[name] for name in names] for row in exported
    ]


def test_items_say_what_is_judged_and_how_often_it_was(
    ask: Callable[..., Any], study: Study
) -> None:
    given = list(pieces(ask, "items", study.pk, limit=5))

    assert [row["item_id"] for row in given] == sorted(study.items.values_list("pk", flat=True))
    assert sum(row["ratings_given"] for row in given) == 10
    item = study.items.get(pk=given[0]["item_id"])
    word = item.heat_map.word
    assert (given[0]["word"], given[0]["heat_map_id"]) == (word.text, item.heat_map_id)
    assert (given[0]["prompt"], given[0]["seed"]) == (word.prompt.text, word.prompt.seed)


def test_items_name_their_condition(ask: Callable[..., Any], study: Study) -> None:
    study.items.update(condition="late")
    assert {row["condition"] for row in pieces(ask, "items", study.pk, limit=5)} == {"late"}


def test_no_row_is_left_out_or_given_twice_while_ratings_come_in(
    ask: Callable[..., Any], study: Study
) -> None:
    before = list(Rating.objects.current().order_by("pk").values_list("pk", flat=True))
    reading = pieces(ask, "ratings", study.pk, limit=4)
    found = [next(reading)["rating_id"]]
    factories.rate(factories.make_rater(study), 3, count=2)

    found += [row["rating_id"] for row in reading]

    assert found[:10] == before
    assert len(found) == len(set(found)) == 12


def test_panel_identities_are_never_given(ask: Callable[..., Any], study: Study) -> None:
    rater = study.raters.first()
    assert rater is not None
    Participant.objects.create(rater=rater, study=study, panel="prolific", identifier="5f3a-PANEL")

    for name in ("study", "items", "ratings", "statistics"):
        assert "PANEL" not in ask(name, study.pk).content.decode()


def test_statistics_are_the_numbers_of_the_results_page(
    ask: Callable[..., Any], study: Study
) -> None:
    found = analyses.state(study=study, filter=Filter()).results()
    assert found is not None

    given = ask("statistics", study.pk).json()

    mos = found.overall.mos
    assert given["overall"]["mos"] == {
        "value": mos.value,
        "low": mos.low,
        "high": mos.high,
        "n": mos.n,
        "note": "",
    }
    assert given["overall"]["opt_outs"] == {"image_too_poor": 0, "word_too_abstract": 1}
    assert [group["pos"] for group in given["by_part_of_speech"]] == [s.pos for s in found.by_pos]
    agreement = given["overall"]["agreement"]
    assert list(agreement) == [measured.name for measured in found.overall.agreement]
    assert agreement["within_one"]["value"] == found.overall.agreement[-1].estimate.value
    assert given["mos_intervals"]["both"]["analytic"] == list(found.sureness.both.analytic)
    verbs = ask("statistics", study.pk, data={"pos": "VERB"}).json()
    assert [group["pos"] for group in verbs["by_part_of_speech"]] == ["VERB"]


def test_what_is_undefined_is_null_and_said(ask: Callable[..., Any], alice: User) -> None:
    empty = factories.make_study(alice)

    overall = ask("statistics", empty.pk).json()["overall"]

    assert overall["mos"]["value"] is None
    assert "nobody has given a score" in overall["mos"]["note"]


def test_numbers_that_a_worker_computes_are_waited_for(
    ask: Callable[..., Any], study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analyses, "AT_ONCE", 0)
    first = ask("statistics", study.pk)
    assert (first.status_code, first.json()["steps_done"]) == (202, 0)

    analyses.run(Analysis.objects.get())

    assert ask("statistics", study.pk).json()["is_current"]


def test_an_unchanged_answer_is_not_sent_again(ask: Callable[..., Any], study: Study) -> None:
    first = ask("ratings", study.pk)

    again = ask("ratings", study.pk, headers={"If-None-Match": first["ETag"]})
    factories.rate(factories.make_rater(study), 3)
    changed = ask("ratings", study.pk, headers={"If-None-Match": first["ETag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert (changed.status_code, len(changed.json()["rows"])) == (200, 11)
    assert first["Cache-Control"] == "private, no-cache"


def test_a_token_with_no_request_left_is_told_when_to_come_back(
    ask: Callable[..., Any], study: Study, settings: Any
) -> None:
    settings.API_REQUESTS_PER_MINUTE = 0
    ask("studies")

    response = ask("studies")

    assert response.status_code == 429
    assert 1 <= int(response["Retry-After"]) <= 60
    assert f"Wait {response['Retry-After']} s" in response.json()["detail"]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"limit": 0}, "limit: Input should be greater than or equal to 1"),
        ({"limit": 1001}, "limit: Input should be less than or equal to 1000"),
        ({"after": "x"}, "after: Input should be a valid integer"),
    ],
)
def test_a_wrong_question_is_answered_with_what_to_mend(
    ask: Callable[..., Any], query: dict[str, Any], sentence: str
) -> None:
    response = ask("studies", data=query)

    assert (response.status_code, response["Content-Type"]) == (422, "application/problem+json")
    assert sentence in response.json()["detail"]


def test_a_wrong_address_is_answered_in_json(client: Client) -> None:
    response = client.get("/api/v1/nothing")

    assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")


def test_a_wrong_method_is_answered_with_those_there_are(
    ask: Callable[..., Any], study: Study
) -> None:
    response = ask("studies", method="put")

    assert (response.status_code, response["Allow"]) == (405, "GET")
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["detail"] == "This address takes GET."


def test_a_wrong_member_of_a_list_is_told_by_the_name_of_the_list(
    ask: Callable[..., Any], study: Study
) -> None:
    response = ask("statistics", study.pk, data={"pos": ["NOUN", "XX"]})

    assert [error["field"] for error in response.json()["errors"]] == ["pos"]


def test_a_nul_character_is_refused_before_the_database_is_asked(
    ask: Callable[..., Any], study: Study
) -> None:
    for response in (
        ask("statistics", study.pk, data={"model": "a\0b"}),
        ask("snapshot", study.pk, "a\0b"),
    ):
        assert response.status_code == 422
        assert "Leave out the NUL character" in response.json()["detail"]


def test_the_description_names_the_types_of_refusals_and_of_files(client: Client) -> None:
    paths = client.get(reverse("api:openapi-json")).json()["paths"]

    operations = [one for methods in paths.values() for one in methods.values()]
    for operation in operations:
        for status in ("401", "404", "422", "429"):
            assert list(operation["responses"][status]["content"]) == ["application/problem+json"]
    snapshot = paths["/api/v1/studies/{study_id}/snapshots/{name}"]["get"]
    assert list(snapshot["responses"]["200"]["content"]) == ["application/zip"]


def test_a_snapshot_is_listed_with_its_checksum_and_downloaded(
    ask: Callable[..., Any], study: Study
) -> None:
    make_snapshot(study)

    (row,) = ask("snapshots", study.pk).json()["rows"]
    content = b"".join(ask("snapshot", study.pk, row["name"]).streaming_content)

    assert (row["status"], row["n_ratings"], row["size"]) == ("ready", 10, len(content))
    assert row["sha256"] == hashlib.sha256(content).hexdigest()


# -- writing -------------------------------------------------------------------------------------


def send(ask: Callable[..., Any], study: Study, content: bytes = b"prompt\na cat\n") -> Any:
    file = SimpleUploadedFile("spring.csv", content)
    return ask("uploads", study.pk, method="post", data={"file": file})


def test_prompts_are_sent_looked_at_and_imported(ask: Callable[..., Any], study: Study) -> None:
    sent = send(ask, study)
    upload = study.uploads.get()
    assert sent.status_code == 202
    assert sent["Location"] == reverse("api:upload", args=[study.pk, upload.pk])
    assert (upload.uploaded_by, bytes(upload.content)) == (study.owner, b"prompt\na cat\n")

    refused = [{"line": 3, "prompt": "", "reason": "The prompt is empty."}]
    PromptUpload.objects.update(status=UploadStatus.READY, rows_ready=1, refused=refused)
    seen = ask("upload", study.pk, upload.pk).json()
    assert (seen["status"], seen["rows_ready"], seen["refused"]) == ("ready", 1, refused)

    asked = ask("upload-import", study.pk, upload.pk, method="post")
    assert (asked.status_code, asked.json()["status"]) == (202, "importing")
    assert ask("upload-import", study.pk, upload.pk, method="post").status_code == 202


def test_the_same_file_again_is_the_same_upload(ask: Callable[..., Any], study: Study) -> None:
    first, again = send(ask, study), send(ask, study)

    assert first.json() == again.json()
    factories.make_batch(study, sha256=first.json()["sha256"])
    assert send(ask, study).status_code == 409


def test_what_cannot_be_imported_is_said(ask: Callable[..., Any], study: Study) -> None:
    upload = send(ask, study).json()["upload_id"]

    early = ask("upload-import", study.pk, upload, method="post")
    PromptUpload.objects.update(status=UploadStatus.READY, rows_ready=0)
    empty = ask("upload-import", study.pk, upload, method="post")

    assert (early.status_code, empty.status_code) == (409, 409)
    assert "still being read" in early.json()["detail"]
    assert "No row of this file" in empty.json()["detail"]
    refused = send(ask, study, b" \n")
    assert (refused.status_code, "empty" in refused.json()["detail"]) == (422, True)


def test_batches_say_how_far_their_pictures_are(ask: Callable[..., Any], study: Study) -> None:
    factories.make_prompt(study, batch=factories.make_batch(study, file_name="late.csv"), seed=99)

    first, late = ask("batches", study.pk).json()["rows"]

    assert (first["prompts"], first["pictures"]["done"]) == (4, 4)
    assert (late["file_name"], late["prompts"], sum(late["pictures"].values())) == (
        "late.csv",
        1,
        0,
    )


# -- pages ---------------------------------------------------------------------------------------


def test_a_token_is_made_shown_once_and_revoked(as_alice: Client) -> None:
    form = {"name": "notebook", "scopes": ["read:studies"], "days": "30"}
    made = as_alice.post(reverse("api-tokens"), form)

    token = ApiToken.objects.get()
    secret = made.context["issued"].secret
    assert secret in text_of(made)
    assert made["Cache-Control"] == "no-store"
    assert token.scopes == ["read:studies"]
    assert timedelta(29) < token.expires_at - token.created_at <= timedelta(30)

    listed = text_of(as_alice.get(reverse("api-tokens")))
    assert secret not in listed
    assert f"notebook {token.beginning}… read:studies never used" in listed

    as_alice.post(reverse("api-token-revoke", args=[token.pk]))
    assert "You have no token yet." in text_of(as_alice.get(reverse("api-tokens")))


def test_a_token_without_name_or_scope_is_not_made(as_alice: Client) -> None:
    response = as_alice.post(reverse("api-tokens"), {"name": "", "scopes": [], "days": "9"})

    assert response.status_code == 422
    assert set(response.context["form"].errors) == {"name", "scopes", "days"}
    assert not ApiToken.objects.exists()


def test_the_reference_names_every_operation_with_its_scope(client: Client) -> None:
    page = text_of(client.get(reverse("api-reference")))
    description = client.get(reverse("api:openapi-json")).json()

    addresses = [
        f"{method.upper()} {path}"
        for path in description["paths"]
        for method in description["paths"][path]
    ]
    assert len(addresses) == 12
    assert [address for address in addresses if address not in page] == []
    assert "Scope write:batches file file" in page
    assert "rater_id string · random pseudonym" in page
