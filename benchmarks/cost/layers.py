"""A UNet reduced to its cross-attention, fed with what the whole one fed it.

Whole steps differ by more from run to run than tracing costs. These layers are all that tracing
touches, and run often enough to tell a thousandth of a step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn

Recording = list[tuple[nn.Module, tuple[Any, ...], dict[str, Any]]]


def record(unet: nn.Module, run: Callable[[], object]) -> Recording:
    """The calls of cross-attention layers while `run` calls `unet` once."""
    calls: Recording = []
    hooks = [
        module.register_forward_pre_hook(
            lambda module, args, kwargs: calls.append((module, args, kwargs)), with_kwargs=True
        )
        for name, module in unet.named_modules()
        if name.endswith(".attn2")
    ]
    run()
    for hook in hooks:
        hook.remove()
    return calls


@contextmanager
def alone(unet: nn.Module, recording: Recording) -> Iterator[None]:
    """For the time of a `with`, `unet(...)` runs the recorded calls and returns its input."""

    def forward(sample: Tensor, *_: object, **__: object) -> tuple[Tensor]:
        for module, args, kwargs in recording:
            module(*args, **kwargs)
        return (sample,)

    unet.forward = forward
    try:
        yield
    finally:
        del unet.forward
