from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone

from annotator.domain import experiments
from annotator.enums import ExperimentStatus
from annotator.models import Experiment
from tests.factories import make_experiment, make_finished_experiment


def status_of(experiment: Experiment) -> str:
    return Experiment.objects.get(pk=experiment.pk).status


def test_one_worker_alone_gets_it(alice: User) -> None:
    asked = make_experiment(alice)
    claimed = experiments.claim(key=asked.pk)
    assert claimed is not None
    assert claimed.attempts == 1
    assert experiments.claim(key=asked.pk) is None
    assert experiments.claim(key=asked.pk + 1) is None


def test_progress_and_results_are_recorded_under_the_claim_only(alice: User) -> None:
    asked = make_experiment(alice)
    first = experiments.claim(key=asked.pk)
    assert first is not None
    assert experiments.advance(experiment=first, made=1, total=2)
    long_ago = timezone.now() - timedelta(hours=1)
    Experiment.objects.update(touched_at=long_ago)
    assert experiments.resend_stuck() == 1
    second = experiments.claim(key=asked.pk)
    assert second is not None
    assert (second.pictures_made, second.pictures_total) == (0, 0)
    assert not experiments.advance(experiment=first, made=2, total=2)
    assert not experiments.record(experiment=first, result={"tables": []}, files={})
    experiments.fail(experiment=first, reason="late")
    assert status_of(asked) == ExperimentStatus.RUNNING
    assert experiments.record(experiment=second, result={"tables": []}, files={})
    assert status_of(asked) == ExperimentStatus.DONE


def test_what_keeps_killing_its_worker_is_given_up(alice: User) -> None:
    asked = make_experiment(alice)
    long_ago = timezone.now() - timedelta(hours=1)
    Experiment.objects.update(attempts=3, touched_at=long_ago)
    assert experiments.resend_stuck() == 0
    asked.refresh_from_db()
    assert asked.status == ExperimentStatus.FAILED
    assert "stopped 3 times" in asked.error


def test_only_what_failed_is_tried_again(alice: User) -> None:
    asked = make_experiment(alice)
    claimed = experiments.claim(key=asked.pk)
    assert claimed is not None
    experiments.retry_experiment(experiment=claimed)
    assert status_of(asked) == ExperimentStatus.RUNNING
    experiments.fail(experiment=claimed, reason="No.")
    experiments.retry_experiment(experiment=claimed)
    assert status_of(asked) == ExperimentStatus.QUEUED


def test_a_worker_learns_that_it_was_removed(alice: User) -> None:
    claimed = experiments.claim(key=make_experiment(alice).pk)
    assert claimed is not None
    experiments.remove_experiment(experiment=Experiment.objects.get())
    assert not experiments.advance(experiment=claimed, made=1, total=2)


@pytest.mark.django_db(transaction=True)
def test_files_go_with_their_experiment(alice: User) -> None:
    done = make_finished_experiment(alice)
    paths = [Path(settings.MEDIA_ROOT) / name for name in done.files.values()]
    assert all(path.is_file() for path in paths)
    experiments.remove_experiment(experiment=done)
    assert not any(path.exists() for path in paths)


def test_a_sign_of_life_keeps_a_slow_experiment_with_its_worker(alice: User) -> None:
    claimed = experiments.claim(key=make_experiment(alice).pk)
    assert claimed is not None
    long_ago = timezone.now() - experiments.STUCK_AFTER - timedelta(seconds=1)
    Experiment.objects.update(touched_at=long_ago)
    assert experiments.is_abandoned(Experiment.objects.get())
    experiments.touch(experiment=claimed)
    assert not experiments.is_abandoned(Experiment.objects.get())
    assert experiments.resend_stuck() == 0
    Experiment.objects.update(touched_at=long_ago)
    assert experiments.resend_stuck() == 1
    experiments.touch(experiment=claimed)  # too late: it is another's now
    assert status_of(claimed) == ExperimentStatus.QUEUED


def test_what_was_cut_off_is_queued_again_and_nothing_else(alice: User) -> None:
    asked = make_experiment(alice)
    claimed = experiments.claim(key=asked.pk)
    assert claimed is not None
    experiments.release(experiment=claimed)
    assert status_of(asked) == ExperimentStatus.QUEUED
    again = experiments.claim(key=asked.pk)
    assert again is not None
    experiments.fail(experiment=again, reason="No.")
    experiments.release(experiment=again)
    assert status_of(asked) == ExperimentStatus.FAILED


def test_time_left_is_told_once_a_picture_is_made(alice: User) -> None:
    claimed = experiments.claim(key=make_experiment(alice).pk)
    assert claimed is not None
    assert claimed.started_at is not None
    assert experiments.seconds_left(claimed) is None
    experiments.advance(experiment=claimed, made=2, total=10)
    claimed.refresh_from_db()
    later = claimed.started_at + timedelta(seconds=30)
    assert experiments.seconds_left(claimed, at=later) == 120
    experiments.fail(experiment=claimed, reason="No.")
    claimed.refresh_from_db()
    assert experiments.seconds_left(claimed, at=later) is None


def test_silence_is_noticed_while_it_waits(alice: User) -> None:
    asked = make_experiment(alice)
    later = timezone.now() + timedelta(minutes=1)
    assert not experiments.is_silent(asked)
    assert experiments.is_silent(asked, at=later)
    claimed = experiments.claim(key=asked.pk)
    assert claimed is not None
    assert not experiments.is_silent(claimed, at=later)
