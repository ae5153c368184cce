"""Pictures under conditions: one picture per model, its maps in as many ways as are compared."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from django.conf import settings
from django.contrib.auth.models import User

from annotator.domain.material import generations, pictures
from annotator.enums import GenerationStatus
from annotator.models import Generation, Study
from daam_engine.models import BUNDLED
from tests.factories import make_prompt, make_study
from workers.generation import generate

SECOND_LAYER = "up_blocks.1.attentions.1"


def painted(study: Study) -> list[Generation]:
    prompt = make_prompt(study, seed=5)
    generations.request_generations(study=study, prompts=[prompt])
    generate(list(prompt.generations.values_list("pk", flat=True)))
    return list(study.generations.order_by("pk"))


def maps_in(file: str) -> np.ndarray:
    return np.stack([pictures.stored_map(file, row) for row in range(5)]).astype(np.float32)


def picture(generation: Generation) -> bytes:
    return (Path(settings.MEDIA_ROOT) / generation.image_file).read_bytes()


def test_a_picture_is_made_once_with_the_maps_of_every_condition(alice: User) -> None:
    conditions = [
        {"name": "all"},
        {"name": "second layer", "layers": [SECOND_LAYER]},
        {"name": "first step", "first_step": 1, "last_step": 1},
    ]
    (plain,) = painted(make_study(alice, steps=2))
    (made,) = painted(make_study(alice, steps=2, conditions=conditions))

    assert (made.status, made.error) == (GenerationStatus.DONE, "")
    assert picture(made) == picture(plain)
    whole = maps_in(made.maps_file)
    np.testing.assert_allclose(whole, maps_in(plain.maps_file), atol=1e-3)
    assert set(made.condition_files) == {"second layer", "first step"}
    for file in made.condition_files.values():
        assert maps_in(file).shape == whole.shape
        assert np.abs(maps_in(file) - whole).max() > 0.01


def test_every_model_paints_the_prompt(alice: User) -> None:
    folder = str(BUNDLED)
    conditions = [{"name": "ours"}, {"name": "a folder", "model": folder}]
    ours, other = painted(make_study(alice, steps=2, conditions=conditions))

    assert (ours.provenance["model"], other.provenance["model"]) == ("bundled", folder)
    assert picture(ours) == picture(other)  # the same weights


@pytest.mark.parametrize(
    ("condition", "sentence"),
    [
        ({"layers": ["down_blocks"]}, "no layer whose name begins with “down_blocks”"),
        ({"mode": "published"}, "skips every layer of this model"),
    ],
)
def test_what_the_model_lacks_is_said_and_nothing_is_painted(
    alice: User, condition: dict[str, object], sentence: str
) -> None:
    conditions = [{"name": "all"}, {"name": "other", **condition}]
    (failed,) = painted(make_study(alice, steps=2, conditions=conditions))

    assert failed.status == GenerationStatus.FAILED
    assert sentence in failed.error
    assert not any(path.is_file() for path in Path(settings.MEDIA_ROOT).rglob("*.webp"))
