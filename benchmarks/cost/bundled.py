"""Tracing on the bundled model: its cost, and what batches of prompts save."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from benchmarks.cost.measure import paired, seconds
from daam_engine import load_pipeline, parse, trace
from daam_engine.models import BUNDLED_GUIDANCE, silence_libraries
from daam_engine.trace import Traced

PROMPTS = (
    "a red circle above a blue square",
    "two small green triangles, and a large yellow star",
    "a striped circle beside a dotted square.",
    "three white circles on a black background",
)
BATCHES = (4, 16)


def measure(*, quick: bool) -> dict[str, Any]:
    """Raises `EngineError` where the bundled model is missing."""
    torch.set_num_threads(1)
    silence_libraries()
    pipeline = load_pipeline().pipeline
    rounds, steps = (6, 5) if quick else (20, 30)
    return _cost(pipeline, rounds, steps) | _throughput(pipeline, steps)


def _cost(pipeline: Any, rounds: int, steps: int) -> dict[str, Any]:
    paint = _painter(pipeline, PROMPTS, steps)
    paint()  # a warm-up
    taken = paired((paint, lambda: _traced(pipeline, paint)), rounds, "cpu")
    # The median of each round's own ratio: a slow minute then slows both halves of its round.
    overhead = float(np.median(taken[:, 1] / taken[:, 0])) - 1
    state = _traced(pipeline, paint)
    words = {prompt: parse(prompt) for prompt in PROMPTS}
    aggregation = seconds(
        lambda: [maps.words(words[maps.prompt]) for maps in state.heat_maps()], "cpu"
    )
    return {
        "overhead": round(overhead, 4),
        "untraced_step_ms": round(1000 * float(np.median(taken[:, 0])) / steps, 2),
        "held_mb_per_image": round(state.held_bytes / len(PROMPTS) / 1e6, 4),
        "aggregation_ms_per_image": round(1000 * aggregation / len(PROMPTS), 2),
        "rounds": rounds,
        "steps": steps,
    }


def _throughput(pipeline: Any, steps: int) -> dict[str, Any]:
    """Traced images per CPU second: batches, and the same prompts one by one."""
    found: dict[str, Any] = {}
    for batch in BATCHES:
        prompts = [PROMPTS[number % len(PROMPTS)] for number in range(batch)]
        together = _painter(pipeline, prompts, steps)
        alone = [_painter(pipeline, [prompt], steps) for prompt in prompts]
        runs = (
            lambda paint=together: _traced(pipeline, paint),
            lambda paints=alone: [_traced(pipeline, paint) for paint in paints],
        )
        batched, single = batch / np.median(paired(runs, 3, "cpu"), axis=0)
        found[f"images_per_s_in_batches_of_{batch}"] = round(float(batched), 2)
        found[f"images_per_s_one_by_one_of_{batch}"] = round(float(single), 2)
    return found


def _painter(pipeline: Any, prompts: Sequence[str], steps: int) -> Callable[[], object]:
    def paint() -> object:
        return pipeline(
            list(prompts),
            num_inference_steps=steps,
            guidance_scale=BUNDLED_GUIDANCE,
            generator=[torch.Generator().manual_seed(seed) for seed in range(len(prompts))],
            output_type="np",
        )

    return paint


def _traced(pipeline: Any, paint: Callable[[], object]) -> Traced:
    with trace(pipeline) as traced:
        paint()
    return traced
