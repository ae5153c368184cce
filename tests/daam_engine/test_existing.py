from __future__ import annotations

import pytest
import torch
from PIL import Image
from torch.testing import assert_close

from daam_engine import (
    InvalidRequestError,
    LoadedPipeline,
    UnsupportedModelError,
    trace,
    trace_image,
)
from tests.daam_engine.families import FAMILIES, PICTURE, build_pipeline


def loaded_family(family: str) -> LoadedPipeline:
    return LoadedPipeline(
        FAMILIES[family](), model=family, revision="1", device="cpu", dtype="float32"
    )


@pytest.mark.parametrize("family", ["sd", "sd-v", "sdxl", "sd3", "flux"])
def test_words_of_a_given_picture_have_maps(family):
    found = trace_image(loaded_family(family), PICTURE, "a red dog", steps=4)
    assert [word.word.text for word in found.words] == ["a", "red", "dog"]
    assert all(word.soft.shape == (32, 32) for word in found.words)
    assert found.image.size == (32, 32)
    assert found.maps.steps == (0, 1, 2, 3)
    assert found.provenance["noised_to_steps"] == [0, 1, 2, 3]


def test_each_step_sees_the_picture_noised_to_it_and_nothing_painted():
    """The reference: the noised latent given to the UNet by hand."""
    loaded = loaded_family("sd")
    found = trace_image(loaded, PICTURE, "a red dog", seed=3, steps=5, at=[1, 4])
    pipeline = loaded.pipeline
    pixels = torch.tensor([[list(PICTURE.getdata())]]).reshape(1, 32, 32, 3).permute(0, 3, 1, 2)
    with torch.no_grad():
        latent = pipeline.vae.encode(pixels / 127.5 - 1).latent_dist.mode()
    generator = torch.Generator().manual_seed(3)
    torch.randn(latent.shape, generator=generator)  # what sampling the latent draws
    noise = torch.randn(latent.shape, generator=generator)
    pipeline.scheduler.set_timesteps(5)
    for step in (1, 4):
        with trace(pipeline) as by_hand, torch.no_grad():
            text, _ = pipeline.encode_prompt("a red dog", "cpu", 1, False)
            time = pipeline.scheduler.timesteps[step]
            noised = pipeline.scheduler.add_noise(
                latent * pipeline.vae.config.scaling_factor, noise, time[None]
            )
            pipeline.unet(noised, time, encoder_hidden_states=text)
        (expected,) = by_hand.heat_maps()
        assert_close(found.maps.select(steps=[step]).soft(), expected.soft(), atol=1e-3, rtol=1e-3)


def test_the_pipeline_paints_afterwards_as_before(paint):
    loaded = loaded_family("sd")
    before = paint(loaded.pipeline, "a dog")
    trace_image(loaded, PICTURE, "a dog", steps=2)
    assert torch.equal(paint(loaded.pipeline, "a dog"), before)


@pytest.mark.parametrize(
    ("size", "fitted"),
    [((32, 16), (32, 16)), ((37, 21), (32, 16)), ((640, 320), (40, 16)), ((4, 4), None)],
)
def test_pictures_are_fitted_to_what_the_model_takes(size, fitted):
    picture = Image.new("RGBA", size, "red")
    if fitted is None:
        with pytest.raises(InvalidRequestError, match="too small"):
            trace_image(loaded_family("sd"), picture, "a dog", steps=1)
        return
    found = trace_image(loaded_family("sd"), picture, "a dog", steps=1)
    assert found.image.size == fitted
    assert found.words[1].soft.shape == fitted[::-1]


def test_progress_is_told_after_each_step():
    told = []
    loaded = loaded_family("sd")
    trace_image(
        loaded, PICTURE, "a", steps=9, at=range(2, 8, 3), on_step=lambda *at: told.append(at)
    )
    assert told == [(1, 2), (2, 2)]


@pytest.mark.parametrize("at", [[], [3], [-1], [0, 7]])
def test_steps_that_there_are_not_are_refused(at):
    with pytest.raises(InvalidRequestError, match="the steps 0 to 2"):
        trace_image(loaded_family("sd"), PICTURE, "a dog", steps=3, at=at)


def test_a_model_that_cannot_start_from_a_picture_is_refused():
    with pytest.raises(UnsupportedModelError, match="PixArtAlphaPipeline from a picture"):
        trace_image(loaded_family("pixart"), PICTURE, "a dog", steps=1)


def test_an_empty_prompt_is_refused():
    with pytest.raises(InvalidRequestError, match="prompt is empty"):
        trace_image(loaded_family("sd"), PICTURE, " ", steps=1)


def test_a_pipeline_for_pictures_is_traced_itself():
    found = trace_image(loaded_family("img2img"), PICTURE, "a dog", steps=2)
    expected = trace_image(
        LoadedPipeline(build_pipeline(), "sd", "1", "cpu", "float32"), PICTURE, "a dog", steps=2
    )
    assert_close(found.maps.soft(), expected.maps.soft())
