"""The engine on the model that ships with it: small, but trained, so its maps mean something."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from daam_engine import GenerationSettings, LoadedPipeline, generate, load_pipeline, trace
from daam_engine.analysis.segmentation import Pair, mean_iou, whole_image_iou
from daam_engine.bundled.check import find_things

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
    prompts, seeds = ["a red circle beside a blue square"] * 4, range(4)
    redness = {"red": [], "blue": []}  # red minus blue, where the word's map is hottest
    for generated in generate(bundled, prompts, seeds, SETTINGS):
        picture = np.asarray(generated.image, dtype=float)  # (height, width, colour)
        for found in generated.words:
            if found.word.text in redness:
                hottest = found.soft.numpy() >= np.quantile(found.soft, 0.95)
                pixels = picture[hottest]  # (pixel, colour)
                redness[found.word.text].append((pixels[:, 0] - pixels[:, 2]).mean())
    assert np.mean(redness["red"]) > 60
    assert np.mean(redness["blue"]) < -60


def test_nouns_are_found_where_their_things_are(bundled):
    nouns = ["sun", "plum", "brick", "tree", "carrot", "snowflake"]
    pairs = []
    for generated in generate(bundled, [f"a {noun}" for noun in nouns], range(6), SETTINGS):
        (thing, *_) = find_things(np.asarray(generated.image))
        pairs.append(Pair(generated.words[1].soft, torch.from_numpy(thing.mask)))
    assert mean_iou(pairs).value > 0.5 > whole_image_iou(pairs).value
