from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
from numpy.testing import assert_allclose
from torch.testing import assert_close
from transformers import CLIPConfig, CLIPImageProcessor

from daam_engine import GenerationSettings, generate, load_pipeline
from daam_engine.generate import stored_size

FAST = GenerationSettings(steps=2, guidance=5.0)
PROMPTS, SEEDS = ["a red dog", "cat and dog, dog"], [3, 4]


def test_every_prompt_gets_its_image_and_a_map_per_word(loaded):
    first, second = generate(loaded, PROMPTS, SEEDS, FAST)
    assert [found.word.text for found in second.words] == ["cat", "and", "dog", ",", "dog"]
    assert (first.prompt, first.seed, first.image.size) == ("a red dog", 3, (32, 32))
    assert all(found.soft.shape == (32, 32) for found in first.words)


def test_repeated_words_have_maps_of_their_own(loaded):
    _, second = generate(loaded, PROMPTS, SEEDS, FAST)
    dogs = [found.soft for found in second.words if found.word.text == "dog"]
    assert len(dogs) == 2
    assert not dogs[0].allclose(dogs[1])


MANY = ["a red dog", "cat", "dog " * 30, "a dog and a cat, and a red cat", "?!"]


@pytest.mark.parametrize(
    "chosen", [[2], [0, 2], [2, 0], [1, 2, 3], [4, 3, 2, 1, 0], [0, 1, 3, 2], [2, 2]]
)
def test_an_image_on_a_cpu_does_not_depend_on_its_batch_mates_by_a_bit(loaded, chosen):
    (alone,) = generate(loaded, [MANY[2]], [12], FAST)
    made = generate(loaded, [MANY[n] for n in chosen], [10 + n for n in chosen], FAST)
    together = made[chosen.index(2)]
    assert together.image.tobytes() == alone.image.tobytes()
    assert together.stack().tobytes() == alone.stack().tobytes()
    assert together.provenance == alone.provenance


def test_batches_on_request_change_an_image_by_rounding(loaded):
    seeds = range(len(MANY))
    singly = generate(loaded, MANY, seeds, FAST)
    together = generate(loaded, MANY, seeds, FAST, batch_size=3)
    assert [made.provenance["batch_size"] for made in together] == [3, 3, 3, 2, 2]
    for one, other in zip(singly, together, strict=True):
        difference = np.asarray(one.image, dtype=int) - np.asarray(other.image)
        assert np.abs(difference).max() <= 1  # one grey level: sums are blocked by batch size
        assert_allclose(one.stack(), other.stack(), atol=1e-3)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_an_image_on_a_gpu_depends_on_its_batch_mates_by_rounding_only(pipeline, tmp_path):
    pipeline.save_pretrained(tmp_path)
    loaded = load_pipeline(tmp_path, device="cuda", dtype="float32")
    together = generate(loaded, MANY, range(len(MANY)), FAST)[2]
    (alone,) = generate(loaded, MANY[2:3], [2], FAST)
    assert together.provenance["batch_size"] == len(MANY)
    difference = np.asarray(together.image, dtype=int) - np.asarray(alone.image)
    assert np.abs(difference).max() <= 2


def test_the_same_seed_gives_the_same_result(loaded):
    first, second = (generate(loaded, PROMPTS[:1], [7], FAST)[0] for _ in range(2))
    assert first.image.tobytes() == second.image.tobytes()
    assert first.stack().tobytes() == second.stack().tobytes()
    (other,) = generate(loaded, PROMPTS[:1], [8], FAST)
    assert other.image.tobytes() != first.image.tobytes()


def test_provenance_tells_how_to_make_it_again(loaded):
    (generated,) = generate(loaded, ["dog"], [5], GenerationSettings(2, height=32, width=64))
    provenance = generated.provenance
    expected = {
        "model": "tiny",
        "model_revision": "1",
        "scheduler": "DDIMScheduler",
        "model_config": None,
        "steps": 2,
        "guidance": 7.5,
        "negative_prompt": None,
        "batch_size": 1,
        "seed": 5,
        "height": 32,
        "width": 64,
        "dtype": "float32",
        "device": "cpu",
        "normalisation": "sum over heads, layers and steps; bicubic once per resolution",
        "engine_version": "0.1.0",
    }
    assert {name: provenance[name] for name in expected} == expected
    assert len(provenance["layers"]) == 6
    assert set(provenance["library_versions"]) == {"torch", "diffusers", "transformers"}


def test_stored_maps_are_shares_of_attention_and_zero_where_truncated(loaded):
    (generated,) = generate(loaded, ["dog " * 14 + "cat"], [0], FAST)
    stack = generated.stack((16, 16))
    assert (stack.shape, stack.dtype) == ((15, 16, 16), np.float16)
    assert generated.truncated == (False,) * 14 + (True,)
    assert not stack[14].any()
    assert_allclose(
        stack[0], generated.maps.words(generated.parsed, (16, 16))[0].soft / 24, rtol=1e-3
    )


def test_steps_are_reported(loaded):
    reported = []

    def on_step(done: int, total: int) -> None:
        reported.append((done, total))

    generate(loaded, PROMPTS, SEEDS, FAST, on_step=on_step)
    assert reported == [(1, 4), (2, 4), (3, 4), (4, 4)]
    reported.clear()
    generate(loaded, PROMPTS, SEEDS, FAST, on_step=on_step, batch_size=2)
    assert reported == [(2, 4), (4, 4)]


def test_a_negative_prompt_leads_away_from_it(loaded):
    (plain,) = generate(loaded, ["dog"], [0], FAST)
    (led,) = generate(loaded, ["dog"], [0], replace(FAST, negative_prompt="a red cat"))
    assert led.provenance["negative_prompt"] == "a red cat"
    assert led.image.tobytes() != plain.image.tobytes()


@pytest.mark.parametrize(("threshold", "withheld"), [(-2.0, True), (2.0, False)])
def test_images_that_the_safety_checker_blackened_are_marked(loaded, threshold, withheld):
    vision = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1}
    vision |= {"num_attention_heads": 1, "image_size": 8, "patch_size": 4}
    checker = StableDiffusionSafetyChecker(CLIPConfig(projection_dim=8, vision_config=vision))
    checker.concept_embeds_weights.data.fill_(threshold)  # cosines lie between −1 and 1
    checker.special_care_embeds_weights.data.fill_(threshold)
    loaded.pipeline.safety_checker = checker
    loaded.pipeline.feature_extractor = CLIPImageProcessor(
        size={"shortest_edge": 8}, crop_size={"height": 8, "width": 8}
    )
    (generated,) = generate(loaded, ["dog"], [0], FAST)
    assert generated.withheld == withheld
    assert (not np.asarray(generated.image).any()) == withheld


@pytest.mark.parametrize(
    ("image", "stored"), [((512, 512), (128, 128)), ((512, 768), (85, 128)), ((32, 64), (32, 64))]
)
def test_stored_size_keeps_the_shape(image, stored):
    assert stored_size(image) == stored


@pytest.mark.parametrize("batch_size", [1, 2])
def test_every_image_is_asked_about_probes_of_its_own(loaded, batch_size):
    prompts = ["a red dog", "a cat", "a dog"]
    probes = [["a cat", prompts[0]], ["a red dog", prompts[1]], ["a red cat", prompts[2]]]
    found = generate(
        loaded, prompts, [1, 2, 3], GenerationSettings(steps=2), probes=probes,
        batch_size=batch_size,
    )  # fmt: skip
    plain = generate(loaded, prompts, [1, 2, 3], GenerationSettings(steps=2), batch_size=batch_size)
    for image, asked, unasked in zip(found, probes, plain, strict=True):
        assert [maps.prompt for maps in image.probed] == asked
        assert_close(image.probed[1].soft(), image.maps.soft())
        assert image.image.tobytes() == unasked.image.tobytes()
        assert unasked.probed == ()
