"""What a cross-attention layer says about the text, computed beside the layer's own computation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from daam_engine.locate import Layer


@dataclass(frozen=True, eq=False)
class Probe:
    """Texts that the pictures are asked about besides their prompts.

    `embeddings` (image × probe, row, channel) are what the encoder makes of them; their maps are
    added to `sums` (image × probe, head, pixel, token).
    """

    embeddings: Tensor
    columns: Sequence[slice]
    sums: Tensor


@dataclass(frozen=True, eq=False)
class Call:
    """What is to be observed of a layer during one denoiser call.

    Of its batch, `rows` are the prompts'; of its text, whose rows are `n_text`, the `columns` are
    traced and added to `sums` (image, head, pixel, token). `bias` (row, text) masks tokens out.
    """

    rows: slice
    columns: Sequence[slice]
    n_text: int
    sums: Tensor
    bias: Tensor | None = None
    probe: Probe | None = None
    fused: bool = False


class Observer:
    """Watches one layer. `call` is set before every denoiser call; None: nothing is to be seen."""

    def __init__(self, layer: Layer) -> None:
        self.layer = layer
        self.call: Call | None = None
        self.seen = False
        self.query: Tensor | None = None

    def expect(self, call: Call | None) -> None:
        self.call = call
        self.seen = False
        self.query = None


def attention_over_text(
    attention: Any,
    query: Tensor,
    key: Tensor,
    columns: Sequence[slice],
    bias: Tensor | None = None,
) -> Tensor:
    """How much every pixel attends to the tokens in `columns`: (image, head, pixel, token).

    `query` (image, pixel, channel) and `key` (image, token, channel) are the layer's projections.
    The softmax runs over all keys, in float32 (paper: F = softmax(Q Kᵀ / √d)), so the sum over
    *all* tokens is 1. `bias` (image, token) is added to the scores.
    """
    queries = by_head(query, attention.heads)  # (image, head, pixel, channel)
    keys = by_head(key, attention.heads)  # (image, head, token, channel)
    if attention.norm_q is not None:
        queries = attention.norm_q(queries)
    if attention.norm_k is not None:
        keys = attention.norm_k(keys)
    scores = queries.float() @ (keys.float() * attention.scale).mT  # the scale on 77 rows only
    if bias is not None:
        scores = scores + bias[:, None, None]
    return chosen(scores.softmax(dim=-1), columns)


def add(shares: Tensor, sums: Tensor) -> None:
    """Add `shares` (image, head, pixel, token) to `sums`, over heads where those have one."""
    sums.add_(shares.sum(dim=1, keepdim=True) if sums.shape[1] == 1 else shares)


def by_head(projected: Tensor, heads: int) -> Tensor:
    return projected.unflatten(-1, (heads, -1)).transpose(1, 2)


def chosen(tokens: Tensor, columns: Sequence[slice]) -> Tensor:
    """These slices of the last axis."""
    if len(columns) == 1:
        return tokens[..., columns[0]]
    return torch.cat([tokens[..., column] for column in columns], dim=-1)


@contextmanager
def observing(observer: Observer) -> Iterator[None]:
    """Observe a cross-attention layer for the time of a `with`.

    Taps on the projections, rather than a processor of our own: whichever processor is installed
    (sliced, LoRA, IP-adapter) goes on painting exactly the picture it would have painted. Taps,
    rather than forward hooks: `torch.compile` does not notice hooks that come and go.
    """
    attention = observer.layer.module
    projections = {"to_q": attention.to_q, "to_k": attention.to_k}
    attention.to_q = _Tap(projections["to_q"], lambda query: _keep(observer, query))
    attention.to_k = _Tap(
        projections["to_k"], lambda key: _observe(observer, key, projections["to_k"])
    )
    try:
        yield
    finally:
        for name, projection in projections.items():
            setattr(attention, name, projection)


class _Tap(nn.Module):
    """A projection that also tells what it makes."""

    def __init__(self, projection: nn.Module, tell: Callable[[Tensor], None]) -> None:
        super().__init__()
        self.projection = projection
        self.tell = tell
        self.train(projection.training)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        output = self.projection(*args, **kwargs)
        self.tell(output)
        return output


def _add(attention: Any, query: Tensor, key: Tensor, call: Call) -> None:
    if call.fused and call.bias is None:
        from daam_engine import fused  # needs Triton

        if fused.can_add(attention, query, call.sums, len(call.columns)):
            fused.add_attention_over_text(attention, query, key, call.columns[0], call.sums)
            return
    bias = None if call.bias is None else call.bias[call.rows]
    add(attention_over_text(attention, query, key, call.columns, bias), call.sums)


def _keep(observer: Observer, query: Tensor) -> None:
    if observer.call is not None:
        observer.query = query


def _observe(observer: Observer, key: Tensor, to_k: Callable[[Tensor], Tensor]) -> None:
    call, query = observer.call, observer.query
    if call is None or query is None:
        return
    observer.query = None
    observer.seen = True
    attention = observer.layer.module
    with torch.no_grad():
        query = query[call.rows]
        _add(attention, query, key[call.rows], call)
        if call.probe is not None:
            keys = to_k(call.probe.embeddings)
            queries = query.repeat_interleave(len(keys) // len(query), dim=0)
            add(attention_over_text(attention, queries, keys, call.probe.columns), call.probe.sums)
