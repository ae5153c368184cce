import threading
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone

from annotator.domain.export import snapshot_numbers, snapshots
from annotator.models import Snapshot, Study
from tests.annotator.answers import make_rated_study
from workers.housekeeping import resend_stuck
from workers.pace import signs_of_life
from workers.snapshots import write_snapshot


@pytest.fixture
def study(alice: User) -> Study:
    return make_rated_study(alice)


def test_a_snapshot_is_written_and_its_progress_told(study: Study) -> None:
    asked = snapshots.request(study=study, user=None, name="v1")
    write_snapshot(asked.pk)
    asked.refresh_from_db()
    assert (asked.status, asked.n_ratings) == ("ready", 9)
    assert 0 < asked.rows_done <= asked.rows_total
    write_snapshot(asked.pk)  # a message that comes twice finds nothing to do
    assert Snapshot.objects.get().sha256 == asked.sha256


def test_what_went_wrong_is_a_sentence_on_the_row(study: Study) -> None:
    asked = snapshots.request(study=study, user=None, name="v1")
    Path(settings.MEDIA_ROOT, "snapshots").write_text("not a folder")
    write_snapshot(asked.pk)
    asked.refresh_from_db()
    assert asked.status == "failed"
    assert asked.error.startswith("The snapshot could not be written: File exists. Make room on")


def test_housekeeping_begins_again_what_a_dead_worker_left(study: Study) -> None:
    asked = snapshots.request(study=study, user=None, name="v1")
    snapshots.claim(key=asked.pk)
    Snapshot.objects.update(touched_at=timezone.now() - timedelta(minutes=3))
    resend_stuck()
    write_snapshot(asked.pk)
    asked.refresh_from_db()
    assert asked.status == "ready"


def test_signs_of_life_are_given_while_numbers_are_computed(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = snapshots.request(study=study, user=None, name="v1")
    touched, begun = [], threading.Event()

    def touch(*, snapshot: Snapshot) -> None:
        # Not the real one: its thread would wait for this test's transaction.
        if begun.is_set():
            touched.append(snapshot.pk)
            computing.set()

    computing, compute = threading.Event(), snapshot_numbers.compute

    def slowly(**asked_for: Any) -> Any:
        begun.set()
        assert computing.wait(10)
        return compute(**asked_for)

    monkeypatch.setattr(snapshots, "touch", touch)
    monkeypatch.setattr(snapshot_numbers, "compute", slowly)
    monkeypatch.setattr("workers.snapshots.signs_of_life", partial(signs_of_life, seconds=0.001))
    write_snapshot(asked.pk)
    asked.refresh_from_db()
    assert (asked.status, set(touched)) == ("ready", {asked.pk})
