from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from annotator.domain.elsewhere import files
from annotator.domain.elsewhere.choices import Choices
from annotator.domain.elsewhere.inspection import inspect
from annotator.models import ImportedRatings
from tests.annotator.views.reading import messages_of, text_of

TABLE = "task,worker,label,note\na,ann,5,x\na,bob,4,x\nb,ann,99,x\n"
COLUMNS = {"question": "label", "task": "task", "worker": "worker"}


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
    assert "4 99 The label is not on the scale." in page
    assert "Import 2 ratings" in page
    assert response.context["form"].initial["scale"] == "1\n2\n3\n4\n5"


OPTIONAL = """task,worker,label,submitted_at,expected,round
a,ann,5,2026-03-14T09:15:43Z,4,1
a,ann,4,yesterday,4,2
a,bob,4,2026-03-15T09:15:43Z,4,1
b,bob,2,,,1
"""


def test_the_preview_says_what_each_column_was_taken_for(as_alice: Client, upload: Any) -> None:
    kept = upload(OPTIONAL)
    address = reverse("import", args=[kept.pk])

    page = text_of(as_alice.get(address))

    for sentence in (
        "“task” names the task, “worker” the worker, “label” holds the answer.",
        "“round” numbers a worker's rounds of a task. The first counts; later ones are compared "
        "with it. 1 rating is a repeat.",
        "“expected” holds the known answer. Ratings that have one: 2, of tasks: 1. They count in "
        "the other numbers, too.",
        "“submitted_at” says when a rating was given. The first: 2026-03-14 09:15, the last: "
        "2026-03-15 09:15, UTC. 2 ratings have no time that can be read",
    ):
        assert sentence in page
    none = dict.fromkeys(("round", "known", "time"), "")
    as_alice.post(address, {**COLUMNS, **none, "order": "ordered"})
    page = text_of(as_alice.get(address))
    assert "Columns not used: submitted_at, expected, round." in page
    assert "2 × The same worker rated the same task on another line too." in page


def test_repeats_and_known_answers_are_among_the_results(as_alice: Client, upload: Any) -> None:
    kept = upload(OPTIONAL)

    response = as_alice.post(reverse("import-confirm", args=[kept.pk]), follow=True)

    page = text_of(response)
    for sentence in (
        "1 repeat is compared with its first rating, and in no other number.",
        "Ratings compared with a known answer: 2. They count in the other numbers, too.",
        "Given between 2026-03-14 09:15 and 2026-03-15 09:15, UTC.",
        "The same score again 0.00 (no interval) 1 no interval: only one rater has any",
        "The known answer 0.50 [0.00, 1.00] 2",
        "Alpha without Same again Known answers",
        " 0 / 1 0 / 1 ",
        " – 1 / 1 ",
    ):
        assert sentence in page
    rows = {row["name"]: row for row in response.context["rater_rows"]}
    assert sorted((row["same"], row["right"]) for row in rows.values()) == [
        ("0 / 1", "0 / 1"),
        ("–", "1 / 1"),
    ]
    address = reverse("import-figure", args=[kept.pk, "csv"])
    lines = as_alice.get(address, {"figure": "reliability"}).content.decode().splitlines()
    assert [line.split(",")[:4] for line in lines[1:]] == [
        ["self_agreement", "exact", "1", "0.0"],
        ["self_agreement", "within_one", "1", "1.0"],
        ["self_agreement", "kappa_quadratic", "1", "0.0"],
        ["known_answers", "exact", "2", "0.5"],
        ["known_answers", "within_one", "2", "1.0"],
    ]


def test_another_reading_is_chosen(as_alice: Client, upload: Any) -> None:
    kept = upload()
    choices = {**COLUMNS, "order": "ordered", "scale": "99, 8, 6, 5, 4"}

    as_alice.post(reverse("import", args=[kept.pk]), choices)

    assert "3 ratings ready" in text_of(as_alice.get(reverse("import", args=[kept.pk])))


@pytest.mark.parametrize(
    ("order", "scale", "sentence"),
    [
        ("ordered", "4", "Name 2 to 11 labels; these are 1."),
        ("ordered", ",".join(map(str, range(12))), "Name 2 to 11 labels; these are 12."),
        ("names", "\n".join(map(str, range(31))), "Name 2 to 30 labels; these are 31."),
        ("ordered", "good\nbad\n Good", "“good” is there twice."),
    ],
)
def test_a_scale_that_is_none_is_refused_at_its_field(
    as_alice: Client, upload: Any, order: str, scale: str, sentence: str
) -> None:
    kept = upload()
    choices = {**COLUMNS, "order": order, "scale": scale}

    response = as_alice.post(reverse("import", args=[kept.pk]), choices)

    assert response.status_code == 422
    assert sentence in text_of(response)


def test_another_question_has_its_own_scale_guessed(as_alice: Client, upload: Any) -> None:
    kept = upload("task,worker,label,score\na,ann,5,cat\na,bob,4,dog\n")
    address = reverse("import", args=[kept.pk])
    shown = as_alice.get(address).context["form"].initial
    assert (shown["order"], shown["scale"]) == ("ordered", "1\n2\n3\n4\n5")

    sent = {name: value for name, value in shown.items() if value not in (None, False)}
    as_alice.post(address, sent | {"question": "score"})

    shown = as_alice.get(address).context["form"].initial
    assert (shown["order"], shown["scale"]) == ("names", "cat\ndog")


def test_names_without_an_order_have_agreement_and_no_opinion_score(
    as_alice: Client, upload: Any
) -> None:
    rows = ["a,ann,cat", "a,bob,cat", "b,ann,dog", "b,bob,dog", "c,ann,cat", "c,bob,dog"]
    kept = upload("task,worker,label\n" + "\n".join(rows))

    response = as_alice.post(reverse("import-confirm", args=[kept.pk]), follow=True)

    page = text_of(response)
    assert "Which label is commonest?" in page
    assert "Krippendorff’s alpha, nominal" in page
    assert "Gwet’s AC1" in page
    assert "Krippendorff’s nominal alpha changes by so much without the rater" in page
    assert "With the majority" in page
    assert {row["with_majority"] for row in response.context["rater_rows"]} == {"2 / 3"}
    for word in ("ordinal", "opinion score", "Severity", "art of speech", "heat map", "nan"):
        assert word not in page
    assert [figure.name for figure in response.context["figures"]] == ["agreement", "distribution"]
    address = reverse("import-figure", args=[kept.pk, "csv"])
    numbers = as_alice.get(address, {"figure": "distribution"}).content.decode().splitlines()
    assert numbers[0].endswith("n_ratings,label_cat,label_dog,image_too_poor,word_too_abstract")
    assert as_alice.get(address, {"figure": "mos"}).status_code == 404


def test_an_imports_figures_are_downloaded_in_its_own_words(as_alice: Client, upload: Any) -> None:
    kept = upload("task,worker,label,condition\na,ann,0,x\na,bob,10,x\nb,ann,9,y\n")
    page = text_of(as_alice.post(reverse("import-confirm", args=[kept.pk]), follow=True))
    assert "How high are the scores?" in page
    assert "on a scale of 0 to 10" in page
    assert "Mean opinion score by “condition”" in page
    for word in ("heat map", "art of speech", "paper’s rule", "too abstract"):
        assert word not in page

    for extension, begins in (("svg", b"<svg"), ("pdf", b"%PDF"), ("png", b"\x89PNG")):
        address = reverse("import-figure", args=[kept.pk, extension])
        response = as_alice.get(address, {"figure": "mos"})
        assert response.content.startswith(begins)
        name = f"import-{kept.pk}-mos.{extension}"
        assert response.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    numbers = as_alice.get(reverse("import-figure", args=[kept.pk, "csv"]), {"figure": "mos"})
    assert [row.split(",")[:1] for row in numbers.content.decode().splitlines()] == [
        ["pos"],
        ["ALL"],
        ["x"],
        ["y"],
    ]


def test_columns_that_are_not_recognised_are_asked_for(as_alice: Client, upload: Any) -> None:
    kept = upload("picture,who,quality\np1,ann,3\n")

    response = as_alice.get(reverse("import", args=[kept.pk]))

    assert "No column for the task and the worker and the label" in text_of(response)
    assert '<option value="who">who</option>' in response.content.decode()
    refused = as_alice.post(reverse("import-confirm", args=[kept.pk]))
    assert messages_of(refused)[0].startswith("No column for")
    assert as_alice.get(reverse("import-refused", args=[kept.pk])).status_code == 404


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ({"task": "a", "worker": "a", "question": "c"}, "The column “a” is chosen twice."),
        ({"task": "a", "worker": "", "question": "c"}, "This field is required."),
    ],
)
def test_columns_that_are_not_recognised_are_chosen_by_nobody_but_the_researcher(
    as_alice: Client, upload: Any, chosen: dict[str, str], sentence: str
) -> None:
    kept = upload("a,b,c\n1,2,3\n")
    address = reverse("import", args=[kept.pk])
    assert as_alice.get(address).content.decode().count('<option value="" selected>') == 7

    response = as_alice.post(address, chosen | {"order": "ordered"})

    assert response.status_code == 422
    assert sentence in text_of(response)


def test_imported_ratings_are_taken_away_and_read_again_as_they_are(
    as_alice: Client, upload: Any
) -> None:
    rows = ["a,ann,-2,x", "a,bob,2,x", "=b,ann,unable,y", "a,ann,0,y"]
    kept = upload("\n".join(["task,worker,label,condition", *rows]))
    choices = {**COLUMNS, "group": "condition", "order": "ordered", "scale": "-2\n-1\n0\n1\n2"}
    sent = choices | {"opt_outs": "unable", "keep_names": "on"}
    as_alice.post(reverse("import", args=[kept.pk]), sent)
    as_alice.post(reverse("import-confirm", args=[kept.pk]))

    response = as_alice.get(reverse("import-export", args=[kept.pk]))

    text = b"".join(response.streaming_content).decode()
    assert text.splitlines() == [
        "task,worker,label,group,opt_out_code,heat_map_kind,simulated",
        "a / x,ann,-2,x,,real,false",
        "a / x,bob,2,x,,real,false",
        "'=b,ann,,y,word_too_abstract,real,false",
        "a / y,ann,0,y,,real,false",
    ]
    found = inspect(text.encode(), Choices())
    assert (found.n_ratings, found.n_refused, found.unused) == (4, 0, [])
    assert found.judged.scale.values == (-2, -1, 0, 1, 2)


def test_refused_lines_are_downloaded_without_formulas(as_alice: Client, upload: Any) -> None:
    kept = upload(TABLE.replace("99", "=9"))

    response = as_alice.get(reverse("import-refused", args=[kept.pk]))

    lines = b"".join(response.streaming_content).decode().splitlines()
    assert lines == ["line,label,reason", "4,'=9,The label is not on the scale."]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"PK\x03\x04", "Save it as “CSV UTF-8”, or unpack it, and upload that."),
        (b"", "The file is empty. Upload one with a header and a rating per line."),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_at_its_field(
    as_alice: Client, content: bytes, sentence: str
) -> None:
    file = SimpleUploadedFile("pilot.xlsx", content)

    response = as_alice.post(reverse("imports"), {"name": "Pilot", "file": file})

    assert response.status_code == 422
    assert sentence in text_of(response)
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


def test_the_page_of_a_large_file_follows_whoever_reads_it(
    as_alice: Client, upload: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "AT_ONCE", 2)
    kept = upload()
    address = reverse("import", args=[kept.pk])

    page = as_alice.get(address)
    assert "0 of 4 lines read. The file is being read" in text_of(page)
    fragment = as_alice.get(address, {"fragment": 1}).content.decode()
    assert 'data-every="1"' in fragment
    assert "<html" not in fragment

    files.look(kept)
    assert f'data-go="{address}"' in as_alice.get(address, {"fragment": 1}).content.decode()
    assert "2 ratings ready." in text_of(as_alice.get(address))
