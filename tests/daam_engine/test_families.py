"""Every family of models: the picture stays the same bit for bit, and the maps are true."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from diffusers.models.attention_processor import Attention
from torch.nn import functional
from torch.testing import assert_close
from torch.utils._python_dispatch import TorchDispatchMode
from transformers import CLIPTokenizer

from daam_engine import TracingError, parse, trace
from daam_engine.locate import denoiser_of, locate
from tests.daam_engine.families import (
    FAMILIES,
    MAX_TOKENS,
    TEXT_ROWS,
    build_flux,
    build_sd3,
    build_sdxl,
    paint,
)

PROMPTS = ["a red dog", "a cat and dog, dog"]
CROSS = [family for family in FAMILIES if family not in ("sd3", "flux")]


@pytest.fixture(params=FAMILIES)
def family(request) -> str:
    return request.param


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_tracing_does_not_change_the_picture(family, dtype):
    pipeline = FAMILIES[family]().to(dtype=dtype)
    plain = paint(pipeline, PROMPTS, family=family)
    with trace(pipeline) as traced:
        assert torch.equal(paint(pipeline, PROMPTS, family=family), plain)
    assert torch.equal(paint(pipeline, PROMPTS, family=family), plain)
    assert len(traced.heat_maps()) == 2


def test_without_guidance_the_picture_stays_the_same_too(family):
    pipeline = FAMILIES[family]()
    plain = paint(pipeline, PROMPTS, family=family, guidance_scale=1.0)
    with trace(pipeline) as traced:
        assert torch.equal(paint(pipeline, PROMPTS, family=family, guidance_scale=1.0), plain)
    assert [maps.prompt for maps in traced.heat_maps()] == PROMPTS


@pytest.mark.parametrize("family", CROSS)
def test_all_tokens_of_a_raw_map_sum_to_the_number_of_maps(family):
    pipeline = FAMILIES[family]()
    with trace(pipeline, all_tokens=True) as traced:
        paint(pipeline, PROMPTS, family=family)
    for maps in traced.heat_maps():
        height, width = maps.image_size
        assert_close(maps.soft().sum(dim=0), torch.full((height, width), float(maps.n_maps)))


def test_several_prompts_and_images_trace_like_each_alone(family):
    pipeline = FAMILIES[family]()
    with trace(pipeline) as together:
        paint(pipeline, PROMPTS, family=family, num_images_per_prompt=2)
    maps = together.heat_maps()
    assert [found.prompt for found in maps] == [PROMPTS[0]] * 2 + [PROMPTS[1]] * 2
    for image in (0, 3):  # the shorter prompt and the longer
        with trace(pipeline) as alone:
            generator = torch.Generator().manual_seed(image)
            paint(pipeline, maps[image].prompt, family=family, generator=generator)
        (expected,) = alone.heat_maps()
        assert maps[image].tokens == expected.tokens
        assert_close(maps[image].soft(), expected.soft(), atol=1e-3, rtol=1e-3)
    assert not torch.allclose(maps[2].soft(), maps[3].soft(), atol=1e-3, rtol=1e-3)


def test_every_word_has_a_map_of_its_own_at_the_images_size(family):
    pipeline = FAMILIES[family]()
    with trace(pipeline) as traced:
        picture = paint(pipeline, PROMPTS[1], family=family)
    (maps,) = traced.heat_maps()
    assert maps.image_size == tuple(picture.shape[1:3])
    words = maps.words(parse(PROMPTS[1]))
    assert [found.word.text for found in words] == ["a", "cat", "and", "dog", ",", "dog"]
    assert not any(found.truncated for found in words)
    first, second = words[3], words[5]
    assert first.soft.shape == maps.image_size
    assert set(first.token_indices).isdisjoint(second.token_indices)
    assert not torch.equal(first.soft, second.soft)


def test_prompts_beyond_the_limit_are_traced_as_far_as_they_are_read(family):
    prompt = "a dog " * 300 + "cat"
    pipeline = FAMILIES[family]()
    with trace(pipeline) as traced:
        paint(pipeline, prompt, family=family)
    (maps,) = traced.heat_maps()
    words = maps.words(parse(prompt))
    assert not words[0].truncated
    assert words[-1].truncated


# -- joint attention -----------------------------------------------------------------------------


def explicit_shares(pipeline: Any, family: str, prompt: str, *, text_first: bool) -> torch.Tensor:
    """(pixel, text row): every layer's softmax over text and image, written out."""
    layers = locate(denoiser_of(pipeline))
    inside: list[Attention] = []
    total = []

    def spelled_out(query, key, value, *args, **kwargs):
        if not inside:
            return original(query, key, value, *args, **kwargs)
        shares = (query @ key.mT * query.shape[-1] ** -0.5).softmax(dim=-1)
        prompt = shares[-1].sum(dim=0)  # guided: the prompt comes last
        n_text = key.shape[2] - 16
        total.append(prompt[n_text:, :n_text] if text_first else prompt[:16, 16:])
        return shares @ value

    handles = []
    for layer in layers:
        handles.append(
            layer.module.register_forward_pre_hook(lambda module, _: inside.append(module))
        )
        handles.append(layer.module.register_forward_hook(lambda *_: inside.clear()))
    original = functional.scaled_dot_product_attention
    functional.scaled_dot_product_attention = spelled_out
    try:
        paint(pipeline, prompt, family=family)
    finally:
        functional.scaled_dot_product_attention = original
        for handle in handles:
            handle.remove()
    assert len(total) == 2 * len(layers)
    return torch.stack(total).sum(dim=0)


@pytest.mark.parametrize(("build", "family"), [(build_sd3, "sd3"), (build_flux, "flux")])
def test_joint_attention_is_the_share_of_the_softmax_over_text_and_image(build, family):
    pipeline = build()
    expected = explicit_shares(pipeline, family, "a red dog", text_first=family == "flux")
    with trace(pipeline, all_tokens=True) as traced:
        paint(pipeline, "a red dog", family=family)
    (maps,) = traced.heat_maps()
    found = maps.sums[4, 4].flatten(1).T
    assert found.shape == expected.shape
    assert_close(found, expected, atol=1e-4, rtol=1e-4)
    assert found.std(dim=0).max() > 1e-3  # not a flat map that anything would match
    assert (found.sum(dim=1) < maps.n_maps).all()  # the image's keys have the rest


def test_clip_and_t5_are_told_apart():
    pipeline = build_sd3()
    with trace(pipeline) as traced:
        paint(pipeline, ["a red dog", "a dog"], family="sd3")
    for maps, n_tokens in zip(traced.heat_maps(), (3, 2), strict=True):
        pieces = [(token.encoder, token.text) for token in maps.tokens if token.start < token.end]
        assert [encoder for encoder, _ in pieces] == ["clip"] * n_tokens + ["t5"] * n_tokens
        assert pieces[-1] == ("t5", "▁dog")
        words = parse(maps.prompt)
        both, clip, t5 = (
            maps.words(words, encoder=encoder)[-1] for encoder in (None, "clip", "t5")
        )
        assert_close(both.soft, clip.soft + t5.soft)
        assert both.token_indices == clip.token_indices + t5.token_indices


def test_a_word_that_clip_did_not_read_is_traced_in_t5():
    prompt = "dog dog dog dog dog dog dog dog dog cat"
    pipeline = build_sd3()
    with trace(pipeline) as traced:
        paint(pipeline, "red " * 6 + prompt, family="sd3", max_sequence_length=24)
    (maps,) = traced.heat_maps()
    last = maps.words(parse(maps.prompt))[-1]
    assert not last.truncated
    assert {maps.tokens[index].encoder for index in last.token_indices} == {"t5"}


def test_stable_diffusion_3_without_t5_is_traced_in_clip():
    pipeline = build_sd3(with_t5=False)
    with trace(pipeline) as traced:
        paint(pipeline, "a dog", family="sd3")
    (maps,) = traced.heat_maps()
    assert {token.encoder for token in maps.tokens} == {"clip"}


def test_the_negative_prompt_of_flux_is_not_traced():
    pipeline = build_flux()
    with trace(pipeline) as plain:
        paint(pipeline, "a red dog", family="flux", num_inference_steps=1)
    with trace(pipeline) as guided:
        paint(
            pipeline,
            "a red dog",
            family="flux",
            num_inference_steps=1,
            true_cfg_scale=3.0,
            negative_prompt="cat, cat",
        )
    (expected,), (found,) = plain.heat_maps(), guided.heat_maps()
    assert found.prompt == "a red dog"
    assert found.n_maps == expected.n_maps
    assert_close(found.soft(), expected.soft())


def test_a_reference_picture_among_the_tokens_of_flux_is_refused():
    pipeline = build_flux()
    with trace(pipeline):
        embeddings, pooled, places = pipeline.encode_prompt("a dog", None, max_sequence_length=8)
        image_places = pipeline._prepare_latent_image_ids(1, 4, 4, "cpu", torch.float32)
        with pytest.raises(TracingError, match="32 image tokens where 4 × 4 were expected"):
            pipeline.transformer(
                hidden_states=torch.zeros(1, 32, 16),
                timestep=torch.ones(1),
                guidance=torch.ones(1),
                pooled_projections=pooled,
                encoder_hidden_states=embeddings,
                txt_ids=places,
                img_ids=torch.cat([image_places, image_places]),
            )


def test_masked_tokens_of_pixart_get_nothing():
    pipeline = FAMILIES["pixart"]()
    with trace(pipeline, all_tokens=True) as traced:
        paint(pipeline, ["a dog", "a red dog and cat"], family="pixart")
    short, long = traced.heat_maps()
    assert len(short.tokens) == TEXT_ROWS
    padding = short.soft((4, 4))[3:]  # after "a", "dog" and the end
    assert_close(padding, torch.zeros_like(padding))
    assert long.soft((4, 4))[5].max() > 0


# -- texts ---------------------------------------------------------------------------------------


def test_two_different_prompts_for_one_picture_are_refused():
    with trace(pipeline := build_sdxl()), pytest.raises(TracingError, match="`prompt_2` is not"):
        paint(pipeline, "a dog", prompt_2="a cat")


def test_two_tokenizers_that_disagree_are_refused():
    pipeline = build_sdxl()
    vocabulary = pipeline.tokenizer.get_vocab()
    pipeline.tokenizer_2 = CLIPTokenizer(vocab=vocabulary, merges=[], model_max_length=MAX_TOKENS)
    with trace(pipeline), pytest.raises(TracingError, match="two tokenizers cut"):
        paint(pipeline, "a red dog")


def test_a_prompt_that_the_pipeline_rewrites_is_refused():
    pipeline = FAMILIES["pixart"]()
    with trace(pipeline), pytest.raises(TracingError, match="without white space before it"):
        paint(pipeline, "  a dog", family="pixart")


def test_white_space_after_a_prompt_and_capitals_move_no_word():
    pipeline = FAMILIES["pixart"]()
    with trace(pipeline) as traced:
        paint(pipeline, "A Dog \n", family="pixart")
    (maps,) = traced.heat_maps()
    assert [maps.tokens[index].text for index in maps.words(parse("A Dog"))[1].token_indices] == [
        "▁dog"
    ]


def test_embeddings_are_traced_with_the_prompts_given_beside_them(family):
    pipeline = FAMILIES[family]()
    with trace(pipeline) as usual:
        plain = paint(pipeline, PROMPTS, family=family)
    encoded = encode(pipeline, family, PROMPTS)
    with trace(pipeline, prompts=PROMPTS) as traced:
        assert torch.equal(paint(pipeline, PROMPTS, family=family, **encoded), plain)
    for found, expected in zip(traced.heat_maps(), usual.heat_maps(), strict=True):
        assert found.tokens == expected.tokens
        assert_close(found.soft(), expected.soft())


@torch.no_grad()
def encode(pipeline: Any, family: str, prompts: list[str]) -> dict[str, torch.Tensor]:
    """The pipeline's own embeddings, as arguments of its call."""
    if family == "pixart":
        found = pipeline.encode_prompt(prompts, max_sequence_length=TEXT_ROWS)
        order = ("prompt_embeds", "prompt_attention_mask", "negative_prompt_embeds",
                 "negative_prompt_attention_mask")  # fmt: skip
        return {"negative_prompt": None, **dict(zip(order, found, strict=True))}
    if family == "flux":
        embeddings, pooled, _ = pipeline.encode_prompt(prompts, None, max_sequence_length=TEXT_ROWS)
        return {"prompt_embeds": embeddings, "pooled_prompt_embeds": pooled}
    if family in ("sdxl", "sd3"):
        order = ("prompt_embeds", "negative_prompt_embeds", "pooled_prompt_embeds",
                 "negative_pooled_prompt_embeds")  # fmt: skip
        options = (
            {"prompt_2": None, "prompt_3": None, "max_sequence_length": TEXT_ROWS}
            if family == "sd3"
            else {}
        )
        return dict(zip(order, pipeline.encode_prompt(prompts, **options), strict=True))
    embeddings, negative = pipeline.encode_prompt(prompts, "cpu", 1, family != "lcm")
    return {"prompt_embeds": embeddings, "negative_prompt_embeds": negative}


# -- waiting for the device ----------------------------------------------------------------------


class Waits(TorchDispatchMode):
    """Counts what would make the host wait for a GPU: reading a number out of a tensor."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.count += func is torch.ops.aten._local_scalar_dense.default
        return func(*args, **(kwargs or {}))


def test_tracing_never_makes_the_host_wait_within_a_step(family):
    pipeline = FAMILIES[family]()
    counts = {}
    for steps in (3, 6):
        with Waits() as plain:
            paint(pipeline, PROMPTS, family=family, num_inference_steps=steps)
        with trace(pipeline), Waits() as traced:
            paint(pipeline, PROMPTS, family=family, num_inference_steps=steps)
        counts[steps] = traced.count - plain.count
    assert counts[3] == counts[6]
    assert counts[3] == 0 or family == "flux"  # which reads its size once a call


def test_steps_kept_apart_are_read_from_the_scheduler_once_each():
    pipeline = FAMILIES["sd"]()
    with Waits() as plain:
        paint(pipeline, PROMPTS, num_inference_steps=5)
    with trace(pipeline, by=["step"]), Waits() as traced:
        paint(pipeline, PROMPTS, num_inference_steps=5)
    assert traced.count - plain.count == 5
