from __future__ import annotations

import pytest
import torch
from diffusers.models.attention_processor import Attention
from torch.testing import assert_close

from daam_engine.locate import Layer
from daam_engine.observe import Call, Observer, add, attention_over_text, observing

ALL = (slice(0, 3),)


def identity_attention(heads: int, dim_head: int) -> Attention:
    attention = Attention(
        query_dim=heads * dim_head,
        cross_attention_dim=heads * dim_head,
        heads=heads,
        dim_head=dim_head,
    )
    with torch.no_grad():
        attention.to_q.weight.copy_(torch.eye(heads * dim_head))
        attention.to_k.weight.copy_(torch.eye(heads * dim_head))
    return attention


def test_one_head_equals_softmax_by_hand():
    # d = 1, so 1/√d = 1 and the scores are q·k. For q = ln 2 and keys 0, 1, 2 the exponentials are
    # 1, 2, 4: shares 1/7, 2/7, 4/7. For q = 0 every share is 1/3.
    query = torch.tensor([[[0.6931471805599453], [0.0]]])  # (image, pixel, channel)
    key = torch.tensor([[[0.0], [1.0], [2.0]]])  # (image, token, channel)
    shares = attention_over_text(identity_attention(1, 1), query, key, ALL)
    assert_close(shares, torch.tensor([[[[1 / 7, 2 / 7, 4 / 7], [1 / 3, 1 / 3, 1 / 3]]]]))


def test_scores_are_divided_by_the_root_of_the_head_dimension():
    # d = 4: q·k = 2 ln 3, over √4 gives ln 3, so the shares are 3/4 and 1/4.
    query = torch.tensor([[[2 * 1.0986122886681098, 0.0, 0.0, 0.0]]])
    key = torch.tensor([[[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]]])
    shares = attention_over_text(identity_attention(1, 4), query, key, (slice(0, 2),))
    assert_close(shares, torch.tensor([[[[0.75, 0.25]]]]))


def test_heads_can_be_summed_and_unread_tokens_still_count_in_the_softmax():
    # Head 1 has q = ln 2, head 2 q = 0; see above. Only the first two of three tokens are kept.
    query = torch.tensor([[[0.6931471805599453, 0.0]]])
    key = torch.tensor([[[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]]])
    shares = attention_over_text(identity_attention(2, 1), query, key, (slice(0, 2),))
    assert_close(shares, torch.tensor([[[[1 / 7, 2 / 7]], [[1 / 3, 1 / 3]]]]))
    summed, apart = torch.zeros(1, 1, 1, 2), torch.zeros(1, 2, 1, 2)
    add(shares, summed)
    add(shares, apart)
    assert_close(summed, torch.tensor([[[[1 / 7 + 1 / 3, 2 / 7 + 1 / 3]]]]))
    assert_close(apart, shares)


def test_several_columns_are_taken_in_their_order():
    query, key = torch.zeros(1, 1, 1), torch.tensor([[[0.0], [1.0], [2.0], [3.0]]])
    query[..., 0] = 1
    whole = attention_over_text(identity_attention(1, 1), query, key, (slice(0, 4),))
    shares = attention_over_text(identity_attention(1, 1), query, key, (slice(0, 1), slice(2, 4)))
    assert_close(shares, whole[..., [0, 2, 3]])


def test_a_masked_token_gets_nothing_and_the_others_its_share():
    # Without the third token the exponentials are 1 and 2.
    query = torch.tensor([[[0.6931471805599453]]])
    key = torch.tensor([[[0.0], [1.0], [2.0]]])
    bias = torch.tensor([[0.0, 0.0, -10_000.0]])
    shares = attention_over_text(identity_attention(1, 1), query, key, ALL, bias)
    assert_close(shares, torch.tensor([[[[1 / 3, 2 / 3, 0.0]]]]))


def test_normalised_queries_and_keys_are_normalised_before_the_softmax():
    attention = Attention(
        query_dim=4, cross_attention_dim=4, heads=2, dim_head=2, qk_norm="layer_norm"
    )
    query, key = torch.tensor([[[3.0, 1.0, 5.0, 1.0]]]), torch.randn(1, 3, 4)
    # A layer norm over two channels leaves only which is larger, so the scale is lost.
    assert_close(
        attention_over_text(attention, query, key, ALL),
        attention_over_text(attention, query * 7, key, ALL),
        atol=1e-4,
        rtol=0,
    )


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_summed_in_float32(dtype):
    query, key = torch.randn(1, 6, 4, dtype=dtype), torch.randn(1, 3, 4, dtype=dtype)
    shares = attention_over_text(identity_attention(2, 2), query, key, ALL)
    assert shares.dtype == torch.float32
    assert_close(shares.sum(dim=-1), torch.ones(1, 2, 6))


def test_observing_adds_the_layers_attention_and_leaves_it_as_it_was():
    attention = identity_attention(1, 2)
    modules, parameters = dict(attention.named_modules()), dict(attention.named_parameters())
    pixels, text = torch.randn(1, 5, 2), torch.randn(1, 3, 2)
    plain = attention(pixels, encoder_hidden_states=text)
    observer = Observer(Layer("attn2", "up", 1, attention))
    sums = torch.zeros(1, 1, 5, 3)
    with observing(observer):
        attention(pixels, encoder_hidden_states=text)  # nothing is expected yet
        observer.expect(Call(rows=slice(0, 1), columns=ALL, n_text=3, sums=sums))
        assert torch.equal(attention(pixels, encoder_hidden_states=text), plain)
        assert observer.seen
    attention(pixels, encoder_hidden_states=text)
    assert_close(sums, attention_over_text(attention, pixels, text, ALL))
    assert dict(attention.named_modules()) == modules
    assert dict(attention.named_parameters()) == parameters
