"""Every family, saved to a folder and loaded from it, makes pictures with their maps."""

from __future__ import annotations

import pytest
from transformers import CLIPTokenizer, T5Tokenizer

from daam_engine import (
    GenerationSettings,
    count_tokens,
    generate,
    load_pipeline,
    load_tokenizer,
    token_limit,
)
from tests.daam_engine.families import FAMILIES, MAX_TOKENS, build_sd3

NEEDS_A_PICTURE = {"img2img", "inpaint", "controlnet"}
SETTINGS = GenerationSettings(steps=2, height=32, width=32)
PROMPTS = ["a red dog", "a cat"]
DEFAULT_GUIDANCE = {"sd": 7.5, "sd-v": 7.5, "lcm": 7.5, "sdxl": 5.0, "sd3": 7.0, "flux": 3.5}
DEFAULT_GUIDANCE |= {"pixart": 4.5}
OWN_SCHEDULER = {
    "lcm": "LCMScheduler",
    "sd3": "FlowMatchEulerDiscreteScheduler",
    "flux": "FlowMatchEulerDiscreteScheduler",
}


@pytest.mark.parametrize("family", sorted(set(FAMILIES) - NEEDS_A_PICTURE))
def test_a_saved_family_is_loaded_and_traced(family, tmp_path):
    FAMILIES[family]().save_pretrained(tmp_path)
    loaded = load_pipeline(tmp_path)
    reported = []
    made = generate(
        loaded, PROMPTS, [0, 1], SETTINGS, on_step=lambda *progress: reported.append(progress)
    )
    (alone,) = generate(loaded, PROMPTS[1:], [1], SETTINGS)
    assert [len(one.words) for one in made] == [3, 2]
    assert all(one.image.size == (32, 32) == one.maps.image_size for one in made)
    assert made[1].image.tobytes() == alone.image.tobytes()
    assert made[1].stack().tobytes() == alone.stack().tobytes()
    assert reported == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert made[0].provenance["guidance"] == DEFAULT_GUIDANCE[family]
    assert made[0].provenance["scheduler"] == OWN_SCHEDULER.get(
        family, "DPMSolverMultistepScheduler"
    )


@pytest.mark.parametrize(
    ("build", "kind", "limit"),
    [
        (FAMILIES["sd"], CLIPTokenizer, MAX_TOKENS),
        (FAMILIES["sdxl"], CLIPTokenizer, MAX_TOKENS),
        (FAMILIES["pixart"], T5Tokenizer, 120),
        (FAMILIES["flux"], T5Tokenizer, 512),
        (FAMILIES["sd3"], T5Tokenizer, 256),
        (lambda: build_sd3(with_t5=False), CLIPTokenizer, MAX_TOKENS),
    ],
)
def test_prompts_are_counted_by_the_encoder_that_reads_furthest(build, kind, limit, tmp_path):
    build().save_pretrained(tmp_path)
    tokenizer = load_tokenizer(tmp_path)
    assert isinstance(tokenizer, kind)
    assert token_limit(tokenizer) == limit
    assert count_tokens(tokenizer, "a red dog") == (4 if kind is T5Tokenizer else 5)
