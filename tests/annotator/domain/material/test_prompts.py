"""From a staged file to prompts, words and queued pictures: whole, or not at all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError
from django.utils import timezone

from annotator.domain.material import prompts
from annotator.domain.material.prompt_rows import RefusedRow, Row
from annotator.domain.material.prompts import ParsedRow, ParsedWord
from annotator.enums import GenerationStatus, StudyStatus, UploadStatus
from annotator.errors import AlreadyImported, UploadRefused, WrongStatus
from annotator.models import Prompt, PromptBatch, PromptUpload, Study, Word
from tests.factories import make_study

CONTENT = b"prompt,seed,external_id\na cat,1,x1\na dog,2,\n,3,\n"


@pytest.fixture
def study(alice: User) -> Study:
    return make_study(alice)


def stage(study: Study, content: bytes = CONTENT, name: str = "p.csv") -> PromptUpload:
    return prompts.stage_upload(study=study, user=study.owner, file_name=name, content=content)


def parsed(row: Row, end: int = 1) -> ParsedRow:
    """The row with a word for each of its words, the first ending at `end`."""
    words = [
        ParsedWord(index, text, 0, end, text, "NOUN", "dep", 0)
        for index, text in enumerate(row.text.split())
    ]
    return ParsedRow(row, words)


def inspect(upload: PromptUpload) -> list[ParsedRow]:
    """What a worker does, without a model."""
    contents = prompts.read_upload(upload)
    rows = [parsed(row) for row in contents.rows]
    prompts.record_inspection(
        upload=upload,
        ready=contents.rows,
        refused=contents.refused,
        preview=rows[:1],
        note=contents.note,
    )
    upload.refresh_from_db()
    return rows


# -- staging -------------------------------------------------------------------------------------


def test_a_staged_file_is_sent_to_a_worker_once_it_is_stored(
    study: Study, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks() as sent:
        upload = stage(study)
    assert upload.status == UploadStatus.INSPECTING
    assert len(sent) == 1


def test_the_same_file_staged_twice_is_one_upload(study: Study) -> None:
    assert stage(study) == stage(study, name="renamed.csv")


def test_a_refused_file_can_be_staged_again(study: Study) -> None:
    upload = stage(study)
    prompts.refuse_upload(upload=upload, reason="The model could not be loaded.")
    assert stage(study) != upload


def test_a_file_imported_before_is_recognised(study: Study, bob: User) -> None:
    upload = stage(study)
    prompts.import_rows(upload=upload, rows=inspect(upload))
    with pytest.raises(AlreadyImported):
        stage(study, name="renamed.csv")
    assert stage(make_study(bob)).status == UploadStatus.INSPECTING


@pytest.mark.parametrize("content", [b"", b" \n", b"a" * (20 * 1024**2 + 1)])
def test_empty_and_huge_files_are_refused_at_once(study: Study, content: bytes) -> None:
    with pytest.raises(UploadRefused):
        stage(study, content)
    assert not PromptUpload.objects.exists()


def test_a_closed_study_takes_no_prompts(study: Study) -> None:
    Study.objects.filter(pk=study.pk).update(status=StudyStatus.CLOSED)
    study.refresh_from_db()
    with pytest.raises(UploadRefused, match="closed"):
        stage(study)


def test_a_cancelled_upload_leaves_nothing(study: Study) -> None:
    prompts.cancel_upload(upload=stage(study))
    assert not PromptUpload.objects.exists()


# -- inspecting ----------------------------------------------------------------------------------


def test_an_inspection_shows_what_would_be_imported_and_what_not(study: Study) -> None:
    upload = stage(study)
    inspect(upload)
    assert upload.status == UploadStatus.READY
    assert (upload.rows_ready, upload.rows_read, upload.rows_total) == (2, 3, 3)
    assert upload.preview[0]["prompt"] == "a cat"
    assert [word["text"] for word in upload.preview[0]["words"]] == ["a", "cat"]
    assert prompts.refused_rows(upload) == [RefusedRow(4, "", "The prompt is empty.")]


def test_refused_rows_are_in_the_order_of_the_file(study: Study) -> None:
    upload = stage(study)
    reasons = [RefusedRow(line, "", "") for line in (3, 1, 2)]
    prompts.record_inspection(upload=upload, ready=[], refused=reasons, preview=[])
    upload.refresh_from_db()
    assert [row.line for row in prompts.refused_rows(upload)] == [1, 2, 3]


def test_prompts_the_study_has_already_are_refused(study: Study) -> None:
    upload = stage(study)
    prompts.import_rows(upload=upload, rows=inspect(upload))
    contents = prompts.read_upload(stage(study, b"prompt,seed\na cat,1\na cat,9\n"))
    assert [row.seed for row in contents.rows] == [9]
    assert contents.refused[0].line == 2
    assert "in this study already" in contents.refused[0].reason


def test_progress_is_a_sign_of_life(study: Study) -> None:
    upload = stage(study)
    PromptUpload.objects.update(touched_at=timezone.now() - timedelta(hours=1))
    prompts.record_progress(upload=upload, rows_read=5, rows_total=9)
    upload.refresh_from_db()
    assert (upload.rows_read, upload.rows_total) == (5, 9)
    assert prompts.resend_stuck() == 0


def test_a_file_that_cannot_be_used_says_why(study: Study) -> None:
    upload = stage(study)
    prompts.refuse_upload(upload=upload, reason="The file is empty.")
    upload.refresh_from_db()
    assert (upload.status, upload.error) == (UploadStatus.REFUSED, "The file is empty.")


# -- importing -----------------------------------------------------------------------------------


def test_an_import_is_asked_for_once(study: Study, django_capture_on_commit_callbacks: Any) -> None:
    upload = stage(study)
    inspect(upload)
    with django_capture_on_commit_callbacks() as sent:
        prompts.request_import(upload=upload, user=study.owner)
        prompts.request_import(upload=upload, user=study.owner)
    assert len(sent) == 1
    assert prompts.find_upload(upload.pk, UploadStatus.IMPORTING) == upload


def test_a_file_being_read_cannot_be_imported(study: Study) -> None:
    upload = stage(study)
    with pytest.raises(WrongStatus, match="still being read"):
        prompts.request_import(upload=upload, user=study.owner)
    assert prompts.import_rows(upload=upload, rows=[]) is None
    assert not PromptBatch.objects.exists()


def test_imported_prompts_have_their_words_and_a_queued_picture(study: Study) -> None:
    upload = stage(study)
    batch = prompts.import_rows(upload=upload, rows=inspect(upload))
    assert batch is not None
    assert list(batch.prompts.values_list("line", "text", "seed", "external_id")) == [
        (2, "a cat", 1, "x1"),
        (3, "a dog", 2, ""),
    ]
    assert list(Word.objects.values_list("prompt__text", "index", "text")) == [
        ("a cat", 0, "a"),
        ("a cat", 1, "cat"),
        ("a dog", 0, "a"),
        ("a dog", 1, "dog"),
    ]
    queued = study.generations.filter(status=GenerationStatus.QUEUED)
    assert set(queued.values_list("prompt", flat=True)) == set(
        batch.prompts.values_list("pk", flat=True)
    )
    upload.refresh_from_db()
    assert (upload.status, bytes(upload.content)) == (UploadStatus.IMPORTED, b"")
    assert [entry.text for entry in study.log.all()] == ["Imported 2 prompts from p.csv"]


def test_an_import_that_breaks_leaves_nothing_behind(study: Study) -> None:
    upload = stage(study)
    good, bad = (row.row for row in inspect(upload))
    with pytest.raises(IntegrityError):
        prompts.import_rows(upload=upload, rows=[parsed(good), parsed(bad, end=0)])
    assert not PromptBatch.objects.exists()
    assert not Prompt.objects.exists()
    assert not study.generations.exists()
    upload.refresh_from_db()
    assert upload.status == UploadStatus.READY


def test_importing_twice_imports_once(study: Study) -> None:
    upload = stage(study)
    rows = inspect(upload)
    assert prompts.import_rows(upload=upload, rows=rows) is not None
    assert prompts.import_rows(upload=upload, rows=rows) is None
    assert study.prompts.count() == 2


def test_prompts_another_file_brought_meanwhile_are_passed_over(study: Study) -> None:
    first, second = stage(study), stage(study, CONTENT + b"a bird,4,\n")
    rows_of_first, rows_of_second = inspect(first), inspect(second)
    prompts.import_rows(upload=first, rows=rows_of_first)
    batch = prompts.import_rows(upload=second, rows=rows_of_second)
    assert batch is not None
    assert [prompt.text for prompt in batch.prompts.all()] == ["a bird"]


def test_an_import_of_thousands_of_rows_is_whole(study: Study) -> None:
    content = "prompt\n" + "".join(f"prompt number {number}\n" for number in range(3000))
    upload = stage(study, content.encode())
    prompts.import_rows(upload=upload, rows=inspect(upload))
    assert study.prompts.count() == study.generations.queued().count() == 3000
    assert Word.objects.count() == 9000


# -- housekeeping --------------------------------------------------------------------------------


def test_uploads_whose_message_was_lost_are_sent_again(
    study: Study, django_capture_on_commit_callbacks: Any
) -> None:
    upload = stage(study)
    inspect(stage(study, b"prompt\nready and waiting for a person\n"))
    later = timezone.now() + prompts.STUCK_AFTER * 2
    with django_capture_on_commit_callbacks() as sent:
        assert prompts.resend_stuck(at=timezone.now()) == 0
        assert prompts.resend_stuck(at=later) == 1
        assert prompts.resend_stuck(at=later) == 0
    assert len(sent) == 1
    assert prompts.find_upload(upload.pk, UploadStatus.INSPECTING) == upload


def test_files_nobody_came_back_for_are_forgotten(study: Study) -> None:
    stage(study)
    assert prompts.drop_old_uploads() == 0
    assert prompts.drop_old_uploads(at=timezone.now() + prompts.KEPT_FOR * 2) == 1
    assert not PromptUpload.objects.exists()
