"""What a joint-attention layer says about the text: its softmax runs over text and image together.

The share of a token needs each row's log-sum-exp over all keys. Computing it again would cost as
much as the attention itself; the kernels behind `scaled_dot_product_attention` compute it anyway.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend
from torch.nn.functional import scaled_dot_product_attention
from torch.overrides import TorchFunctionMode

from daam_engine.observe import Observer, add, chosen

_Kernel = Callable[[Tensor, Tensor, Tensor, Tensor | None, float | None], tuple[Tensor, Tensor]]
_QUERIES_AT_ONCE = 1024


@contextmanager
def observing_jointly(observer: Observer) -> Iterator[None]:
    """Observe a joint-attention layer for the time of a `with`.

    While the layer runs, its call of `scaled_dot_product_attention` is answered by the same kernel
    that would have run, asked for the log-sum-exp too.
    """
    attention = observer.layer.module
    mode = _Attending(observer)

    def enter(*_: object) -> None:
        mode.__enter__()

    def leave(*_: object) -> None:
        mode.__exit__(None, None, None)

    before = attention.register_forward_pre_hook(enter)
    after = attention.register_forward_hook(leave, always_call=True)
    try:
        yield
    finally:
        before.remove()
        after.remove()


class _Attending(TorchFunctionMode):
    """Only the thread that runs the layer is in this mode, and only while it runs."""

    def __init__(self, observer: Observer) -> None:
        super().__init__()
        self._observer = observer

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if func is scaled_dot_product_attention and self._observer.call is not None:
            return self._attend(*args, **kwargs)
        return func(*args, **kwargs)

    @torch.no_grad()
    def _attend(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        attn_mask: Tensor | None = None,
        dropout_p: float = 0.0,
        is_causal: bool = False,
        scale: float | None = None,
        enable_gqa: bool = False,
    ) -> Tensor:
        if dropout_p or is_causal or enable_gqa:
            return scaled_dot_product_attention(
                query, key, value, attn_mask, dropout_p, is_causal, scale=scale,
                enable_gqa=enable_gqa,
            )  # fmt: skip
        output, log_sum_exp = attention_with_log_sum_exp(query, key, value, attn_mask, scale)
        self._note(query, key, attn_mask, log_sum_exp, scale)
        return output

    def _note(
        self, query: Tensor, key: Tensor, mask: Tensor | None, lse: Tensor, scale: float | None
    ) -> None:
        call = self._observer.call
        if call is None:
            return
        self._observer.seen = True
        pixels, text = _image_and_text(key.shape[2], call.n_text, self._observer.layer.text)
        queries = query[call.rows, :, pixels]
        keys = chosen(key[call.rows, :, text].mT, call.columns)  # (image, head, channel, token)
        scores = queries.float() @ keys.float() * _scale(query, scale)
        if mask is not None:
            mask = mask.expand(len(query), 1, query.shape[2], key.shape[2])[call.rows]
            scores = _masked(scores, chosen(mask[:, :, pixels, text], call.columns))
        shares = (scores - lse[call.rows, :, pixels, None]).exp()
        add(shares, call.sums)


def attention_with_log_sum_exp(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None = None,
    scale: float | None = None,
) -> tuple[Tensor, Tensor]:
    """`scaled_dot_product_attention`, bit for bit, and the log-sum-exp of every row's scores.

    Shapes (image, head, token, channel); the log-sum-exp is float32 (image, head, token).
    """
    kernel = _kernel(query, key, value, mask, scale)
    if kernel is not None:
        output, log_sum_exp = kernel(query, key, value, mask, scale)
        return output, log_sum_exp.flatten(2)[..., : query.shape[2]]
    output = scaled_dot_product_attention(query, key, value, mask, scale=scale)
    return output, _log_sum_exp(query, key, mask, scale)


def _kernel(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, scale: float | None
) -> _Kernel | None:
    """The kernel that `scaled_dot_product_attention` would run, where it can be asked."""
    if (
        query.requires_grad
        or query.shape[-1] % 8
        or (mask is not None and mask.dtype == torch.bool)
    ):
        return None  # the function would prepare its arguments first
    choice = torch._fused_sdp_choice(query, key, value, mask, 0.0, False, scale=scale)
    return _KERNELS.get((query.device.type, SDPBackend(choice)))


def _flash_cpu(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, scale: float | None) -> Any:
    return torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(
        q, k, v, 0.0, False, attn_mask=mask, scale=scale
    )


def _flash(q: Tensor, k: Tensor, v: Tensor, _mask: Tensor | None, scale: float | None) -> Any:
    found = torch.ops.aten._scaled_dot_product_flash_attention(
        q, k, v, 0.0, False, False, scale=scale
    )
    return found[0], found[1]


def _efficient(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, scale: float | None) -> Any:
    found = torch.ops.aten._scaled_dot_product_efficient_attention(
        q, k, v, mask, True, 0.0, False, scale=scale
    )
    return found[0], found[1]


def _cudnn(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, scale: float | None) -> Any:
    found = torch.ops.aten._scaled_dot_product_cudnn_attention(
        q, k, v, mask, True, 0.0, False, False, scale=scale
    )
    return found[0], found[1]


_KERNELS: dict[tuple[str, SDPBackend], _Kernel] = {
    ("cpu", SDPBackend.FLASH_ATTENTION): _flash_cpu,
    ("cuda", SDPBackend.FLASH_ATTENTION): _flash,
    ("cuda", SDPBackend.EFFICIENT_ATTENTION): _efficient,
    ("cuda", SDPBackend.CUDNN_ATTENTION): _cudnn,
}


def _log_sum_exp(query: Tensor, key: Tensor, mask: Tensor | None, scale: float | None) -> Tensor:
    """A few rows at a time: all scores at once would not fit."""
    found = []
    for start in range(0, query.shape[2], _QUERIES_AT_ONCE):
        rows = slice(start, start + _QUERIES_AT_ONCE)
        scores = query[:, :, rows].float() @ key.float().mT * _scale(query, scale)
        if mask is not None:
            whole = mask.expand(len(query), 1, query.shape[2], key.shape[2])
            scores = _masked(scores, whole[:, :, rows])
        found.append(scores.logsumexp(dim=-1))
    return torch.cat(found, dim=-1)


def _masked(scores: Tensor, mask: Tensor) -> Tensor:
    if mask.dtype == torch.bool:
        return scores.masked_fill(~mask, -torch.inf)
    return scores + mask


def _scale(query: Tensor, scale: float | None) -> float:
    return float(query.shape[-1] ** -0.5) if scale is None else scale


def _image_and_text(length: int, n_text: int, text: str) -> tuple[slice, slice]:
    """Where the image's and where the text's tokens lie in a sequence of both."""
    if text == "first":
        return slice(n_text, length), slice(0, n_text)
    return slice(0, length - n_text), slice(length - n_text, length)
