"""Attention that tells its log-sum-exp, against PyTorch's own and against the definition."""

from __future__ import annotations

import pytest
import torch
from diffusers.models.attention_processor import Attention, JointAttnProcessor2_0
from torch.nn.functional import scaled_dot_product_attention
from torch.testing import assert_close

from daam_engine.joint import attention_with_log_sum_exp, observing_jointly
from daam_engine.locate import Layer
from daam_engine.observe import Call, Observer

DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]


def tensors(width: int, dtype: torch.dtype, device: str) -> tuple[torch.Tensor, ...]:
    generator = torch.Generator().manual_seed(0)
    shape = (2, 3, 1100, width)  # more rows than are taken at once
    return tuple(
        torch.randn(shape, generator=generator).to(device=device, dtype=dtype) for _ in range(3)
    )


def masks(device: str) -> dict[str, torch.Tensor | None]:
    kept = torch.arange(1100, device=device) % 3 > 0
    return {
        "none": None,
        "boolean": kept.expand(2, 1, 1100, 1100),
        "added": torch.where(kept, 0.0, -2.0).expand(2, 1, 1100, 1100),
    }


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("mask", ["none", "boolean", "added"])
@pytest.mark.parametrize("width", [16, 12])  # of which 12 is a width that kernels pad
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_the_output_is_pytorchs_and_the_log_sum_exp_is_the_rows(device, mask, width, dtype):
    query, key, value = tensors(width, dtype, device)
    bias = masks(device)[mask]
    bias = bias.to(dtype) if mask == "added" else bias
    output, found = attention_with_log_sum_exp(query, key, value, bias, 0.3)
    assert torch.equal(output, scaled_dot_product_attention(query, key, value, bias, scale=0.3))
    scores = query.float() @ key.float().mT * 0.3
    if mask == "boolean":
        scores = scores.masked_fill(~bias, -torch.inf)
    elif mask == "added":
        scores = scores + bias.float()
    assert found.dtype == torch.float32
    assert_close(found, scores.logsumexp(dim=-1), atol=1e-3, rtol=1e-3)


def test_one_head_of_joint_attention_by_hand():
    # One pixel and two tokens; d = 1, q = ln 2, keys 0, 1, 2: exponentials 1 (the pixel's own), 2
    # and 4, so the tokens have 2/7 and 4/7 and the picture keeps 1/7.
    attention = Attention(
        query_dim=1, heads=1, dim_head=1, added_kv_proj_dim=1, context_pre_only=False,
        processor=JointAttnProcessor2_0(), bias=False, added_proj_bias=False,
    )  # fmt: skip
    with torch.no_grad():
        for name in ("to_q", "to_v", "add_q_proj", "add_v_proj", "to_out"):
            module = getattr(attention, name)
            weight = module[0].weight if name == "to_out" else module.weight
            weight.fill_(0.6931471805599453)
        attention.to_k.weight.fill_(0.0)
        attention.add_k_proj.weight.fill_(1.0)
    sums = torch.zeros(1, 1, 1, 2)
    observer = Observer(Layer("attn", "transformer", 1, attention, "last"))
    observer.expect(Call(rows=slice(0, 1), columns=(slice(0, 2),), n_text=2, sums=sums))
    pixels, text = torch.ones(1, 1, 1), torch.tensor([[[1.0], [2.0]]])
    plain = attention(pixels, encoder_hidden_states=text)
    with observing_jointly(observer):
        traced = attention(pixels, encoder_hidden_states=text)
    assert all(torch.equal(*pair) for pair in zip(plain, traced, strict=True))
    assert_close(sums, torch.tensor([[[[2 / 7, 4 / 7]]]]))


def test_a_layer_that_fails_leaves_no_trace():
    attention = Attention(
        query_dim=4, heads=1, dim_head=4, added_kv_proj_dim=4, context_pre_only=False,
        processor=JointAttnProcessor2_0(),
    )  # fmt: skip
    observer = Observer(Layer("attn", "transformer", 1, attention, "last"))
    with observing_jointly(observer), pytest.raises(RuntimeError, match="shapes"):
        attention(torch.ones(1, 2, 4), encoder_hidden_states=torch.ones(1, 2, 3))
    assert torch.overrides._get_current_function_mode_stack() == []
    assert not attention._forward_hooks
    assert not attention._forward_pre_hooks
