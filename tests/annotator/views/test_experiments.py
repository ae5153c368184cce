from __future__ import annotations

import io
from datetime import timedelta
from typing import Any
from zipfile import ZipFile

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotator.domain import experiments
from annotator.models import Experiment
from tests.factories import RESULT, make_experiment, make_finished_experiment

FIELDS = {"kind": "syntax", "model": "bundled", "limit": 10, "steps": 5, "tau": 0.4, "seed": 3}


@pytest.fixture
def researcher(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def start(researcher: Client, **changes: Any) -> Any:
    return researcher.post(reverse("experiment-create"), FIELDS | changes)


def test_an_experiment_is_asked_for_and_followed(researcher: Client, alice: User) -> None:
    response = start(researcher)
    asked = Experiment.objects.get()
    assert response.headers["Location"] == reverse("experiment", args=[asked.pk])
    assert (asked.owner, asked.kind, asked.model) == (alice, "syntax", "bundled")
    assert asked.parameters == {
        "limit": 10, "seed": 3, "steps": 5, "guidance": None, "tau": 0.4, "unreal": "",
        "segmenters": [],
    }  # fmt: skip
    page = researcher.get(response.headers["Location"]).content.decode()
    assert "Waiting for a worker." in page
    assert 'data-every="2"' in page


def test_files_are_kept_as_text(researcher: Client) -> None:
    file = SimpleUploadedFile("templates.txt", "a {red,blue} bâton".encode())
    start(researcher, kind="adjectives", prompts=file)
    assert Experiment.objects.get().inputs == {"prompts": "a {red,blue} bâton"}


def test_segmentation_models_are_listed_and_words_to_swap_chosen(
    researcher: Client,
) -> None:
    named = "CIDAS/clipseg-rd64-refined\r\n\r\n ./my mask2former \r\n"
    start(researcher, kind="segmentation", segmenters=named, unreal="adjectives")
    asked = Experiment.objects.get().parameters
    assert asked["segmenters"] == ["CIDAS/clipseg-rd64-refined", "./my mask2former"]
    assert asked["unreal"] == "adjectives"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"kind": "nothing"}, "Select a valid choice"),
        ({"limit": 0}, "greater than or equal to 2"),
        ({"tau": 2}, "less than or equal to 0.99"),
        ({"segmenters": "a/b"}, "The experiment chosen takes none; leave it empty."),
        ({"kind": "cohyponyms", "unreal": "both"}, "The experiment chosen takes none"),
        ({"unreal": "verbs"}, "Select a valid choice"),
        ({"model": "other"}, "Only the bundled model has prompts of its own."),
        (
            {"prompts": SimpleUploadedFile("a.txt", b"\xff\xfe")},
            "This is not text in UTF-8. Save it again as UTF-8.",
        ),
        (
            {"masks": SimpleUploadedFile("a.json", b"{\0}")},
            "This is not text in UTF-8. Save it again as UTF-8.",
        ),
        (
            {"prompts": SimpleUploadedFile("a.txt", b" \n\n")},
            "This file holds nothing but blanks.",
        ),
    ],
)
def test_what_cannot_be_started_is_said_beside_its_field(
    researcher: Client, changes: dict[str, Any], sentence: str
) -> None:
    response = start(researcher, **changes)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not Experiment.objects.exists()


def test_progress_is_shown(researcher: Client, alice: User) -> None:
    claimed = experiments.claim(key=make_experiment(alice).pk)
    assert claimed is not None
    experiments.advance(experiment=claimed, made=1, total=2)
    page = researcher.get(
        reverse("experiment", args=[claimed.pk]), {"fragment": 1}
    ).content.decode()
    assert "1 of 2 pictures" in page
    assert "left." in page
    assert "<html" not in page
    experiments.advance(experiment=claimed, made=2, total=2)
    address = reverse("experiment", args=[claimed.pk])
    assert "All pictures are painted." in researcher.get(address).content.decode()
    Experiment.objects.update(touched_at=timezone.now() - timedelta(minutes=2))
    assert "gives no sign of life" in researcher.get(address).content.decode()


def test_tables_and_downloads_are_shown(researcher: Client, alice: User) -> None:
    done = make_finished_experiment(alice)
    page = researcher.get(reverse("experiment", args=[done.pk])).content.decode()
    assert "0.512 (0.410 to 0.600)" in page
    assert ">–<" in page
    assert "data-every" not in page
    csv = researcher.get(reverse("experiment-file", args=[done.pk, "segmentation.csv"]))
    assert csv.getvalue() == b"method,mIoU\n"  # type: ignore[attr-defined]
    assert "attachment" in csv.headers["Content-Disposition"]
    missing = reverse("experiment-file", args=[done.pk, "other.csv"])
    assert researcher.get(missing).status_code == 404


def test_everything_is_taken_away_in_one_file(researcher: Client, alice: User) -> None:
    address = reverse("experiment-bundle", args=[make_experiment(alice).pk])
    assert researcher.get(address).status_code == 404
    done = make_finished_experiment(alice)
    response = researcher.get(reverse("experiment-bundle", args=[done.pk]))
    assert response.headers["Content-Disposition"] == (
        f'attachment; filename="experiment-{done.pk}-segmentation.zip"'
    )
    with ZipFile(io.BytesIO(response.getvalue())) as archive:  # type: ignore[attr-defined]
        names = archive.namelist()
        assert archive.read("segmentation.csv") == b"method,mIoU\n"
        assert archive.read("charts/sweep.svg").startswith(b"<svg")
    assert names[:2] == ["result.json", "segmentation.csv"]
    drawn = [f"charts/{chart['name']}.{end}" for chart in RESULT["charts"]
             for end in ("svg", "pdf", "csv")]  # fmt: skip
    assert names[2:] == [*drawn, "SHA256SUMS"]


def test_failures_are_said_and_can_be_tried_again(researcher: Client, alice: User) -> None:
    claimed = experiments.claim(key=make_experiment(alice).pk)
    assert claimed is not None
    experiments.fail(experiment=claimed, reason="The model is gone.")
    page = researcher.get(reverse("experiment", args=[claimed.pk])).content.decode()
    assert "The model is gone." in page
    researcher.post(reverse("experiment-retry", args=[claimed.pk]))
    assert Experiment.objects.get().status == "queued"


def test_ones_own_are_listed(researcher: Client, alice: User, bob: User) -> None:
    mine, theirs = make_experiment(alice), make_experiment(bob)
    page = researcher.get(reverse("experiments")).content.decode()
    assert reverse("experiment", args=[mine.pk]) in page
    assert reverse("experiment", args=[theirs.pk]) not in page
