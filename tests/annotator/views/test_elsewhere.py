from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from annotator.models import ImportedRatings
from tests.annotator.views.reading import messages_of, text_of

TABLE = "task,worker,label,note\na,ann,5,x\na,bob,4,x\nb,ann,9,x\n"


@pytest.fixture
def upload(as_alice: Client) -> Any:
    def send(text: str = TABLE) -> ImportedRatings:
        file = SimpleUploadedFile("pilot.csv", text.encode())
        response = as_alice.post(reverse("imports"), {"name": "Pilot", "file": file})
        kept = ImportedRatings.objects.get()
        assert response.headers["Location"] == reverse("import", args=[kept.pk])
        return kept

    return send


def test_the_preview_says_what_was_recognised_and_what_is_refused(
    as_alice: Client, upload: Any
) -> None:
    response = as_alice.get(reverse("import", args=[upload().pk]))

    page = text_of(response)
    assert "2 ratings ready. Tasks: 1, workers: 2, refused: 1." in page
    assert "Columns not used: note." in page
    assert "4 9 The label is not on the scale." in page
    assert "Import 2 ratings" in page
    assert response.context["form"].initial["scale"] == "1, 2, 3, 4, 5"


def test_another_reading_is_chosen(as_alice: Client, upload: Any) -> None:
    kept = upload()
    choices = {"question": "label", "task": "task", "worker": "worker", "scale": "9, 8, 6, 5, 4"}

    as_alice.post(reverse("import", args=[kept.pk]), choices)

    assert "3 ratings ready" in text_of(as_alice.get(reverse("import", args=[kept.pk])))


def test_a_scale_of_other_than_five_points_is_refused_at_its_field(
    as_alice: Client, upload: Any
) -> None:
    kept = upload()
    choices = {"question": "label", "task": "task", "worker": "worker", "scale": "1, 2, 3"}

    response = as_alice.post(reverse("import", args=[kept.pk]), choices)

    assert response.status_code == 422
    assert "give five different labels" in text_of(response)


def test_columns_that_are_not_recognised_are_asked_for(as_alice: Client, upload: Any) -> None:
    kept = upload("picture,who,quality\np1,ann,3\n")

    response = as_alice.get(reverse("import", args=[kept.pk]))

    assert "No column for the task and the worker and the label" in text_of(response)
    assert '<option value="who">who</option>' in response.content.decode()
    refused = as_alice.post(reverse("import-confirm", args=[kept.pk]))
    assert messages_of(refused)[0].startswith("No column for")


def test_refused_lines_are_downloaded_without_formulas(as_alice: Client, upload: Any) -> None:
    kept = upload(TABLE.replace("9", "=9"))

    response = as_alice.get(reverse("import-refused", args=[kept.pk]))

    lines = b"".join(response.streaming_content).decode().splitlines()
    assert lines == ["line,label,reason", "4,'=9,The label is not on the scale."]


def test_a_file_that_cannot_be_read_is_refused_at_its_field(as_alice: Client) -> None:
    file = SimpleUploadedFile("pilot.xlsx", b"PK\x03\x04")

    response = as_alice.post(reverse("imports"), {"name": "Pilot", "file": file})

    assert response.status_code == 422
    assert "Save it as “CSV UTF-8”." in text_of(response)
    assert not ImportedRatings.objects.exists()


def test_cancelling_keeps_nothing(as_alice: Client, upload: Any) -> None:
    as_alice.post(reverse("import-delete", args=[upload().pk]))

    assert not ImportedRatings.objects.exists()


def test_imported_ratings_have_a_page_of_results(as_alice: Client, upload: Any) -> None:
    kept = upload()

    response = as_alice.post(reverse("import-confirm", args=[kept.pk]), follow=True)

    page = text_of(response)
    assert "2 ratings from pilot.csv. Workers have random pseudonyms." in page
    assert "Refused: 1 × The label is not on the scale." in page
    assert "Columns not used: note." in page
    assert "Krippendorff’s alpha, ordinal" in page
    assert response.context["results"].overall.scores == (0, 0, 0, 1, 1)
    assert "2 of 2 raters" in page
    fragment = as_alice.get(reverse("import-results", args=[kept.pk]), {"fragment": 1})
    assert "<html" not in fragment.content.decode()
    assert (
        reverse("import-results", args=[kept.pk])
        in as_alice.get(reverse("import", args=[kept.pk])).headers["Location"]
    )
