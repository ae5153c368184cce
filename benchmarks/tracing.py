"""What tracing costs: the bundled model untraced and traced, alternating in one run.

    .venv/bin/python benchmarks/tracing.py [--quick]

Claims: `overhead` (traced ÷ untraced − 1, of process CPU time: other programs may be running) and
`held_mb_per_image` (what the tracer keeps until its maps are read). The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from daam_engine import EngineError, load_pipeline, parse, trace
from daam_engine.models import BUNDLED_GUIDANCE, silence_libraries
from daam_engine.trace import Traced

PROMPTS = [
    "a red circle above a blue square",
    "two small green triangles, and a large yellow star",
    "a striped circle beside a dotted square.",
    "three white circles on a black background",
]


@dataclass(frozen=True)
class Timing:
    """Seconds of one batch."""

    cpu: float
    wall: float


def main() -> None:
    options = _parser().parse_args()
    torch.set_num_threads(1)  # CPU seconds of several threads include their waiting
    silence_libraries()
    try:
        loaded = load_pipeline()
    except EngineError as error:
        raise SystemExit(str(error)) from error
    rounds, steps = (6, 5) if options.quick else (20, 30)
    paint = _painter(loaded.pipeline, steps)
    paint()  # warm-up
    plain, traced = [], []
    for number in range(rounds):
        pair = [(plain, paint), (traced, lambda: _with_trace(loaded.pipeline, paint))]
        for timings, run in pair if number % 2 else reversed(pair):
            timings.append(_timed(run))
    state = _with_trace(loaded.pipeline, paint)
    _report(plain, traced, steps, state)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="What tracing costs on the bundled model.")
    parser.add_argument("--quick", action="store_true", help="6 rounds of 5 steps, not 20 of 30")
    return parser


def _painter(pipeline: Callable[..., object], steps: int) -> Callable[[], object]:
    def paint() -> object:
        return pipeline(
            PROMPTS,
            num_inference_steps=steps,
            guidance_scale=BUNDLED_GUIDANCE,
            generator=[torch.Generator().manual_seed(seed) for seed in range(len(PROMPTS))],
            output_type="np",
        )

    return paint


def _with_trace(pipeline: object, paint: Callable[[], object]) -> Traced:
    with trace(pipeline) as traced:
        paint()
    return traced


def _timed(run: Callable[[], object]) -> Timing:
    cpu, wall = time.process_time(), time.perf_counter()
    run()
    return Timing(time.process_time() - cpu, time.perf_counter() - wall)


def _report(plain: list[Timing], traced: list[Timing], steps: int, state: Traced) -> None:
    cpu, wall = (_overhead(plain, traced, clock) for clock in ("cpu", "wall"))
    words = {prompt: parse(prompt) for prompt in PROMPTS}
    aggregation = _timed(lambda: [maps.words(words[maps.prompt]) for maps in state.heat_maps()])
    held = state.held_bytes / len(PROMPTS) / 1e6
    print(f"bundled model, {len(PROMPTS)} prompts × {steps} steps, one thread, {len(plain)} rounds")
    print(f"{'':24}{'untraced':>12}{'traced':>12}{'overhead':>12}")
    for name, clock, overhead in (("CPU", "cpu", cpu), ("wall", "wall", wall)):
        medians = [np.median([getattr(t, clock) for t in ts]) for ts in (plain, traced)]
        columns = "".join(f"{1000 * seconds / steps:>10.2f}ms" for seconds in medians)
        print(f"{name + ' time per step':24}{columns}{overhead:>12.1%}")
    print(f"held per image           {held:.3f} MB, whatever the number of steps")
    print(f"maps of all words        {1000 * aggregation.wall / len(PROMPTS):.1f} ms per image")
    result = {
        "overhead": round(cpu, 4),
        "overhead_wall": round(wall, 4),
        "held_mb_per_image": round(held, 4),
        "aggregation_ms_per_image": round(1000 * aggregation.wall / len(PROMPTS), 2),
        "rounds": len(plain),
        "steps": steps,
    }
    print(json.dumps(result))


def _overhead(plain: list[Timing], traced: list[Timing], clock: str) -> float:
    """Median of each round's own ratio: a slow minute then slows both halves of its rounds."""
    ratios = (getattr(b, clock) / getattr(a, clock) for a, b in zip(plain, traced, strict=True))
    return float(np.median(list(ratios))) - 1


if __name__ == "__main__":
    main()
