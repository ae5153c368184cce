from __future__ import annotations

import numpy as np
import pytest
from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
from numpy.testing import assert_allclose
from transformers import CLIPConfig, CLIPImageProcessor

from daam_engine import GenerationSettings, InvalidRequestError, generate
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


def test_an_image_does_not_depend_on_its_batch_mates(loaded):
    together = generate(loaded, PROMPTS, SEEDS, FAST)[1]
    (alone,) = generate(loaded, PROMPTS[1:], SEEDS[1:], FAST)
    difference = np.asarray(together.image, dtype=int) - np.asarray(alone.image)
    assert np.abs(difference).max() <= 1  # one grey level: sums are blocked by batch size
    assert_allclose(together.stack(), alone.stack(), atol=1e-3)


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
        "steps": 2,
        "guidance": 7.5,
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


def test_a_prompt_without_words_has_no_maps(loaded):
    (generated,) = generate(loaded, [""], [0], FAST)
    assert generated.words == []
    assert generated.stack().shape == (0, 32, 32)


def test_steps_are_reported(loaded):
    reported = []
    generate(loaded, ["dog"], [0], FAST, on_step=lambda done, total: reported.append((done, total)))
    assert reported == [(1, 2), (2, 2)]


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


@pytest.mark.parametrize(
    ("prompts", "seeds", "wish", "reason"),
    [
        ([], [], FAST, "one seed per prompt"),
        (["dog"], [1, 2], FAST, "one seed per prompt"),
        (["dog"], [-1], FAST, "A seed is"),
        (["dog"], [0], GenerationSettings(steps=0), "at least one step"),
        (["dog"], [0], GenerationSettings(height=30), "multiples of 8"),
    ],
)
def test_impossible_requests_are_refused(loaded, prompts, seeds, wish, reason):
    with pytest.raises(InvalidRequestError, match=reason):
        generate(loaded, prompts, seeds, wish)
