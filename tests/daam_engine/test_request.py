from __future__ import annotations

import math

import pytest
from diffusers import LCMScheduler

from daam_engine import (
    GenerationSettings,
    InvalidRequestError,
    UnsupportedModelError,
    generate,
)
from daam_engine.models import LoadedPipeline
from daam_engine.request import size_step
from tests.daam_engine.families import build_pipeline

FAST = GenerationSettings(steps=2, guidance=5.0)


@pytest.mark.parametrize(
    ("prompts", "seeds", "reason"),
    [
        ([], [], "one seed per prompt"),
        (["dog"], [1, 2], "there are 1 prompts and 2 seeds"),
        ("dog", [1, 2, 3], "a list of prompts"),
        ([None], [1], "The prompt is not text but a NoneType"),
        ([""], [0], "The prompt is empty"),
        (["dog", " \t\n\u00a0"], [0, 1], "Prompt 2 is empty"),
        (["a\x00dog"], [0], r"holds U\+0000 as its character number 2"),
        (["dog\x1b[31m"], [0], r"holds U\+001B as its character number 4"),
        (["dog\x85"], [0], r"U\+0085"),
        (["\ud83d dog"], [0], r"holds U\+D83D as its character number 1"),
        (["dog"], [-1], "A seed is a whole number .* -1 is not"),
        (["dog"], [2**64], "A seed is"),
        (["dog"], [1.5], r"1\.5 is not"),
        (["dog"], [None], "None is not"),
        (["dog"], [True], "True is not"),
    ],
)
def test_impossible_prompts_and_seeds_are_refused(loaded, prompts, seeds, reason):
    with pytest.raises(InvalidRequestError, match=reason):
        generate(loaded, prompts, seeds, FAST)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"steps": 0}, "from 1 to 1000, .* 0 is not"),
        ({"steps": -3}, "-3 is not"),
        ({"steps": 1001}, "1001 is not"),
        ({"steps": 2.5}, r"2\.5 is not"),
        ({"guidance": math.nan}, "Guidance is a number from 0 upwards; nan is not"),
        ({"guidance": math.inf}, "inf is not"),
        ({"guidance": -1.0}, r"-1\.0 is not"),
        ({"height": 30}, "multiples of 8 .* 30 is not"),
        ({"width": 0}, "0 is not"),
        ({"width": -8}, "-8 is not"),
        ({"height": 2**40}, "from 8 to 8192"),
        ({"negative_prompt": "cat", "guidance": 1.0}, "which is off here"),
        ({"negative_prompt": "c\x00t"}, r"The negative prompt holds U\+0000"),
    ],
)
def test_impossible_settings_are_refused(loaded, changed, reason):
    with pytest.raises(InvalidRequestError, match=reason):
        generate(loaded, ["dog"], [0], GenerationSettings(**{"steps": 2, **changed}))


@pytest.mark.parametrize(
    ("prompt", "n_words"),
    [
        ("?!", 2),
        ("a 🚀 dog 👩‍👩‍👧", 4),
        ("כלב אדום", 2),
        ("a\u202edog\u202c", 1),
        ("a\ndog\t", 2),
        ("e\u0301a dog", 2),
    ],
)
def test_unusual_prompts_work(loaded, prompt, n_words):
    (generated,) = generate(loaded, [prompt], [0], FAST)
    assert len(generated.words) >= n_words
    assert generated.prompt == prompt


def test_a_prompt_of_ten_thousand_characters_works_and_tells_what_was_not_read(loaded):
    prompt = ("red dog " * 1250)[:10_000]
    (generated,) = generate(loaded, [prompt], [0], FAST)
    assert len(generated.truncated) == 2500
    assert not generated.truncated[0]
    assert generated.truncated[-1]


@pytest.mark.parametrize("seed", [0, 2**63, 2**64 - 1])
def test_every_seed_in_the_range_works(loaded, seed):
    (generated,) = generate(loaded, ["dog"], [seed], FAST)
    assert generated.provenance["seed"] == seed


@pytest.mark.parametrize("steps", [1, 3])
def test_few_steps_work(loaded, steps):
    (generated,) = generate(loaded, ["dog"], [0], GenerationSettings(steps=steps))
    assert generated.provenance["steps"] == steps


def test_a_model_without_text_attention_is_refused():
    pipeline = build_pipeline(
        down_block_types=("DownBlock2D", "DownBlock2D"), up_block_types=("UpBlock2D", "UpBlock2D")
    )
    loaded = LoadedPipeline(pipeline, model="tiny", revision="1", device="cpu", dtype="float32")
    with pytest.raises(UnsupportedModelError, match="no cross-attention"):
        generate(loaded, ["dog"], [0], FAST)


def test_what_the_pipeline_itself_refuses_is_one_sentence(loaded):
    loaded.pipeline.scheduler = LCMScheduler()  # distilled from 50 steps
    with pytest.raises(InvalidRequestError, match=r"^StableDiffusionPipeline does not take .*50"):
        generate(loaded, ["dog"], [0], GenerationSettings(steps=60))


def test_sizes_step_by_latent_pixels_and_patches(pipeline):
    assert size_step(pipeline) == 8
    pipeline.vae_scale_factor = 16
    assert size_step(pipeline) == 16
