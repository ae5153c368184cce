"""What one attention layer says about the text, computed beside the layer's own computation."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack

import torch
from diffusers.models.attention_processor import Attention
from torch import Tensor

Listener = Callable[[Tensor, Tensor], None]


def attention_over_text(attention: Attention, query: Tensor, key: Tensor, n_tokens: int) -> Tensor:
    """How much every pixel attends to the first `n_tokens` tokens, summed over heads.

    `query` (image, pixel, channel) and `key` (image, token, channel) are the layer's projections.
    The softmax runs over all keys, in float32 (paper: F = softmax(Q Kᵀ / √d)), so the result's
    sum over *all* tokens is the number of heads.
    """
    queries = _by_head(query, attention.heads)  # (image, head, pixel, channel)
    keys = _by_head(key, attention.heads)  # (image, head, token, channel)
    if attention.norm_q is not None:
        queries = attention.norm_q(queries)
    if attention.norm_k is not None:
        keys = attention.norm_k(keys)
    scores = queries.float() @ keys.float().transpose(-1, -2) * attention.scale
    return scores.softmax(dim=-1)[..., :n_tokens].sum(dim=1)  # (image, pixel, token)


def listen(attention: Attention, listener: Listener) -> AbstractContextManager[object]:
    """Pass every (query, key) pair that the layer projects to `listener`, for the time of a `with`.

    Hooks on the projections, rather than a processor of our own: whichever processor is installed
    (sliced, LoRA, IP-adapter) goes on painting exactly the picture it would have painted.
    """
    pending: dict[str, Tensor] = {}

    def keep(name: str) -> Callable[[torch.nn.Module, tuple[object, ...], Tensor], None]:
        def hook(_module: torch.nn.Module, _inputs: tuple[object, ...], output: Tensor) -> None:
            pending[name] = output.detach()
            if len(pending) == 2:
                listener(pending.pop("query"), pending.pop("key"))

        return hook

    hooks = ExitStack()
    hooks.callback(attention.to_q.register_forward_hook(keep("query")).remove)
    hooks.callback(attention.to_k.register_forward_hook(keep("key")).remove)
    hooks.callback(pending.clear)
    return hooks


def _by_head(projected: Tensor, heads: int) -> Tensor:
    return projected.unflatten(-1, (heads, -1)).transpose(1, 2)
