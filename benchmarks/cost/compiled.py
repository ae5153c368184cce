"""Into how many graphs `torch.compile` turns a UNet: one; more are breaks or recompilations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from benchmarks.cost.models import build
from benchmarks.cost.tracers import Tracer, Untraced

STEPS = 4


def graphs(tracer: Tracer, device: str) -> dict[str, int | str]:
    """Graphs of `STEPS` steps, untraced and traced; a sentence where that fails."""
    arguments = tracer.call(1) | {"output_type": "latent", "num_inference_steps": STEPS}
    found: dict[str, int | str] = {}
    for attached in (Untraced(), tracer):
        torch.compiler.reset()
        pipeline = build("narrow", device, torch.float32)
        made: list[torch.fx.GraphModule] = []
        pipeline.unet.compile(backend=_counting(made))
        try:
            with attached.attach(pipeline):
                pipeline(**arguments)
            found[attached.name] = len(made)
        except Exception as error:  # whatever a tracer meets in a compiled UNet is the finding
            found[attached.name] = f"{type(error).__name__}: {error}"[:200]
    return found


def _counting(made: list[torch.fx.GraphModule]) -> Callable[..., Any]:
    def backend(graph: torch.fx.GraphModule, _inputs: object) -> Callable[..., Any]:
        made.append(graph)
        return graph.forward

    return backend
