"""Uploaded files, read with the bundled model's tokenizer and cut into words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from annotator.domain.material import prompts
from annotator.enums import UploadStatus
from annotator.models import PromptBatch, PromptUpload, Study, Word
from workers.housekeeping import drop_old, expire_assignments, resend_stuck
from workers.language import import_upload, inspect_upload

CONTENT = "a red circle\n\ntwo small stars fall slowly\n" + "circle " * 60 + "\n"


def stage(study: Study, content: str = CONTENT, name: str = "prompts.txt") -> PromptUpload:
    return prompts.stage_upload(
        study=study, user=study.owner, file_name=name, content=content.encode()
    )


def inspected(study: Study, **how: str) -> PromptUpload:
    upload = stage(study, **how)
    inspect_upload(upload.pk)
    upload.refresh_from_db()
    return upload


# -- tasks ---------------------------------------------------------------------------------------


def test_an_upload_is_read_and_shown_with_its_words(study: Study) -> None:
    upload = inspected(study)
    assert (upload.status, upload.rows_ready) == (UploadStatus.READY, 2)
    shown = [[(word["text"], word["pos"]) for word in row["words"]] for row in upload.preview]
    assert shown[0] == [("a", "DET"), ("red", "ADJ"), ("circle", "NOUN")]
    assert ("slowly", "ADV") in shown[1]


def test_prompts_too_long_for_the_text_encoder_are_refused_with_their_length(study: Study) -> None:
    refused = prompts.refused_rows(inspected(study))
    assert [row.line for row in refused] == [2, 4]
    assert refused[1].reason.startswith("Too long for the text encoder: 62 tokens, at most ")


def test_an_approved_upload_is_imported_with_all_its_words(study: Study) -> None:
    upload = inspected(study)
    prompts.request_import(upload=upload, user=study.owner)
    import_upload(upload.pk)
    batch = study.batches.get()
    assert [prompt.line for prompt in batch.prompts.all()] == [1, 3]
    words = Word.objects.filter(prompt=batch.prompts.get(line=3))
    text = "two small stars fall slowly"
    assert [text[word.start : word.end] for word in words] == [word.text for word in words]
    assert " ".join(word.text for word in words) == text
    assert study.generations.queued().count() == 2


def test_running_the_tasks_again_changes_nothing(study: Study) -> None:
    upload = inspected(study)
    prompts.request_import(upload=upload, user=study.owner)
    for _ in range(2):
        import_upload(upload.pk)
        inspect_upload(upload.pk)
    assert study.prompts.count() == 2
    upload.refresh_from_db()
    assert upload.status == UploadStatus.IMPORTED


def test_an_upload_cancelled_in_the_meantime_is_passed_over(study: Study) -> None:
    upload = inspected(study)
    prompts.cancel_upload(upload=upload)
    inspect_upload(upload.pk)
    import_upload(upload.pk)
    assert not PromptBatch.objects.exists()


def test_a_file_without_a_header_is_refused_with_the_reason(study: Study) -> None:
    upload = inspected(study, content="a red circle\n", name="prompts.csv")
    assert upload.status == UploadStatus.REFUSED
    assert "does not name the columns" in upload.error


def test_a_study_whose_model_is_not_there_says_so(study: Study) -> None:
    Study.objects.update(model="no such model")
    study.refresh_from_db()
    upload = inspected(study)
    assert upload.status == UploadStatus.REFUSED
    assert "no such model" in upload.error


def test_housekeeping_has_nothing_to_do_in_a_healthy_study(study: Study) -> None:
    upload = inspected(study)
    resend_stuck()
    expire_assignments()
    drop_old()
    upload.refresh_from_db()
    assert upload.status == UploadStatus.READY


# -- the command ---------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "prompts.txt"
    path.write_text(CONTENT)
    return path


def test_the_command_imports_the_good_rows_and_lists_the_others(
    study: Study, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("import_prompts", str(study.pk), str(file))
    shown = capsys.readouterr()
    assert "2 prompts imported, 2 rows refused." in shown.out
    assert "line 2: The prompt is empty." in shown.err
    assert study.generations.queued().count() == 2
    assert not PromptUpload.objects.exists()


def test_the_strict_command_imports_nothing_when_a_row_is_refused(
    study: Study, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CommandError, match="2 rows refused; nothing was imported"):
        call_command("import_prompts", study.name, str(file), strict=True)
    assert "line 4: Too long" in capsys.readouterr().err
    assert not study.prompts.exists()
    assert not PromptUpload.objects.exists()


def test_the_command_recognises_a_file_it_has_imported(study: Study, file: Path) -> None:
    call_command("import_prompts", str(study.pk), str(file))
    with pytest.raises(CommandError, match="in the study already"):
        call_command("import_prompts", str(study.pk), str(file))
    assert study.prompts.count() == 2


@pytest.mark.parametrize(
    ("name", "reason"), [("missing.csv", "cannot be read"), ("empty.csv", "empty")]
)
def test_the_command_says_what_is_wrong_with_a_file(
    study: Study, tmp_path: Path, name: str, reason: str
) -> None:
    (tmp_path / "empty.csv").touch()
    with pytest.raises(CommandError, match=reason):
        call_command("import_prompts", str(study.pk), str(tmp_path / name))


def test_the_demos_prompts_are_all_good_and_many(study: Study) -> None:
    path = Path(settings.BASE_DIR) / "workers" / "demo_prompts.csv"
    call_command("import_prompts", str(study.pk), str(path), strict=True)
    assert study.prompts.count() >= 24
    parts: set[Any] = set(Word.objects.values_list("pos", flat=True))
    assert parts >= {"NOUN", "VERB", "ADJ", "ADV", "NUM", "ADP", "DET", "CCONJ", "PUNCT"}
