"""Large files of ratings made elsewhere, read and imported by a worker."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from annotator.domain.elsewhere import files
from annotator.enums import UploadStatus
from annotator.errors import WrongStatus
from annotator.models import ImportedRatings
from workers.elsewhere import read_ratings, store_ratings


@pytest.fixture
def large(alice: User, monkeypatch: pytest.MonkeyPatch) -> ImportedRatings:
    monkeypatch.setattr(files, "AT_ONCE", 2)
    content = b"task,worker,label\na,ann,5\na,bob,4\nb,ann,1\n"
    return files.keep_file(user=alice, name="Pilot", file_name="pilot.csv", content=content)


def test_a_large_file_waits_for_a_worker_who_tells_how_far_it_is(large: ImportedRatings) -> None:
    assert (large.status, files.preview(large).n_ratings) == (UploadStatus.INSPECTING, 0)
    with pytest.raises(WrongStatus, match="still being read"):
        files.request_import(imported=large)

    read_ratings(large.pk)
    large.refresh_from_db()
    assert (large.status, files.preview(large).n_ratings) == (UploadStatus.READY, 3)
    assert (large.rows_read, large.rows_total) == (3, 4)

    files.request_import(imported=large)
    assert large.status == UploadStatus.IMPORTING
    store_ratings(large.pk)
    large.refresh_from_db()
    assert (large.status, large.summary["ratings"]) == (UploadStatus.IMPORTED, 3)
    store_ratings(large.pk)  # a message that comes twice finds nothing to do


def test_a_failure_says_why_and_the_file_can_be_read_again(
    large: ImportedRatings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.delattr(files, "inspect")
        read_ratings(large.pk)
    large.refresh_from_db()
    assert large.status == UploadStatus.REFUSED
    assert "Something unexpected happened (NameError" in large.error

    files.choose(imported=large, choices=files.choices_of(large))
    read_ratings(large.pk)

    large.refresh_from_db()
    assert (large.status, large.error) == (UploadStatus.READY, "")


def test_a_file_that_kills_its_worker_is_given_up_and_can_be_tried_again(
    large: ImportedRatings,
) -> None:
    at = large.touched_at
    for _ in range(files.MOST_ATTEMPTS):
        assert files.begin(large.pk, UploadStatus.INSPECTING) is not None  # and no more is heard
        at += 2 * files.STUCK_AFTER
        sent = files.resend_stuck(at=at)

    large.refresh_from_db()
    assert (sent, large.status) == (0, UploadStatus.REFUSED)
    assert "The worker stopped 3 times during this file" in large.error
    files.choose(imported=large, choices=files.choices_of(large))
    assert (large.status, large.attempts) == (UploadStatus.INSPECTING, 0)


def test_a_file_that_waits_for_a_worker_is_never_given_up(large: ImportedRatings) -> None:
    for times in range(1, 6):
        assert files.resend_stuck(at=large.touched_at + 2 * times * files.STUCK_AFTER) == 1


@pytest.mark.parametrize("end", ["\r", "\r\n", "\n"])
def test_the_lines_of_a_large_file_are_counted_however_they_end(
    alice: User, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    monkeypatch.setattr(files, "AT_ONCE", 2)
    content = end.join(["task,worker,label", "a,ann,5", "a,bob,4", "b,ann,1", ""]).encode()

    kept = files.keep_file(user=alice, name="Pilot", file_name="pilot.csv", content=content)

    assert (kept.rows_total, kept.status) == (4, UploadStatus.INSPECTING)
    read_ratings(kept.pk)
    kept.refresh_from_db()
    assert files.preview(kept).n_ratings == 3
