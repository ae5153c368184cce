import csv
import dataclasses
import hashlib
import io
import json
import os
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from annotator import __version__
from annotator.domain import export
from annotator.domain.export import read_back, snapshot_numbers, snapshots
from annotator.domain.raters import erasure
from annotator.domain.rating import assignments, masks
from annotator.domain.rating.assignments import Answer
from annotator.domain.results.computing import compute
from annotator.domain.results.effects import Effect, Effects
from annotator.domain.results.filters import Filter
from annotator.domain.results.stored_numbers import from_json, to_json
from annotator.domain.results.summary import Results
from annotator.enums import AssignmentPurpose, ItemKind, SnapshotStatus
from annotator.errors import SnapshotFailed, SnapshotRefused
from annotator.models import LogEntry, Rater, Rating, Snapshot, Study
from annotator.statistics import Estimate
from tests import factories
from tests.annotator.answers import give, make_control, make_rated_study


@pytest.fixture
def study(alice: User) -> Study:
    study = make_rated_study(alice)
    study.items.update(free_slots=0)
    return study


def work(snapshot: Snapshot) -> Snapshot:
    """As a worker would."""
    claimed = snapshots.claim(key=snapshot.pk)
    assert claimed is not None
    snapshots.write(snapshot=claimed, report=lambda done, total: None)
    snapshot.refresh_from_db()
    return snapshot


def make(study: Study, name: str = "v1") -> Snapshot:
    return work(snapshots.request(study=study, user=study.owner, name=name))


def content(snapshot: Snapshot) -> dict[str, bytes]:
    with ZipFile(snapshots.path_of(snapshot)) as archive:
        assert archive.testzip() is None
        assert len(set(archive.namelist())) == len(archive.namelist())
        return {name: archive.read(name) for name in archive.namelist()}


def raters_in(snapshot: Snapshot, table: str) -> set[str]:
    rows = csv.DictReader(io.StringIO(content(snapshot)[table].decode(), newline=""))
    return {row["rater_id"] for row in rows}


def test_a_snapshot_holds_every_table_and_its_sum_is_known(study: Study) -> None:
    found = make(study)
    file = snapshots.path_of(found)
    assert (found.status, found.n_ratings) == (SnapshotStatus.READY, 9)
    assert found.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert found.size == file.stat().st_size
    files = content(found)
    for name, table in export.tables(study=study).items():
        assert files[f"{name}.csv"] == b"".join(table.pieces("csv"))
    assert {"README.txt", "study.toml", "versions.json", "codebook.csv", "SHA256SUMS"} <= set(files)
    assert found.rows_done <= found.rows_total


def test_later_ratings_do_not_change_it(study: Study) -> None:
    found = make(study)
    before = snapshots.path_of(found).read_bytes()
    give(study.items.filter(pos="ADJ")[0], study.raters.all()[0], 1)
    assert snapshots.path_of(found).read_bytes() == before
    assert make(study, "v2").n_ratings == 10


def test_a_name_is_given_once(study: Study) -> None:
    make(study)
    with pytest.raises(SnapshotRefused, match="v1 already, and it stays as it is"):
        snapshots.request(study=study, user=study.owner, name="v1")
    make_rated_study(study.owner)
    assert LogEntry.objects.filter(text="Snapshot v1 asked for").count() == 1


def test_one_worker_writes_it(study: Study) -> None:
    asked = snapshots.request(study=study, user=None, name="v1")
    assert snapshots.claim(key=asked.pk) is not None
    assert snapshots.claim(key=asked.pk) is None


def test_a_killed_workers_snapshot_is_written_by_another(study: Study) -> None:
    asked = snapshots.request(study=study, user=None, name="v1")
    late = snapshots.claim(key=asked.pk)
    assert late is not None
    assert snapshots.resend_stuck() == 0
    assert snapshots.resend_stuck(at=timezone.now() + timedelta(minutes=3)) == 1
    found = work(asked)
    assert found.status == SnapshotStatus.READY
    # The one that was thought dead comes back: it records nothing and leaves nothing.
    assert not snapshots.write(snapshot=late, report=lambda done, total: None)
    assert list(Path(settings.MEDIA_ROOT, "snapshots").iterdir()) == [snapshots.path_of(found)]


def test_a_sign_of_life_keeps_it_with_its_worker(study: Study) -> None:
    asked = snapshots.request(study=study, user=None, name="v1")
    claimed = snapshots.claim(key=asked.pk)
    assert claimed is not None
    long_ago = timezone.now() - 2 * snapshots.STUCK_AFTER
    Snapshot.objects.update(touched_at=long_ago)
    snapshots.touch(snapshot=claimed)
    assert snapshots.resend_stuck() == 0
    Snapshot.objects.update(touched_at=long_ago, claim=uuid.uuid4())
    snapshots.touch(snapshot=claimed)  # of a worker that lost it
    assert snapshots.resend_stuck() == 1


def test_what_keeps_killing_its_workers_is_given_up(
    study: Study, django_capture_on_commit_callbacks: Any
) -> None:
    found = make(study)
    file = snapshots.path_of(found)
    assert found.attempts == 0
    erasure.erase(rater=study.raters.earliest("pk"))
    with django_capture_on_commit_callbacks(execute=True):
        for resent in (1, 1, 0):
            assert snapshots.claim(key=found.pk) is not None
            assert snapshots.resend_stuck(at=timezone.now() + 2 * snapshots.STUCK_AFTER) == resent
    found.refresh_from_db()
    assert found.status == SnapshotStatus.FAILED
    assert found.error.startswith("The worker stopped 3 times while writing this snapshot. Let its")
    assert not file.exists()  # the erased rater's rows are still in it


def test_a_full_disk_is_said_and_leaves_nothing(study: Study) -> None:
    asked = snapshots.request(study=study, user=None, name="v1")
    claimed = snapshots.claim(key=asked.pk)
    assert claimed is not None
    folder = Path(settings.MEDIA_ROOT, "snapshots")
    folder.mkdir(parents=True)
    os.symlink("/dev/full", folder / f"{claimed.claim}.zip")
    with pytest.raises(SnapshotFailed, match="No space left on device"):
        snapshots.write(snapshot=claimed, report=lambda done, total: None)
    assert list(folder.iterdir()) == []
    snapshots.fail(snapshot=claimed, reason="No space.")
    asked.refresh_from_db()
    assert (asked.status, asked.error, asked.file) == (SnapshotStatus.FAILED, "No space.", "")
    assert make(study).status == SnapshotStatus.READY


# -- erasure -------------------------------------------------------------------------------------


def test_who_is_erased_goes_out_of_the_snapshots(study: Study) -> None:
    found, rater = make(study), study.raters.earliest("pk")
    before, name = found.sha256, rater.pseudonym
    kept = content(found)
    erasure.erase(rater=rater)
    found.refresh_from_db()
    assert found.status == SnapshotStatus.QUEUED  # not to be had from now on
    old = snapshots.path_of(found)
    work(found)
    assert found.status == SnapshotStatus.READY
    for table in ("ratings.csv", "raters.csv", "assignments.csv", "questionnaire.csv"):
        assert name not in raters_in(found, table)
    assert all(name.encode() not in text for text in content(found).values())
    assert found.n_ratings == Rating.objects.current().in_study(study).count() == 5
    assert (found.n_struck, found.to_strike) == (4 + 1 + 4, [])
    assert found.struck_at is not None
    assert found.sha256 not in ("", before)
    for table in ("items.csv", "prompts.csv", "words.csv", "codebook.csv", "study.toml"):
        assert content(found)[table] == kept[table]
    assert found.sha256 == hashlib.sha256(snapshots.path_of(found).read_bytes()).hexdigest()
    assert old != snapshots.path_of(found)


def test_who_is_erased_while_it_is_written_goes_out_too(study: Study) -> None:
    asked = snapshots.request(study=study, user=None, name="v1")
    claimed, rater = snapshots.claim(key=asked.pk), study.raters.earliest("pk")
    assert claimed is not None
    name, erased = rater.pseudonym, []

    def report(done: int, total: int) -> None:
        if done > 5 and not erased:
            erased.append(erasure.erase(rater=rater))

    assert snapshots.write(snapshot=claimed, report=report)
    asked.refresh_from_db()
    assert asked.status == SnapshotStatus.QUEUED
    assert name in raters_in(asked, "ratings.csv")
    work(asked)
    assert asked.status == SnapshotStatus.READY
    assert name not in raters_in(asked, "ratings.csv")


def test_a_snapshot_that_cannot_be_struck_is_withdrawn(
    study: Study, django_capture_on_commit_callbacks: Any
) -> None:
    found = make(study)
    file = snapshots.path_of(found)
    erasure.erase(rater=study.raters.earliest("pk"))
    claimed = snapshots.claim(key=found.pk)
    assert claimed is not None
    with django_capture_on_commit_callbacks(execute=True):
        snapshots.fail(snapshot=claimed, reason="It could not be read.")
    found.refresh_from_db()
    assert (found.status, found.file) == (SnapshotStatus.FAILED, "")
    assert not file.exists()


def test_another_studys_snapshots_stay_as_they_are(study: Study, alice: User) -> None:
    found = make(study)
    other = factories.make_open_study(alice)
    erasure.erase(rater=factories.make_rater(other))
    found.refresh_from_db()
    assert found.status == SnapshotStatus.READY


# -- its numbers ---------------------------------------------------------------------------------


def test_the_numbers_are_those_of_the_results_page(study: Study) -> None:
    files = content(make(study))
    page = compute(study=study, filter=Filter())
    rows = list(csv.DictReader(io.StringIO(files["results.csv"].decode(), newline="")))
    (mos,) = [row for row in rows if (row["about"], row["measure"]) == ("all", "mos")]
    told = [float(mos[name]) for name in ("n", "value", "low", "high")]
    assert told == [page.overall.mos.n, *dataclasses.astuple(page.overall.mos)[:3]]
    (verbs,) = [r for r in rows if (r["group"], r["measure"]) == ("VERB", "alpha_ordinal")]
    assert (verbs["value"], verbs["note"]) == ("", "not defined: no item has two scores")
    found = json.loads(files["results.json"])
    assert from_json(Results, found["numbers"]).overall.mos == page.overall.mos
    assert (found["daam-annotator"], found["rule"]["seed"]) == (__version__, 2023)
    assert set(rows[0]) == {
        row["name"]
        for row in csv.DictReader(io.StringIO(files["codebook.csv"].decode(), newline=""))
        if row["table"] == "results"
    }


def test_effects_are_among_the_numbers(study: Study) -> None:
    effect = Effect("pos", "VERB", "NOUN", Estimate(0.5, 0.1, 0.9, 40), 0.02)
    effects = Effects((effect,), 1.0, 0.5, 40, 20, 3, (), "")
    found = dataclasses.replace(compute(study=study, filter=Filter()), effects=effects)
    table, _ = snapshot_numbers.of_ratings(found)
    lines = b"".join(table.pieces or ()).decode().splitlines()
    assert "effect,VERB,NOUN,logit,40,0.5,0.1,0.9,0.02,," in lines


def test_numbers_read_back_from_the_tables_are_the_same(study: Study) -> None:
    make_control(study, ItemKind.BLANK, [[1, 1, 2], [1, 2, 1]])
    first, _, last = study.raters.order_by("pk")
    give(study.items.filter(pos="NOUN", kind="real")[0], first, 2, AssignmentPurpose.REPEAT)
    Rater.objects.filter(pk=last.pk).update(excluded_at=timezone.now())
    same_name = factories.make_batch(study, file_name=study.batches.get().file_name)
    rated = study.items.filter(pos="NOUN", kind="real").order_by("position")[1]
    study.prompts.filter(pk=rated.heat_map.word.prompt_id).update(batch=same_name)
    with ZipFile(snapshots.path_of(make(study))) as archive:
        stored = json.loads(archive.read("results.json"))["numbers"]
        again = to_json(read_back.results_of(archive, ()))
    assert again == stored
    assert [(one["one"], one["other"]) for one in stored["splits"]] == [
        ("prompts.csv (1)", "prompts.csv (2)")
    ]
    repeats = {one["name"]: one["repeats"] for one in stored["raters"]["raters"]}
    assert repeats[first.pseudonym] == 1


def test_the_numbers_are_made_anew_without_who_is_erased(study: Study) -> None:
    found = make(study)
    erasure.erase(rater=study.raters.earliest("pk"))
    found.refresh_from_db()
    files = content(work(found))
    now = compute(study=study, filter=Filter())
    numbers = json.loads(files["results.json"])["numbers"]
    assert numbers == to_json(now)
    assert (b"mos" in files["results.csv"], now.overall.n_ratings) == (True, 5)


def answer(study: Study, *answers: dict[str, Any]) -> Rater:
    """One more rater, who gives these answers in the study's order."""
    rater = factories.make_rater(study)
    held = {one.item_id: one for one in assignments.draw(rater=rater, count=20)}
    for item, given in zip(study.items.order_by("position"), answers, strict=False):
        assignments.submit_rating(
            assignment=held[item.pk], answer=Answer(answer_id=uuid.uuid4(), **given)
        )
    return rater


def mask(*, width: int) -> dict[str, Any]:
    """So many columns of the picture."""
    pixels = np.zeros((factories.SIDE, factories.SIDE), dtype=bool)
    pixels[:, :width] = True
    return {"mask": masks.encoded(pixels)}


POOR = {"opt_out": "image_too_poor"}


def draw_masks(study: Study) -> Rater:
    answer(study, mask(width=4), mask(width=0), POOR)
    erased = answer(study, mask(width=8), mask(width=3), mask(width=1))
    left_out = answer(study, mask(width=1), mask(width=1), mask(width=1))
    Rater.objects.filter(pk=left_out.pk).update(excluded_at=timezone.now())
    answer(study, mask(width=5), mask(width=0), mask(width=2))
    # Longer than what Python's reader of CSV takes by itself.
    long = masks.encoded(np.random.default_rng(0).random((600, 600)) < 0.5)
    answer(study, mask(width=5), mask(width=2), POOR, {"mask": long})
    return erased


def see_things(study: Study) -> Rater:
    same_name = factories.make_batch(study, file_name=study.batches.get().file_name)
    study.prompts.filter(seed__gt=1).update(batch=same_name)
    nothing, circle, blot = ({"seen": names} for names in ([], ["circle"], ["blot"]))
    erased = answer(study, circle, nothing, circle, nothing)
    left_out = answer(study, nothing, blot, blot, circle)
    Rater.objects.filter(pk=left_out.pk).update(excluded_at=timezone.now())
    answer(study, circle, POOR, circle, nothing)
    answer(study, circle, circle, nothing, POOR)
    return erased


@pytest.mark.parametrize(
    ("task", "answers"), [("segmentation", draw_masks), ("presence", see_things)]
)
def test_numbers_of_other_tasks_are_made_anew_too(
    alice: User, task: str, answers: Callable[[Study], Rater]
) -> None:
    study = factories.make_open_study(
        alice, task=task, parts_of_speech=["NOUN"], ratings_per_item=5
    )
    erased = answers(study)
    found = make(study)
    before = content(found)
    erasure.erase(rater=erased)
    found.refresh_from_db()
    after, now = content(work(found)), content(make(study, "now"))
    for name in ("results.csv", "results.json"):
        assert after[name] == now[name]
    assert after["results.json"] != before["results.json"]
    assert json.loads(after["results.json"])["numbers"][0]["value"] is not None


@pytest.mark.parametrize(
    ("task", "measures"),
    [("segmentation", {"mean_iou"}), ("presence", {"share_right", "alpha_nominal"})],
)
def test_other_tasks_have_numbers_of_their_own(alice: User, task: str, measures: set[str]) -> None:
    made = make(factories.make_open_study(alice, prompts=1, task=task, parts_of_speech=["NOUN"]))
    rows = csv.DictReader(io.StringIO(content(made)["results.csv"].decode(), newline=""))
    assert {row["measure"] for row in rows} == measures


# -- with its study ------------------------------------------------------------------------------


def test_the_files_go_with_their_study_once_that_is_committed(
    study: Study, django_capture_on_commit_callbacks: Any
) -> None:
    path = snapshots.path_of(make(study))
    with suppress(Undone), transaction.atomic():
        study.snapshots.get().delete()
        raise Undone
    assert path.exists()
    with django_capture_on_commit_callbacks(execute=True):
        study.snapshots.get().delete()
        assert path.exists()
    assert not path.exists()


def test_a_whole_study_takes_its_snapshots_along(
    alice: User, django_capture_on_commit_callbacks: Any
) -> None:
    study = factories.make_study(alice)
    paths = [snapshots.path_of(make(study, name)) for name in ("v1", "v2")]
    with django_capture_on_commit_callbacks(execute=True):
        study.delete()
    assert not any(path.exists() for path in paths)


class Undone(Exception):
    pass
