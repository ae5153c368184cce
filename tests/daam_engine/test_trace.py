from __future__ import annotations

import pytest
import torch
from diffusers import HeunDiscreteScheduler
from torch import nn
from torch.testing import assert_close

from daam_engine import InvalidRequestError, TracingError, UnsupportedModelError, parse, trace
from daam_engine.heat_map import resize
from tests.daam_engine.families import MAX_TOKENS, build_flux, build_pipeline, build_sdxl
from tests.daam_engine.families import paint as paint_family

PROMPTS = ["a red dog", "cat and dog, dog"]


def hooks_of(module: nn.Module) -> int:
    return sum(len(part._forward_hooks) + len(part._forward_pre_hooks) for part in module.modules())


def test_sliced_attention_paints_and_traces_the_same(pipeline, paint):
    with trace(pipeline) as whole:
        paint(pipeline, PROMPTS)
    pipeline.enable_attention_slicing(1)
    plain = paint(pipeline, PROMPTS)
    with trace(pipeline) as sliced:
        assert torch.equal(paint(pipeline, PROMPTS), plain)
    assert_close(sliced.heat_maps()[1].soft(), whole.heat_maps()[1].soft())


@pytest.mark.parametrize("failing", [False, True])
def test_pipeline_is_as_before_afterwards(pipeline, paint, failing):
    attributes, processors = dict(vars(pipeline)), dict(pipeline.unet.attn_processors)
    hooks, modules = hooks_of(pipeline.unet), dict(pipeline.unet.named_modules())
    try:
        with trace(pipeline):
            assert hooks_of(pipeline.unet) > hooks
            assert dict(pipeline.unet.named_modules()) != modules
            paint(pipeline, PROMPTS)
            if failing:
                raise KeyError("something else")
    except KeyError:
        pass
    after = {name: value for name, value in vars(pipeline).items() if name in attributes}
    assert after == attributes
    assert "encode_prompt" not in vars(pipeline)
    assert pipeline.unet.attn_processors == processors
    assert dict(pipeline.unet.named_modules()) == modules
    assert hooks_of(pipeline.unet) == hooks
    with trace(pipeline):  # it can be traced again
        pass


def test_every_map_is_counted_and_all_tokens_sum_to_the_count(pipeline, paint):
    with trace(pipeline, all_tokens=True) as traced:
        paint(pipeline, PROMPTS)
    for maps in traced.heat_maps():
        # 2 layers × 2 heads × 2 steps going down and 4 × 2 × 2 going up, half at each resolution
        assert maps.counts == {(8, 8): 12, (4, 4): 12}
        assert len(maps.tokens) == MAX_TOKENS
        assert_close(maps.soft().sum(dim=0), torch.full((32, 32), float(maps.n_maps)))


def test_mid_block_is_traced_on_request(pipeline, paint):
    with trace(pipeline, mid_block=True) as traced:
        paint(pipeline, "a dog")
    (maps,) = traced.heat_maps()
    assert maps.counts == {(8, 8): 12, (4, 4): 16}
    assert any(name.startswith("mid_block.") for name in maps.provenance["layers"])


def test_maps_are_those_of_the_layers_own_attention(pipeline, paint):
    """The reference: diffusers' own `get_attention_scores`, from a processor that replaces."""
    expected = torch.zeros(16, MAX_TOKENS)  # (pixel, token) of the second prompt at 4 × 4

    class Explicit:
        def __call__(self, attn, hidden_states, encoder_hidden_states=None, **_):
            query = attn.head_to_batch_dim(attn.to_q(hidden_states))
            key = attn.head_to_batch_dim(attn.to_k(encoder_hidden_states))
            value = attn.head_to_batch_dim(attn.to_v(encoder_hidden_states))
            shares = attn.get_attention_scores(query, key)  # (row × head, pixel, token)
            if shares.shape[1] == 16:
                expected.add_(shares.unflatten(0, (4, 2))[3].sum(dim=0))
            return attn.to_out[0](attn.batch_to_head_dim(shares @ value))

    with trace(pipeline) as traced:
        paint(pipeline, PROMPTS)
    for name, module in pipeline.unet.named_modules():
        if name.endswith("attn2") and not name.startswith("mid_block"):
            module.set_processor(Explicit())
    paint(pipeline, PROMPTS)
    maps = traced.heat_maps()[1].sums[4, 4]
    assert_close(maps.flatten(1), expected.T[: len(maps)], atol=1e-4, rtol=1e-4)


def test_several_prompts_trace_like_each_alone(pipeline, paint):
    with trace(pipeline) as together:
        paint(pipeline, PROMPTS)
    for number, (prompt, maps) in enumerate(zip(PROMPTS, together.heat_maps(), strict=True)):
        with trace(pipeline) as alone:
            paint(pipeline, prompt, generator=torch.Generator().manual_seed(number))
        (expected,) = alone.heat_maps()
        assert (maps.prompt, maps.tokens) == (prompt, expected.tokens)
        assert_close(maps.soft(), expected.soft(), atol=1e-4, rtol=1e-4)


def test_several_images_per_prompt_each_have_their_maps(pipeline, paint):
    with trace(pipeline) as traced:
        paint(pipeline, PROMPTS, num_images_per_prompt=2)
    maps = traced.heat_maps()
    assert [found.prompt for found in maps] == [PROMPTS[0], PROMPTS[0], PROMPTS[1], PROMPTS[1]]
    with trace(pipeline) as alone:
        paint(pipeline, PROMPTS[1], generator=torch.Generator().manual_seed(3))
    assert_close(maps[3].soft(), alone.heat_maps()[0].soft(), atol=1e-4, rtol=1e-4)
    assert not torch.equal(maps[2].soft(), maps[3].soft())


def test_without_guidance_all_rows_are_the_prompts(pipeline, paint):
    with trace(pipeline, all_tokens=True) as traced:
        paint(pipeline, PROMPTS, guidance_scale=1.0)
    for maps in traced.heat_maps():
        assert maps.n_maps == 24
        assert_close(maps.soft().sum(dim=0), torch.full((32, 32), 24.0))


def test_guidance_traces_the_prompt_not_the_negative_prompt(pipeline, paint):
    # At one step both noises are the same, so the guided call sees the unguided one's latent.
    options = {"num_inference_steps": 1}
    with trace(pipeline) as guided:
        paint(pipeline, "a red dog", negative_prompt="cat cat cat", **options)
    with trace(pipeline) as unguided:
        paint(pipeline, "a red dog", guidance_scale=1.0, **options)
    assert_close(guided.heat_maps()[0].soft(), unguided.heat_maps()[0].soft(), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    ("height", "width", "resolutions"),
    [(32, 64, {(8, 16), (4, 8)}), (40, 24, {(10, 6), (5, 3)}), (24, 36, {(6, 9), (3, 5)})],
)
def test_images_need_not_be_square(pipeline, paint, height, width, resolutions, monkeypatch):
    # The pipeline insists on multiples of 8 pixels; an odd latent rounds up as its layers do.
    monkeypatch.setattr(pipeline, "check_inputs", lambda *_, **__: None)
    with trace(pipeline) as traced:
        images = paint(pipeline, "a dog", height=height, width=width)
    (maps,) = traced.heat_maps()
    assert {size: tuple(sums.shape) for size, sums in maps.sums.items()} == {
        size: (4, *size) for size in resolutions
    }
    assert maps.image_size == (height, width) == tuple(images.shape[1:3])
    assert maps.soft().shape == (4, height, width)


def test_a_new_call_starts_afresh(pipeline, paint):
    with trace(pipeline) as traced:
        paint(pipeline, "a red dog")
        paint(pipeline, "cat")
    (maps,) = traced.heat_maps()
    assert maps.prompt == "cat"
    assert maps.n_maps == 24


def test_tracing_twice_at_once_is_refused(pipeline):
    inner = trace(pipeline)
    with trace(pipeline), pytest.raises(TracingError, match="being traced already"):
        inner.__enter__()


def test_heat_maps_before_any_call_are_refused(pipeline):
    with trace(pipeline) as traced:
        pass
    with pytest.raises(TracingError, match="Nothing was traced"):
        traced.heat_maps()


def test_embeddings_without_a_prompt_are_refused(pipeline):
    options = {
        "prompt_embeds": torch.zeros(2, MAX_TOKENS, 16),
        "num_inference_steps": 1,
        "guidance_scale": 1.0,
    }
    with trace(pipeline), pytest.raises(TracingError, match=r"trace\(pipeline, prompts="):
        pipeline(**options)
    with (
        trace(pipeline, prompts=["a dog"]),
        pytest.raises(TracingError, match="embeddings of 2 prompts and the words of 1"),
    ):
        pipeline(**options)


def test_layers_that_cannot_be_observed_are_refused(pipeline, paint):
    pipeline.unet.fuse_qkv_projections()
    with trace(pipeline), pytest.raises(TracingError, match="fuse_qkv_projections"):
        paint(pipeline, "a dog")


def test_unknown_rows_are_refused(pipeline):
    with trace(pipeline):
        pipeline.encode_prompt("a dog", "cpu", 1, False)
        with pytest.raises(TracingError, match="3 rows where 1 were expected"):
            pipeline.unet(torch.zeros(3, 4, 8, 8), 1, torch.zeros(3, MAX_TOKENS, 16))


def test_a_denoiser_without_text_is_refused():
    pipeline = build_pipeline(
        down_block_types=("DownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "UpBlock2D"),
    )
    with pytest.raises(UnsupportedModelError, match="no cross-attention"), trace(pipeline):
        pass


# -- apart ---------------------------------------------------------------------------------------


def test_axes_kept_apart_add_up_to_the_whole(pipeline, paint):
    with trace(pipeline) as together:
        paint(pipeline, PROMPTS)
    with trace(pipeline, by=("layer", "head", "step")) as apart:
        paint(pipeline, PROMPTS)
    for whole, maps in zip(together.heat_maps(), apart.heat_maps(), strict=True):
        assert maps.counts == whole.counts
        assert len(maps.layers) == 6
        assert maps.steps == (0, 1)
        assert len(maps.parts) == 12
        assert all(part.sums.shape[0] == 2 and part.count == 1 for part in maps.parts)
        assert_close(maps.soft(), whole.soft())
        steps = [maps.select(steps=[step]).soft() for step in maps.steps]
        assert not torch.allclose(*steps)
        assert_close(steps[0] + steps[1], whole.soft())


def test_only_what_is_asked_for_is_held(pipeline, paint):
    held = {}
    for by in ((), ("head",), ("layer",), ("step",)):
        for steps in (1, 3):
            with trace(pipeline, by=by) as traced:
                paint(pipeline, "a dog", num_inference_steps=steps)
            held[by, steps] = traced.held_bytes
    one = (64 + 16) * 4 * 4  # pixels at both resolutions, tokens of "a dog", bytes of a float32
    assert held == {
        ((), 1): one,
        ((), 3): one,
        (("head",), 1): 2 * one,
        (("head",), 3): 2 * one,
        (("layer",), 1): 3 * one,
        (("layer",), 3): 3 * one,
        (("step",), 1): one,
        (("step",), 3): 3 * one,
    }


def test_a_step_of_two_denoiser_calls_is_one_step(pipeline, paint):
    pipeline.scheduler = HeunDiscreteScheduler(steps_offset=1)
    with trace(pipeline, by=["step"]) as traced:
        paint(pipeline, "a dog", num_inference_steps=3)
    (maps,) = traced.heat_maps()
    assert maps.steps == (0, 1, 2)
    assert [part.count for part in maps.parts if part.resolution == (8, 8)] == [6, 12, 12]


# -- probes --------------------------------------------------------------------------------------


def test_a_probe_of_the_prompt_itself_has_the_prompts_maps(pipeline, paint):
    plain = paint(pipeline, PROMPTS, num_images_per_prompt=2)
    with trace(pipeline, probes=[["cat", PROMPTS[0]], ["cat", PROMPTS[1]]]) as traced:
        assert torch.equal(paint(pipeline, PROMPTS, num_images_per_prompt=2), plain)
    found = zip(traced.heat_maps(), traced.probe_maps(), strict=True)
    for maps, (cat, itself) in found:
        assert (cat.prompt, itself.prompt) == ("cat", maps.prompt)
        assert itself.tokens == maps.tokens
        assert_close(itself.soft(), maps.soft())
        assert cat.n_maps == maps.n_maps
    # The same question to different pictures of one prompt has different answers.
    cats = [cat.soft() for cat, _ in traced.probe_maps()]
    assert not torch.allclose(cats[0], cats[1])


def test_one_list_of_probes_serves_all_prompts(pipeline, paint):
    with trace(pipeline, probes=["red cat"]) as traced:
        paint(pipeline, PROMPTS)
    maps = [found.words(parse("red cat")) for (found,) in traced.probe_maps()]
    assert [[found.word.text for found in words] for words in maps] == [["red", "cat"]] * 2


def test_probes_ask_with_sdxls_two_encoders_too():
    pipeline = build_sdxl()
    with trace(pipeline, probes=["a red dog"]) as traced:
        paint_family(pipeline, "a red dog", family="sdxl")
    (maps,), ((itself,),) = traced.heat_maps(), traced.probe_maps()
    assert_close(itself.soft(), maps.soft())


def test_probes_that_cannot_be_asked_are_refused(pipeline, paint):
    with trace(pipeline, probes=[["cat"]]), pytest.raises(InvalidRequestError, match="2 prompts"):
        paint(pipeline, PROMPTS)
    with trace(pipeline) as traced:
        paint(pipeline, PROMPTS)
    with pytest.raises(TracingError, match="Nothing was probed"):
        traced.probe_maps()
    flux = build_flux()
    with trace(flux, probes=["cat"]), pytest.raises(TracingError, match="Probes ask separate"):
        paint_family(flux, "a dog", family="flux")


# -- the published code's arithmetic ---------------------------------------------------------------


def test_the_published_mode_clamps_each_head_and_takes_the_mean(paint):
    pipeline = build_pipeline(sample_size=24)
    with trace(pipeline, by=("layer", "head")) as apart:
        paint(pipeline, "a red dog", height=192, width=192)
    with trace(pipeline, mode="published") as traced:
        paint(pipeline, "a red dog", height=192, width=192)
    (maps,), (published,) = apart.heat_maps(), traced.heat_maps()
    # 96 pixels, since the model's own size is neither 512 nor 1024; the latent is half as large.
    heads = [resize(head, (96, 96)).clamp(min=0) for part in maps.parts for head in part.sums]
    assert len(heads) == 12
    assert_close(published.soft((96, 96)), torch.stack(heads).mean(dim=0))
    assert published.provenance["mode"] == "published"
    assert maps.provenance["mode"] == "paper"


@pytest.mark.parametrize("wish", [{"by": ["head"]}, {"probes": ["cat"]}, {"mid_block": True}])
def test_the_published_mode_knows_nothing_beyond_the_published_code(pipeline, wish):
    with pytest.raises(InvalidRequestError, match='mode="paper"'):
        trace(pipeline, mode="published", **wish).__enter__()


def test_the_published_mode_refuses_a_size_at_which_the_published_code_skips_all(pipeline, paint):
    with trace(pipeline, mode="published") as traced:
        paint(pipeline, "a dog")  # 8 and 4 pixels are 1/12 and 1/24 of 96
    with pytest.raises(TracingError, match="skips every layer"):
        traced.heat_maps()


def test_the_published_mode_refuses_what_the_published_code_gets_wrong(pipeline, paint):
    with trace(pipeline, mode="published") as traced:
        paint(pipeline, "a dog", height=32, width=64)
    with pytest.raises(TracingError, match="not square"):
        traced.heat_maps()
    with pytest.raises(UnsupportedModelError, match="UNets only"):
        trace(build_flux(), mode="published").__enter__()
