"""Measure one tracer against the untraced pipeline, in one process; the last line is JSON.

python -m benchmarks.cost.run --tracer published --model sd2-base
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from benchmarks.cost.compiled import graphs
from benchmarks.cost.layers import alone, record
from benchmarks.cost.measure import Operations, Run, operations, paired, seconds
from benchmarks.cost.models import MODELS, build, image_side
from benchmarks.cost.tracers import TRACERS, Tracer, Untraced

FEW_STEPS, MANY_STEPS = 2, 6


@dataclass(frozen=True)
class Options:
    tracer: str
    model: str
    device: str
    dtype: str
    batch: int
    rounds: int  # of whole steps
    layer_rounds: int  # of cross-attention alone
    steps: int  # per run; more than one where a step is too short to be timed

    @property
    def arguments(self) -> list[str]:
        """These options, for `main` in another environment."""
        names = vars(self).items()
        return [
            text for name, value in names for text in (f"--{name.replace('_', '-')}", str(value))
        ]


class Subject:
    """A pipeline, and how to run it with and without a tracer."""

    def __init__(self, options: Options, tracer: Tracer) -> None:
        self.pipeline = build(options.model, options.device, getattr(torch, options.dtype))
        self.tracer = tracer
        self._arguments = tracer.call(options.batch) | {
            "output_type": "latent",
            "guidance_scale": 7.5,
        }

    def run(self, steps: int, tracer: Tracer | Untraced | None = None) -> Any:
        """The tracer's state."""
        noise = torch.Generator().manual_seed(0)
        with (tracer or self.tracer).attach(self.pipeline) as state:
            self.pipeline(num_inference_steps=steps, generator=noise, **self._arguments)
        return state

    def both(self, steps: int) -> tuple[Run, Run]:
        """Untraced, traced."""
        return lambda: self.run(steps, Untraced()), lambda: self.run(steps)


def measure(options: Options) -> dict[str, Any]:
    torch.set_num_threads(1)  # CPU seconds of several threads include their waiting
    subject = Subject(options, TRACERS[options.tracer]())
    unet = subject.pipeline.unet
    with Operations() as untraced:
        recording = record(unet, lambda: subject.run(1, Untraced()))
    with alone(unet, recording):
        cheap = _layers_alone(subject, options) | _end(subject, options)
    del recording
    whole = paired(subject.both(options.steps), options.rounds, options.device) / options.steps
    step = float(np.median(whole[:, 0]))
    return {
        "tracer": subject.tracer.name,
        "untraced_step_s": step,
        "step_overheads": (whole[:, 1] / whole[:, 0] - 1).round(4).tolist(),
        "share_of_step": cheap["extra_ms"] / 1000 / step,
        "untraced_operations": dict(untraced.counts),
        **cheap,
        "graphs": graphs(subject.tracer, options.device),
    }


def _layers_alone(subject: Subject, options: Options) -> dict[str, Any]:
    both = subject.both(options.steps)
    untraced, traced = (operations(run) for run in subject.both(1))  # and a warm-up
    taken = paired(both, options.layer_rounds, options.device) / options.steps
    extra = taken[:, 1] - taken[:, 0]
    quarters = np.percentile(extra, (25, 50, 75))
    return {
        "layers_s": float(np.median(taken[:, 0])),
        "extra_ms": float(1000 * quarters[1]),
        "extra_ms_quartiles": [float(1000 * quarters[0]), float(1000 * quarters[2])],
        "extra_operations": {name: traced[name] - untraced[name] for name in traced},
    }


def _end(subject: Subject, options: Options) -> dict[str, Any]:
    tracer, side = subject.tracer, image_side(subject.pipeline)
    few, many = (subject.run(steps) for steps in (FEW_STEPS, MANY_STEPS))
    jobs: tuple[Run, Run] = (
        lambda: tracer.aggregate(many),
        lambda: tracer.aggregate_at_image_size(many, side),
    )
    grid, full = (min(seconds(job, options.device) for _ in range(3)) for job in jobs)
    return {
        "held_mb_few_steps": tracer.held_bytes(few) / 1e6 / options.batch,
        "held_mb_many_steps": tracer.held_bytes(many) / 1e6 / options.batch,
        "aggregation_ms": 1000 * grid / options.batch,
        "aggregation_at_image_size_ms": 1000 * full / options.batch,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracer", choices=sorted(TRACERS), required=True)
    parser.add_argument("--model", choices=MODELS, required=True)
    parser.add_argument("--device", required=True)
    parser.add_argument("--dtype", required=True)
    for name in ("batch", "rounds", "layer-rounds", "steps"):
        parser.add_argument(f"--{name}", type=int, required=True)
    print(json.dumps(measure(Options(**vars(parser.parse_args(arguments))))))


if __name__ == "__main__":
    main()
