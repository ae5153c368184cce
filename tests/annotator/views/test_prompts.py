from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotator.domain.design import gold
from annotator.domain.material import generations, prompts
from annotator.enums import UploadStatus
from annotator.models import PromptUpload, Study, Word
from tests import factories
from tests.annotator.views.reading import text_of

WORDS = [
    {"text": "A", "pos": "DET"},
    {"text": "circle", "pos": "NOUN"},
    {"text": "rolls", "pos": "VERB"},
]
REFUSED = [
    {"line": 3, "prompt": "=SUM(A1)", "reason": "The prompt is far too long."},
    {"line": 9, "prompt": "", "reason": "The prompt is empty."},
]


@pytest.fixture
def study(alice: User) -> Study:
    return factories.make_study(alice)


def staged(study: Study, **fields: Any) -> PromptUpload:
    upload = prompts.keep_upload(
        study=study, user=study.owner, file_name="spring.csv", content=b"prompt\na cat\n"
    )
    PromptUpload.objects.filter(pk=upload.pk).update(**fields)
    return upload


def inspected(study: Study, **fields: Any) -> PromptUpload:
    """An upload as a worker leaves it for the preview."""
    preview = [
        {"line": 2, "prompt": "A circle rolls", "seed": 7, "external_id": "p1", "words": WORDS}
    ]
    found: dict[str, Any] = {
        "status": UploadStatus.READY,
        "rows_ready": 1598,
        "refused": REFUSED,
        "preview": preview,
    }
    return staged(study, **(found | fields))


def page_of(client: Client, upload: PromptUpload, **query: Any) -> Any:
    return client.get(reverse("upload", args=[upload.study_id, upload.pk]), query)


# -- uploading -----------------------------------------------------------------------------------


def test_a_file_is_staged_and_shown(as_alice: Client, study: Study) -> None:
    file = SimpleUploadedFile("spring.csv", b"prompt\na cat\n")

    response = as_alice.post(reverse("prompts", args=[study.pk]), {"file": file})

    upload = study.uploads.get()
    assert response.headers["Location"] == reverse("upload", args=[study.pk, upload.pk])
    assert (upload.file_name, bytes(upload.content)) == ("spring.csv", b"prompt\na cat\n")
    assert upload.status == UploadStatus.INSPECTING


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The submitted file is empty."),
        (b" \n", "Upload one with a prompt in it."),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_beside_its_field(
    as_alice: Client, study: Study, content: bytes, sentence: str
) -> None:
    file = SimpleUploadedFile("empty.csv", content)

    response = as_alice.post(reverse("prompts", args=[study.pk]), {"file": file})

    assert response.status_code == 422
    assert sentence in text_of(response)
    assert not study.uploads.exists()


def test_a_file_too_large_is_refused(as_alice: Client, study: Study, settings: Any) -> None:
    settings.MAX_UPLOAD_BYTES = 10
    file = SimpleUploadedFile("large.txt", b"a red circle above a blue square")

    response = as_alice.post(reverse("prompts", args=[study.pk]), {"file": file})

    assert response.status_code == 422
    assert "Upload it in several parts" in text_of(response)


def test_the_same_file_twice_is_recognised(as_alice: Client, study: Study) -> None:
    upload = staged(study)
    factories.make_batch(study, sha256=upload.sha256)
    file = SimpleUploadedFile("again.csv", b"prompt\na cat\n")

    response = as_alice.post(reverse("prompts", args=[study.pk]), {"file": file})

    assert response.status_code == 422
    assert "in the study already" in text_of(response)


# -- the preview ---------------------------------------------------------------------------------


def test_while_a_file_is_read_its_page_counts(as_alice: Client, study: Study) -> None:
    upload = staged(study, rows_read=640, rows_total=1632)

    response = page_of(as_alice, upload, fragment=1)

    assert "Reading: 640 of 1,632 rows." in text_of(response)
    assert 'data-every="1"' in response.content.decode()
    assert "<html" not in response.content.decode()


def test_a_file_nobody_reads_is_said_to_wait(as_alice: Client, study: Study) -> None:
    upload = staged(study)
    assert "No worker answers" not in text_of(page_of(as_alice, upload))

    long_ago = timezone.now() - timedelta(minutes=1)
    PromptUpload.objects.update(touched_at=long_ago)

    assert "No worker answers" in text_of(page_of(as_alice, upload))


def test_the_preview_shows_words_with_their_part_of_speech_and_what_is_refused(
    as_alice: Client, study: Study
) -> None:
    page = text_of(page_of(as_alice, inspected(study, note="Columns not used: author.")))

    assert "1,598 prompts ready, 2 rows refused." in page
    assert "Columns not used: author." in page
    assert "Line 2 · seed 7 · p1 A determiner circle noun rolls verb" in page
    assert "9 The prompt is empty." in page
    assert "Import 1,598 prompts" in page


def test_where_nothing_is_ready_nothing_can_be_imported(as_alice: Client, study: Study) -> None:
    response = page_of(as_alice, inspected(study, rows_ready=0, preview=[]))

    assert "0 prompts ready" in text_of(response)
    assert 'form="import"' not in response.content.decode()


def test_a_refused_file_says_why(as_alice: Client, study: Study) -> None:
    upload = staged(study, status=UploadStatus.REFUSED, error="The first line names no column.")

    response = page_of(as_alice, upload)

    assert "The first line names no column." in text_of(response)
    assert "data-every" not in response.content.decode()


def test_refused_rows_are_downloaded_without_formulas(as_alice: Client, study: Study) -> None:
    upload = inspected(study)

    response = as_alice.get(reverse("upload-refused", args=[study.pk, upload.pk]))

    rows = list(csv.reader(io.StringIO(response.content.decode())))
    assert rows == [
        ["line", "prompt", "reason"],
        ["3", "'=SUM(A1)", "The prompt is far too long."],
        ["9", "", "The prompt is empty."],
    ]
    assert response.headers["Content-Disposition"] == 'attachment; filename="refused.csv"'


# -- importing -----------------------------------------------------------------------------------


def test_an_import_is_asked_for_followed_and_ends_at_the_study(
    as_alice: Client, study: Study
) -> None:
    upload = inspected(study)
    as_alice.post(reverse("upload-import", args=[study.pk, upload.pk]))
    PromptUpload.objects.update(rows_read=400)
    assert "Importing: 400 of 1,598 prompts." in text_of(page_of(as_alice, upload, fragment=1))

    PromptUpload.objects.update(status=UploadStatus.IMPORTED)

    address = reverse("upload", args=[study.pk, upload.pk])
    assert f'data-go="{address}"' in page_of(as_alice, upload, fragment=1).content.decode()
    assert page_of(as_alice, upload).headers["Location"] == reverse("study", args=[study.pk])


def test_cancelling_leaves_nothing_behind(as_alice: Client, study: Study) -> None:
    upload = inspected(study)

    response = as_alice.post(reverse("upload-cancel", args=[study.pk, upload.pk]))

    assert response.headers["Location"] == reverse("prompts", args=[study.pk])
    assert not PromptUpload.objects.exists()


# -- prompts and pictures ------------------------------------------------------------------------


def test_prompts_are_listed_with_files_waiting_and_imported(
    as_alice: Client, study: Study, alice: User
) -> None:
    batch = factories.make_batch(study, file_name="winter.csv", imported_by=alice)
    factories.make_batch(study, file_name="winter.csv")
    factories.make_generation(factories.make_prompt(study, batch=batch))
    inspected(study)

    response = as_alice.get(reverse("prompts", args=[study.pk]))

    page = text_of(response)
    assert "spring.csv ready to import" in page
    assert "winter.csv (1) 1 prompt ·" in page
    assert "winter.csv (2) 0 prompts" in page
    assert "a red circle rolls quickly" in page
    picture = reverse("picture", args=[study.pk, study.generations.get().pk])
    assert f'src="{picture}"' in response.content.decode()
    detail = as_alice.get(reverse("prompt", args=[study.pk, study.generations.get().pk]))
    assert "file winter.csv (1), line 1" in text_of(detail)


def test_a_picture_is_shown_with_a_heat_map_for_every_word(as_alice: Client, study: Study) -> None:
    generation = factories.make_generation(factories.make_prompt(study))

    response = as_alice.get(reverse("prompt", args=[study.pk, generation.pk]))

    maps = [
        reverse("heat-map", args=[study.pk, heat_map.public_id])
        for heat_map in generation.heat_maps.all()
    ]
    assert len(maps) == len(factories.SENTENCE)
    assert all(f'src="{address}"' in response.content.decode() for address in maps)
    assert "quickly adverb" in text_of(response)
    assert "steps 30" in text_of(response)


def test_a_word_cut_off_is_shown_as_such(as_alice: Client, study: Study) -> None:
    generation = factories.make_generation(factories.make_prompt(study))
    last = generation.heat_maps.order_by("row").last()
    assert last is not None
    Word.objects.filter(pk=last.word_id).update(truncated=True)
    last.delete()

    page = text_of(as_alice.get(reverse("prompt", args=[study.pk, generation.pk])))

    assert "cut off by the text encoder: the model never saw it quickly adverb" in page


def test_a_failed_picture_says_why(as_alice: Client, study: Study) -> None:
    prompt = factories.make_prompt(study)
    generations.request_generations(study=study, prompts=[prompt])
    (failing,) = generations.claim(keys=[prompt.generations.get().pk])
    generations.fail(generation=failing, reason="No such model: nosuch/model.")

    page = text_of(as_alice.get(reverse("prompt", args=[study.pk, failing.pk])))

    assert "No such model: nosuch/model." in page


def test_the_limit_of_the_form_is_the_limit_of_the_server() -> None:
    """A body that the server cut off would be an error page without a reason."""
    assert settings.DATA_UPLOAD_MAX_MEMORY_SIZE >= settings.MAX_UPLOAD_BYTES


# -- what controls and checks are made of --------------------------------------------------------


def test_a_second_picture_is_told_from_the_first(as_alice: Client, alice: User) -> None:
    study = factories.make_study(alice)
    first = factories.make_generation(factories.make_prompt(study, seed=1))
    second = factories.make_generation(factories.make_prompt(study, seed=2))
    study.prompts.filter(pk=second.prompt_id).update(control_of=first.prompt_id)

    index = text_of(as_alice.get(reverse("prompts", args=[study.pk])))
    page = as_alice.get(reverse("prompt", args=[study.pk, second.pk]))

    assert index.count("second picture, for controls only") == 1
    assert "made with seed 2 only for controls" in text_of(page)
    assert reverse("prompt", args=[study.pk, first.pk]) in page.content.decode()


def test_a_gold_item_shows_what_is_right_and_why_on_its_prompt(
    as_alice: Client, alice: User
) -> None:
    study = factories.make_study(alice)
    generation = factories.make_generation(factories.make_prompt(study))
    heat_map = generation.heat_maps.get(word__text="circle")
    gold.add_gold(study=study, user=alice, heat_map=heat_map, accepted=(4, 5), feedback="All.")

    page = text_of(as_alice.get(reverse("prompt", args=[study.pk, generation.pk])))

    assert "Gold item , right: 4 to 5 All." in page
    assert page.count("Use as a gold item") == 4
