"""Pipelines as people change them: compiled, sliced, off-loaded, with LoRA."""

from __future__ import annotations

import pytest
import torch
from peft import LoraConfig, get_peft_model_state_dict
from torch._dynamo.testing import CompileCounter
from torch.testing import assert_close

from daam_engine import TracingError, trace
from tests.daam_engine.families import FAMILIES, build_flux, build_pipeline, paint

PROMPTS = ["a red dog", "cat and dog, dog"]
# One block down, one up: a whole UNet takes the compiler twice as long.
SHALLOW = {
    "block_out_channels": (8,),
    "down_block_types": ("CrossAttnDownBlock2D",),
    "up_block_types": ("CrossAttnUpBlock2D",),
}


@pytest.fixture(autouse=True)
def fresh_compiler():
    torch.compiler.reset()
    yield
    torch.compiler.reset()


def eager_maps(**unet: object) -> list[torch.Tensor]:
    with trace(pipeline := build_pipeline(**unet)) as traced:
        paint(pipeline, PROMPTS)
    return [maps.soft() for maps in traced.heat_maps()]


def compile_as_a_wrapper(pipeline, backend) -> None:
    pipeline.unet = torch.compile(pipeline.unet, backend=backend)


def compile_in_place(pipeline, backend) -> None:
    pipeline.unet.compile(backend=backend)


@pytest.mark.parametrize("compile_unet", [compile_as_a_wrapper, compile_in_place])
@pytest.mark.parametrize("used_before", [False, True])
def test_a_compiled_unet_is_traced_in_one_graph(compile_unet, used_before):
    expected = eager_maps(**SHALLOW)
    pipeline, graphs = build_pipeline(**SHALLOW), CompileCounter()
    compile_unet(pipeline, graphs)
    plain = paint(pipeline, PROMPTS) if used_before else None
    for _ in range(2):
        with trace(pipeline) as traced:
            picture = paint(pipeline, PROMPTS)
        plain = paint(pipeline, PROMPTS) if plain is None else plain
        assert torch.equal(picture, plain)
        for maps, soft in zip(traced.heat_maps(), expected, strict=True):
            assert_close(maps.soft(), soft, atol=1e-4, rtol=1e-4)
        assert torch.equal(paint(pipeline, PROMPTS), plain)
    assert graphs.frame_count == 2  # one with tracing and one without, however often and long


def test_blocks_compiled_one_by_one_are_traced():
    expected = eager_maps()
    pipeline = build_pipeline()
    for block in (*pipeline.unet.down_blocks, *pipeline.unet.up_blocks):
        block.compile(backend="eager")
    plain = paint(pipeline, PROMPTS)
    with trace(pipeline) as traced:
        assert torch.equal(paint(pipeline, PROMPTS), plain)
    for maps, soft in zip(traced.heat_maps(), expected, strict=True):
        assert_close(maps.soft(), soft, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("part", ["whole", "block"])
def test_compiled_joint_attention_is_refused(part):
    pipeline = build_flux()
    if part == "whole":
        pipeline.transformer = torch.compile(pipeline.transformer, backend="eager")
    else:
        pipeline.transformer.transformer_blocks[0].compile(backend="eager")
    with pytest.raises(TracingError, match=r"before `torch.compile`"), trace(pipeline):
        pass
    assert "encode_prompt" not in vars(pipeline)


@pytest.mark.parametrize("family", ["sd", "sdxl", "pixart"])
def test_sliced_attention_paints_and_traces_the_same(family):
    pipeline = FAMILIES[family]()
    with trace(pipeline) as whole:
        paint(pipeline, PROMPTS, family=family)
    pipeline.enable_attention_slicing(1)
    plain = paint(pipeline, PROMPTS, family=family)
    with trace(pipeline) as sliced:
        assert torch.equal(paint(pipeline, PROMPTS, family=family), plain)
    for found, expected in zip(sliced.heat_maps(), whole.heat_maps(), strict=True):
        assert_close(found.soft(), expected.soft(), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_model_offload_paints_and_traces_the_same(family):
    # There is no accelerator to move to; the hooks that move models run all the same.
    pipeline = FAMILIES[family]()
    with trace(pipeline) as usual:
        plain = paint(pipeline, PROMPTS, family=family)
    pipeline.enable_model_cpu_offload(device="cpu")
    for _ in range(2):
        with trace(pipeline) as traced:
            assert torch.equal(paint(pipeline, PROMPTS, family=family), plain)
    for found, expected in zip(traced.heat_maps(), usual.heat_maps(), strict=True):
        assert_close(found.soft(), expected.soft())


def lora_of(pipeline) -> dict[str, torch.Tensor]:
    """Random adapters of all attention projections, as a LoRA file holds them."""
    torch.manual_seed(7)
    config = LoraConfig(
        r=2, init_lora_weights=False, target_modules=["to_q", "to_k", "to_v", "to_out.0"]
    )
    denoiser = getattr(pipeline, "unet", None) or pipeline.transformer
    denoiser.add_adapter(config)
    state = get_peft_model_state_dict(denoiser)
    denoiser.delete_adapters(["default"])
    prefix = "unet" if hasattr(pipeline, "unet") else "transformer"
    return {f"{prefix}.{name}": weight.clone() for name, weight in state.items()}


@pytest.mark.parametrize("family", ["sd", "sdxl", "sd3", "flux"])
def test_lora_is_part_of_what_is_traced(family):
    pipeline = FAMILIES[family]()
    with trace(pipeline, all_tokens=True) as without:
        paint(pipeline, PROMPTS, family=family, num_inference_steps=1)
    pipeline.load_lora_weights(lora_of(FAMILIES[family]()))
    plain = paint(pipeline, PROMPTS, family=family, num_inference_steps=1)
    with trace(pipeline, all_tokens=True) as loaded:
        picture = paint(pipeline, PROMPTS, family=family, num_inference_steps=1)
    assert torch.equal(picture, plain)
    pipeline.fuse_lora()  # the same weights, but within the projections themselves
    with trace(pipeline, all_tokens=True) as fused:
        paint(pipeline, PROMPTS, family=family, num_inference_steps=1)
    for found, expected, base in zip(
        loaded.heat_maps(), fused.heat_maps(), without.heat_maps(), strict=True
    ):
        assert_close(found.soft(), expected.soft(), atol=1e-3, rtol=1e-3)
        assert (found.soft() - base.soft()).abs().max() > 1e-2


def test_lora_loaded_while_tracing_is_refused_not_missed():
    pipeline = build_pipeline()
    weights = lora_of(build_pipeline())
    with trace(pipeline), pytest.raises(ValueError, match="Tap"):
        pipeline.load_lora_weights(weights)
