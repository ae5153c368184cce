"""An experiment from its row to its row, by the task's function and the bundled model."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User

import workers.app  # noqa: F401  registers the tasks
from annotator.domain import experiments
from annotator.enums import ExperimentKind, ExperimentStatus, UnrealSwap
from annotator.models import Experiment
from daam_engine.analysis.prompt_sets import UNREAL
from daam_engine.experiments import EXPERIMENTS
from tests.factories import QUICK_EXPERIMENT, make_experiment
from workers import demo_study
from workers.experiments import plan_of, run_experiment


def test_the_site_and_the_engine_know_the_same_experiments():
    assert set(ExperimentKind.values) == set(EXPERIMENTS)
    assert set(UnrealSwap.values) == {"", *UNREAL}


@pytest.mark.parametrize(
    ("unreal", "swapped"),
    [("", ()), ("both", ("NOUN", "ADJ")), (True, ("NOUN",)), (False, ())],
)
def test_words_to_swap_are_read_also_of_older_experiments(alice: User, unreal, swapped) -> None:
    asked = make_experiment(alice, parameters=QUICK_EXPERIMENT | {"unreal": unreal})
    with plan_of(asked) as plan:
        assert plan.unreal == swapped


def test_an_experiment_is_run_and_its_files_are_kept(alice: User) -> None:
    asked = make_experiment(alice, kind="cohyponyms")
    run_experiment(asked.pk)
    asked.refresh_from_db()
    assert asked.status == ExperimentStatus.DONE, asked.error
    assert (asked.pictures_made, asked.pictures_total) == (2, 2)
    assert [table["name"] for table in asked.tables] == ["cohyponyms", "pictures"]
    assert set(asked.files) == {
        "cohyponyms.csv", "pictures.csv", "prompts-cohyponyms.csv", "prompts-others.csv",
        "result.json", "sheet.png",
    }  # fmt: skip
    assert all((Path(settings.MEDIA_ROOT) / name).is_file() for name in asked.files.values())
    run_experiment(asked.pk)  # a message that comes twice
    assert Experiment.objects.get().attempts == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"model": "/nowhere"}, "nowhere"),
        ({"parameters": {**QUICK_EXPERIMENT, "segmenters": ["/nowhere"]}}, "/nowhere"),
        ({"inputs": {"prompts": "a red sun"}}, "no masks to compare with"),
        ({"inputs": {"prompts": "{}"}}, "“prompts.json” is not a COCO captions file"),
        ({"inputs": {"prompts": "ok\n" + "a " * 1001}}, "Prompt 2 has 2,001 characters"),
        ({"kind": "adjectives", "inputs": {"prompts": "a red car"}}, "is no template"),
        ({"kind": "cohyponyms", "inputs": {"ontology": "no tab"}}, "Line 1"),
    ],
)
def test_what_cannot_be_done_is_said_on_its_page(alice: User, changes, sentence) -> None:
    asked = make_experiment(alice, **changes)
    run_experiment(asked.pk)
    asked.refresh_from_db()
    assert asked.status == ExperimentStatus.FAILED
    assert sentence in asked.error


def test_a_demo_that_starts_again_takes_up_what_was_cut_off(alice: User) -> None:
    assert experiments.claim(key=make_experiment(alice).pk) is not None
    demo_study.take_back_claims()
    assert Experiment.objects.get().status == ExperimentStatus.QUEUED


def test_a_removed_experiment_stops_and_leaves_no_file(alice: User, monkeypatch) -> None:
    asked = make_experiment(alice, kind="cohyponyms")
    told = []

    def advance(**progress: object) -> bool:
        told.append(progress)
        Experiment.objects.all().delete()
        return False

    monkeypatch.setattr(experiments, "advance", advance)
    run_experiment(asked.pk)
    assert len(told) == 1
    assert not list(Path(settings.MEDIA_ROOT).rglob("*.csv"))
