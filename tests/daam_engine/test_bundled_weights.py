"""The engine on the model that ships with it: small, but trained, so its maps mean something."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from daam_engine import GenerationSettings, LoadedPipeline, generate, load_pipeline, trace

SETTINGS = GenerationSettings(steps=12)


@pytest.fixture(scope="module")
def bundled() -> LoadedPipeline:
    return load_pipeline()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_tracing_does_not_change_its_picture(dtype):
    pipeline = load_pipeline(dtype=dtype).pipeline
    options = {"num_inference_steps": 3, "guidance_scale": 3.0, "output_type": "np"}
    prompts = ["a red circle above a blue square", "two green stars"]
    plain = pipeline(prompts, generator=torch.Generator().manual_seed(0), **options).images
    with trace(pipeline):
        traced = pipeline(prompts, generator=torch.Generator().manual_seed(0), **options).images
    np.testing.assert_array_equal(plain, traced)


def test_colour_words_are_found_where_their_colour_is(bundled):
    (generated,) = generate(bundled, ["a red circle beside a blue square"], [0], SETTINGS)
    picture = np.asarray(generated.image, dtype=float)  # (height, width, colour)
    soft = {found.word.text: found.soft.numpy() for found in generated.words}
    redness = picture[..., 0] - picture[..., 2]
    for colour, amount in (("red", redness), ("blue", -redness)):
        hottest = soft[colour] >= np.quantile(soft[colour], 0.95)
        assert amount[hottest].mean() > 60, colour
