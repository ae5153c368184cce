"""A study's maps are held against what its raters drew, and against what others rated."""

from __future__ import annotations

import json
import uuid
import weakref
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.utils import timezone
from safetensors.numpy import load_file, save_file

from annotator.domain import mask_comparisons
from annotator.domain.export.bundles import to_folder
from annotator.domain.export.mask_files import folder_names, mask_entries
from annotator.domain.rating import assignments, masks
from annotator.domain.rating.assignments import Answer
from annotator.models import Study
from daam_engine.analysis.masks import read_masks
from tests import factories
from workers import drawn
from workers.maps import soft_map

SIDE = factories.SIDE
pytestmark = pytest.mark.django_db


@pytest.fixture
def study(alice: User) -> Study:
    """Two pictures; the map of each noun is 1 in a box that grows from picture to picture."""
    study = factories.make_open_study(
        alice, prompts=2, task="segmentation", parts_of_speech=["NOUN"], ratings_per_item=3
    )
    for number, generation in enumerate(study.generations.order_by("pk"), start=1):
        path = Path(settings.MEDIA_ROOT) / generation.maps_file
        soft = np.zeros_like(load_file(path)["soft"])
        soft[:, : 8 * number, :8] = 1
        save_file({"soft": soft}, path)
    return study


def draw_masks(study: Study, boxes: list[tuple[int, int]]) -> None:
    """One more rater, who draws a box (height, width) in the corner of each picture."""
    for held in assignments.draw(rater=factories.make_rater(study), count=9):
        pictures = list(study.generations.order_by("pk").values_list("pk", flat=True))
        height, width = boxes[pictures.index(held.item.heat_map.generation_id)]
        rest = [SIDE - height] * width
        runs = [run for gap in rest for run in (height, gap)]
        counts = [0, *runs[:-1], runs[-1] + SIDE * (SIDE - width)] if width else [SIDE * SIDE]
        answer = Answer(answer_id=uuid.uuid4(), mask=masks.rle_of(counts, SIDE, SIDE))
        assignments.submit_rating(assignment=held, answer=answer)


def run(study: Study, **options: object) -> dict:
    out = StringIO()
    call_command("drawn_masks", str(study.pk), json=True, stdout=out, **options)
    return json.loads(out.getvalue())


def test_maps_are_held_against_what_most_raters_drew(study: Study) -> None:
    # The first noun: 8 × 8 drawn by two of three, the map is that; the second: 8 × 8 of 16 × 8.
    for boxes in ([(8, 8), (8, 8)], [(8, 8), (8, 8)], [(4, 4), (8, 8)]):
        draw_masks(study, boxes)
    main, sweep = run(study, tau=0.5)["tables"]
    rows = {name: (any_noun, n) for name, any_noun, n, *_ in main["rows"]}
    at_half, n = rows["heat map, τ = 0.5"]
    assert at_half["value"] == pytest.approx((1 + 0.5) / 2, abs=0.06)  # bicubic edges
    assert n == at_half["n"] == 2
    assert rows["whole picture"][0]["value"] == 64 / SIDE**2
    assert {"heat map, τ = 0.3", "heat map, τ = 0.4"} <= rows.keys()
    assert len(sweep["rows"]) == 19


def test_no_map_is_kept_once_the_next_is_read(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw_masks(study, [(8, 8), (8, 8)])
    read: list[weakref.ref] = []
    kept: list[int] = []

    def counted(*args: Any) -> torch.Tensor:
        kept.append(sum(map_() is not None for map_ in read))
        soft = soft_map(*args)
        read.append(weakref.ref(soft))
        return soft

    monkeypatch.setattr(drawn, "soft_map", counted)
    assert drawn.measure(study, 0.4, lambda done, total: None).n_absent == 0
    assert kept == [0, 0]


def test_things_that_most_do_not_see_are_left_out(study: Study) -> None:
    for boxes in ([(8, 8), (0, 0)], [(8, 8), (0, 0)], [(8, 8), (8, 8)]):
        draw_masks(study, boxes)
    found = run(study)
    assert found["tables"][0]["rows"][0][1]["n"] == 1
    assert "1 nouns whose thing most do not see" in found["remarks"][0]


@pytest.fixture
def rated(study: Study, alice: User) -> Study:
    """Of the two nouns, the one whose map is right has got 5, the other 2."""
    draw_masks(study, [(8, 8), (8, 8)])
    rated = factories.make_open_study(alice, prompts=2, parts_of_speech=["NOUN"])
    for held in assignments.draw(rater=factories.make_rater(rated), count=9):
        score = 5 if held.item.heat_map.word.prompt.seed == 0 else 2
        answer = Answer(answer_id=uuid.uuid4(), score=score)
        assignments.submit_rating(assignment=held, answer=answer)
    return rated


def test_scores_of_the_same_nouns_are_correlated_with_the_overlap(
    study: Study, rated: Study
) -> None:
    found = run(study, ratings=str(rated.pk))
    assert found["tables"][2]["rows"][0][0] == 2
    assert found["tables"][2]["rows"][0][1]["value"] == pytest.approx(1)
    points = {point["x"]: point["y"] for point in found["charts"][1]["points"]}
    assert points == pytest.approx({5: 1, 2: 0.5}, abs=0.1)


def test_scores_of_another_models_pictures_are_not_those_of_these(
    study: Study, rated: Study
) -> None:
    rated.generations.update(model="another")
    assert run(study, ratings=str(rated.pk))["tables"][2]["rows"][0][0] == 0


def test_scores_of_maps_that_a_condition_made_are_not_those_of_the_measured_maps(
    study: Study, rated: Study
) -> None:
    rated.items.update(condition="late", map_file="maps/of-the-condition.safetensors")
    assert run(study, ratings=str(rated.pk))["tables"][2]["rows"][0][0] == 0


def test_a_page_has_a_worker_measure_and_newer_masks_are_measured_anew(
    study: Study, rated: Study, alice: User
) -> None:
    assert list(mask_comparisons.rated_studies(user=alice, study=study)) == [rated]
    asked = mask_comparisons.state(study=study, rated=rated)
    assert (asked.is_waiting, asked.is_current) == (True, False)
    drawn.compare_masks(asked.analysis.pk)
    found = mask_comparisons.state(study=study, rated=rated)
    assert (found.is_waiting, found.is_current) == (False, True)
    assert (found.analysis.steps_done, found.analysis.steps_total) == (1, 2)  # once a second
    assert [chart["name"] for chart in found.analysis.result["charts"]] == ["sweep", "scores"]

    draw_masks(study, [(8, 8), (16, 8)])
    soon = mask_comparisons.state(study=study, rated=rated)
    assert (soon.is_current, soon.is_waiting) == (False, False)  # a worker rests in between
    later = timezone.now() + timedelta(minutes=1)
    assert mask_comparisons.state(study=study, rated=rated, at=later).is_waiting


def test_what_cannot_be_measured_is_a_sentence_and_tried_again(study: Study) -> None:
    draw_masks(study, [(8, 8), (8, 8)])
    study.generations.update(maps_file="maps/gone.safetensors")
    asked = mask_comparisons.state(study=study)
    drawn.compare_masks(asked.analysis.pk)
    asked.analysis.refresh_from_db()
    assert "Restore the folder of media files." in asked.analysis.error
    later = timezone.now() + timedelta(minutes=1)
    assert mask_comparisons.state(study=study, at=later).is_waiting


def test_what_no_worker_has_touched_for_long_is_sent_again(study: Study) -> None:
    asked = mask_comparisons.state(study=study)
    claimed = mask_comparisons.claim(asked.analysis.pk)
    assert claimed is not None
    assert mask_comparisons.claim(asked.analysis.pk) is None
    later = timezone.now() + mask_comparisons.STUCK_AFTER + timedelta(seconds=1)
    assert mask_comparisons.resend_stuck(at=later) == 1
    assert mask_comparisons.claim(asked.analysis.pk) is not None


def test_what_keeps_stopping_its_worker_is_given_up_with_a_sentence(study: Study) -> None:
    draw_masks(study, [(8, 8), (8, 8)])
    asked, at = mask_comparisons.state(study=study), timezone.now()
    for sent in (1, 1, 0):
        assert mask_comparisons.claim(asked.analysis.pk) is not None
        at += mask_comparisons.STUCK_AFTER + timedelta(seconds=1)
        assert mask_comparisons.resend_stuck(at=at) == sent
    ended = mask_comparisons.state(study=study, at=at + timedelta(minutes=1))
    assert ended.analysis.status == "failed"
    assert "The worker stopped 3 times" in ended.analysis.error
    later = mask_comparisons.state(study=study, at=at + timedelta(hours=2))
    assert (later.is_waiting, later.analysis.attempts) == (True, 0)


def test_a_worker_that_lost_its_claim_changes_nothing(study: Study) -> None:
    asked = mask_comparisons.state(study=study)
    first = mask_comparisons.claim(asked.analysis.pk)
    later = timezone.now() + mask_comparisons.STUCK_AFTER + timedelta(seconds=1)
    mask_comparisons.resend_stuck(at=later)
    second = mask_comparisons.claim(asked.analysis.pk)
    assert first is not None
    assert second is not None
    mask_comparisons.fail(analysis=first[0], reason="late")
    assert not mask_comparisons.record(analysis=first[0], version=first[1], result={"tables": []})
    asked.analysis.refresh_from_db()
    assert (asked.analysis.status, asked.analysis.result) == ("running", None)
    assert mask_comparisons.record(analysis=second[0], version=second[1], result={"tables": [1]})


def test_the_pngs_of_a_study_are_masks_to_the_experiments(study: Study, tmp_path: Path) -> None:
    for boxes in ([(8, 8), (0, 0)], [(8, 8), (0, 0)], [(4, 4), (8, 8)]):
        draw_masks(study, boxes)
    written = {path.name for path in to_folder(mask_entries(study=study), tmp_path)}
    assert {"pictures.csv", "circle.gt.png"} <= written
    (circle,) = [drawn["circle"] for drawn in read_masks(tmp_path).values() if drawn]
    assert circle.sum() == 64  # what most drew; where most say it is not there, there is none
    of_raters = [read_masks(folder) for folder in (tmp_path / "raters").iterdir()]
    assert sorted(drawn["0001"]["circle"].sum() for drawn in of_raters) == [16, 64, 64]
    assert sum("circle" in drawn["0002"] for drawn in of_raters) == 1


def test_prompts_with_ids_of_their_own_name_the_pictures(study: Study) -> None:
    for number, prompt in enumerate(study.prompts.order_by("pk")):
        prompt.external_id = f"a/{number}"
        prompt.save()
    assert sorted(folder_names(study).values()) == ["a_0", "a_1"]
    study.prompts.update(external_id="the same")
    assert sorted(folder_names(study).values()) == ["0001", "0002"]


def test_a_study_without_masks_is_a_sentence(study: Study) -> None:
    with pytest.raises(CommandError, match="Nobody has drawn a mask"):
        run(study)
