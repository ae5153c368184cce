"""`observe.attention_over_text`, summed over heads, as one GPU kernel per layer.

The plain path launches half a dozen small kernels per layer; where the host is the bottleneck (one
image at a time on a fast card) those launches, not the arithmetic, are what tracing costs.
"""

from __future__ import annotations

from typing import Any

import triton
import triton.language as tl
from torch import Tensor

_PIXELS = 64  # per program


def can_add(attention: Any, query: Tensor, sums: Tensor, n_columns: int) -> bool:
    """Whether `add_attention_over_text` computes this layer; elsewhere the plain path does."""
    return (
        query.is_cuda
        and n_columns == 1
        and sums.shape[1] == 1
        and attention.norm_q is None
        and attention.norm_k is None
    )


def add_attention_over_text(
    attention: Any, query: Tensor, key: Tensor, column: slice, sums: Tensor
) -> None:
    """Add the shares of the tokens in `column`, summed over heads, to `sums`.

    Shapes: `sums` (image, 1, pixel, token); `query` (image, pixel, channel) and `key` (image,
    token, channel) as in `attention_over_text`. Products and softmax in float32.
    """
    images, pixels, channels = query.shape
    n_text, n_kept = key.shape[1], column.stop - column.start
    width = channels // attention.heads
    query, key = query.contiguous(), key.contiguous()
    _add_kernel[(triton.cdiv(pixels, _PIXELS), images)](
        query,
        key,
        sums,
        float(attention.scale),
        pixels,
        n_text,
        column.start,
        n_kept,
        heads=attention.heads,
        width=width,
        padded_width=max(16, triton.next_power_of_2(width)),
        padded_text=max(16, triton.next_power_of_2(n_text)),
        block=_PIXELS,
    )


@triton.jit
def _add_kernel(  # type: ignore[no-untyped-def]
    query, key, sums, scale, pixels, n_text, first, n_kept,
    heads: tl.constexpr, width: tl.constexpr,
    padded_width: tl.constexpr, padded_text: tl.constexpr, block: tl.constexpr,
):  # fmt: skip
    image = tl.program_id(1).to(tl.int64)
    pixel = tl.program_id(0) * block + tl.arange(0, block)
    token = tl.arange(0, padded_text)
    channel = tl.arange(0, padded_width)
    total = tl.zeros((block, padded_text), dtype=tl.float32)
    for head in range(heads):
        place = head * width + channel
        queries = tl.load(
            query + (image * pixels + pixel[:, None]) * heads * width + place[None, :],
            mask=(pixel[:, None] < pixels) & (channel[None, :] < width),
            other=0.0,
        )
        keys = tl.load(
            key + (image * n_text + token[None, :]) * heads * width + place[:, None],
            mask=(token[None, :] < n_text) & (channel[:, None] < width),
            other=0.0,
        )
        scores = tl.dot(queries, keys, input_precision="ieee") * scale
        scores = tl.where(token[None, :] < n_text, scores, -float("inf"))
        shares = tl.exp(scores - tl.max(scores, axis=1)[:, None])
        total += shares / tl.sum(shares, axis=1)[:, None]
    kept = (token[None, :] >= first) & (token[None, :] < first + n_kept)
    place = sums + (image * pixels + pixel[:, None]) * n_kept + token[None, :] - first
    mask = kept & (pixel[:, None] < pixels)
    tl.store(place, tl.load(place, mask=mask, other=0.0) + total, mask=mask)
