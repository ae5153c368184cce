"""What becomes of claimed pictures, made here by the bundled model."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from django.conf import settings
from PIL import Image

from annotator.domain.design import absent_words
from annotator.domain.material import generations, pictures
from annotator.enums import GenerationStatus
from annotator.models import Generation, HeatMap, Prompt, Study
from daam_engine import Generated
from daam_engine.store import read_maps
from tests import factories
from tests.daam_engine.families import build_sd3
from tests.factories import make_prompt
from workers import generation as worker
from workers.generation import generate, make
from workers.pipelines import pipeline_of

REPEATED = (
    ("the", "DET", "det", 1),
    ("circle", "NOUN", "nsubj", 1),
    ("above", "ADP", "prep", 1),
    ("the", "DET", "det", 4),
    ("circle", "NOUN", "pobj", 2),
)


def request(study: Study, *prompts: Prompt) -> list[int]:
    generations.request_generations(study=study, prompts=prompts)
    return [Generation.objects.get(prompt=prompt).pk for prompt in prompts]


def media() -> list[Path]:
    return sorted(path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file())


def snapshot() -> list[dict[str, Any]]:
    return list(Generation.objects.order_by("pk").values())


# -- what is made --------------------------------------------------------------------------------


def test_a_picture_has_a_file_and_a_map_of_every_word(study: Study) -> None:
    generate(request(study, make_prompt(study, seed=5)))
    made = study.generations.get()
    assert (made.status, made.error) == (GenerationStatus.DONE, "")
    with Image.open(Path(settings.MEDIA_ROOT) / made.image_file) as picture:
        assert picture.format == "WEBP"
        assert picture.size == (made.width, made.height)
    words = list(made.prompt.words.values_list("index", "text"))
    maps = list(made.heat_maps.order_by("row").values_list("word__index", "word__text"))
    assert maps == words
    assert made.provenance["seed"] == 5
    assert made.provenance["steps"] == 2


def test_a_heat_map_row_is_the_map_of_its_word(study: Study) -> None:
    generate(request(study, make_prompt(study, sentence=REPEATED)))
    made = study.generations.get()
    stored = read_maps(Path(settings.MEDIA_ROOT) / made.maps_file)
    soft = stored.soft.astype(np.float64)
    assert [word.text for word in stored.words] == ["the", "circle", "above", "the", "circle"]
    for heat_map in made.heat_maps.select_related("word"):
        row = soft[heat_map.row]
        word = stored.words[heat_map.row]
        assert (word.index, word.start) == (heat_map.word.index, heat_map.word.start)
        assert (heat_map.floor, heat_map.peak) == (row.min(), row.max())
    assert not np.array_equal(soft[1], soft[4])  # two circles, two maps


def test_the_same_prompt_and_seed_is_the_same_picture_whatever_is_beside_it(study: Study) -> None:
    generate(request(study, make_prompt(study, seed=1), make_prompt(study, seed=2)))
    other = Study.objects.create(owner=study.owner, name="other", steps=2)
    generate(request(other, make_prompt(other, seed=2)))
    pictures = [
        np.asarray(Image.open(Path(settings.MEDIA_ROOT) / made.image_file))
        for made in Generation.objects.filter(prompt__seed=2)
    ]
    np.testing.assert_array_equal(*pictures)


def test_words_beyond_the_text_encoders_limit_have_no_heat_map(study: Study) -> None:
    sentence = [("circle", "NOUN", "dep", 0)] * 60
    generate(request(study, make_prompt(study, sentence=sentence)))
    made = study.generations.get()
    truncated = list(made.prompt.words.values_list("truncated", flat=True))
    read = truncated.index(True)
    assert 0 < read < 60
    assert truncated == [False] * read + [True] * (60 - read)
    indices = made.heat_maps.order_by("row").values_list("row", "word__index")
    assert list(indices) == [(index, index) for index in range(read)]


# -- claims --------------------------------------------------------------------------------------


def test_running_a_task_again_changes_nothing(study: Study) -> None:
    keys = request(study, make_prompt(study))
    generate(keys)
    before, files = snapshot(), media()
    generate(keys)
    assert snapshot() == before
    assert media() == files
    assert HeatMap.objects.count() == 5


def test_what_somebody_else_has_claimed_is_left_to_them(study: Study) -> None:
    keys = request(study, make_prompt(study))
    generations.claim(keys=keys)
    before = snapshot()
    generate(keys)
    assert snapshot() == before
    assert media() == []


def test_a_worker_that_lost_its_claim_leaves_no_files(study: Study) -> None:
    batch = generations.claim(keys=request(study, make_prompt(study)))
    Generation.objects.update(claim=uuid.uuid4())
    make(batch)
    assert study.generations.get().status == GenerationStatus.RUNNING
    assert media() == []


def test_pictures_of_two_studies_in_one_message_are_made_with_their_own_settings(
    study: Study,
) -> None:
    other = Study.objects.create(owner=study.owner, name="other", steps=3)
    generate(request(study, make_prompt(study)) + request(other, make_prompt(other)))
    steps = Generation.objects.order_by("pk").values_list("provenance__steps", flat=True)
    assert list(steps) == [2, 3]


# -- failures ------------------------------------------------------------------------------------


def test_a_bad_prompt_fails_alone_with_its_reason_and_can_be_retried(study: Study) -> None:
    prompts = [make_prompt(study, seed=seed) for seed in range(3)]
    Prompt.objects.filter(pk=prompts[1].pk).update(seed=-1)
    keys = request(study, *prompts)
    generate(keys)
    made = Generation.objects.in_bulk(keys)
    assert [made[key].status for key in keys] == ["done", "failed", "done"]
    assert "-1 is not" in made[keys[1]].error
    Prompt.objects.filter(pk=prompts[1].pk).update(seed=1)
    assert generations.retry_failed(study=study) == 1
    generate(keys)
    assert study.generations.done().count() == 3


def test_a_model_that_cannot_be_loaded_fails_all_its_pictures_with_the_reason(
    study: Study,
) -> None:
    Study.objects.update(model="no such model")
    generate(request(study, make_prompt(study, seed=1), make_prompt(study, seed=2)))
    errors = set(study.generations.failed().values_list("error", flat=True))
    assert study.generations.failed().count() == 2
    assert len(errors) == 1
    assert "no such model" in errors.pop()


def test_a_picture_that_does_not_fit_into_memory_says_so_and_the_next_one_is_made(
    study: Study,
) -> None:
    unet = pipeline_of(study.model).pipeline.unet  # type: ignore[attr-defined]
    too_much = unet.register_forward_pre_hook(lambda *_: torch.empty(2**60))
    generate(request(study, make_prompt(study, seed=1)))
    too_much.remove()
    generate(request(study, make_prompt(study, seed=2)))
    failed, done = study.generations.order_by("pk")
    assert (failed.status, done.status) == (GenerationStatus.FAILED, GenerationStatus.DONE)
    assert failed.error.startswith("One picture does not fit into the device's memory")


def test_a_full_disk_fails_the_picture_and_leaves_nothing_half_written(study: Study) -> None:
    Path(settings.MEDIA_ROOT).mkdir(parents=True)
    (Path(settings.MEDIA_ROOT) / "maps").write_text("not a folder")
    generate(request(study, make_prompt(study)))
    assert study.generations.get().status == GenerationStatus.FAILED
    assert [path.name for path in media()] == ["maps"]


def test_a_working_worker_gives_signs_of_life(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "SIGN_OF_LIFE_SECONDS", 0.0)
    touched: list[int] = []
    really = generations.touch

    def count(*, generations: Sequence[Generation]) -> None:
        touched.append(len(generations))
        really(generations=generations)

    monkeypatch.setattr(generations, "touch", count)
    generate(request(study, make_prompt(study, seed=1), make_prompt(study, seed=2)))
    assert touched == [2] * 4  # after each of both pictures' two steps


def test_a_picture_that_the_models_safety_checker_blackened_fails_with_that_reason(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_pictures = worker.generate_pictures

    def blackened(*arguments: Any, **options: Any) -> list[Generated]:
        return [replace(one, withheld=True) for one in make_pictures(*arguments, **options)]

    monkeypatch.setattr(worker, "generate_pictures", blackened)

    generate(request(study, make_prompt(study)))

    failed = study.generations.get()
    assert failed.status == GenerationStatus.FAILED
    assert "safety checker" in failed.error
    assert media() == []


# -- words that are not there --------------------------------------------------------------------


def test_a_picture_is_asked_about_an_absent_word_where_the_study_has_such_controls(
    study: Study,
) -> None:
    square = (("a", "DET", "det", 1), ("square", "NOUN", "ROOT", 1))
    plain = factories.make_study(study.owner, steps=2)
    generate(request(plain, make_prompt(plain), make_prompt(plain, sentence=square)))
    Study.objects.filter(pk=study.pk).update(absent_word_percent=10)
    generate(request(study, make_prompt(study), make_prompt(study, sentence=square)))

    asked = study.generations.order_by("prompt")
    assert [made.status for made in asked] == [GenerationStatus.DONE] * 2
    for made, unasked in zip(asked, plain.generations.order_by("prompt"), strict=True):
        assert made.absent_word
        assert made.absent_word not in made.prompt.text.split()
        own = pictures.stored_map(made.maps_file, 0)
        absent = pictures.stored_map(made.absent_map_file, 0)
        assert (absent.shape, absent.dtype) == (own.shape, own.dtype)
        assert absent.max() > absent.min()
        assert (unasked.absent_word, unasked.absent_map_file) == ("", "")
        # Asking changes neither the picture nor its maps.
        np.testing.assert_array_equal(own, pictures.stored_map(unasked.maps_file, 0))


def test_a_model_without_probes_says_that_absent_words_are_to_blame(
    study: Study, tmp_path: Path
) -> None:
    build_sd3().save_pretrained(tmp_path)
    Study.objects.filter(pk=study.pk).update(model=str(tmp_path), absent_word_percent=10, steps=1)
    study.refresh_from_db()
    dog = (("a", "DET", "det", 1), ("dog", "NOUN", "ROOT", 1))

    generate(request(study, make_prompt(study, seed=1), make_prompt(study, seed=2, sentence=dog)))

    assert set(study.generations.values_list("status", flat=True)) == {GenerationStatus.FAILED}
    assert absent_words.are_refused(study=study)
