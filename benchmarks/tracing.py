"""What tracing costs, beside the untraced pipeline and the published package.

    .venv/bin/python benchmarks/tracing.py [--quick] [--published-python PATH]
    .venv/bin/python benchmarks/tracing.py --model sdxl --device cuda --dtype float16 --batch 1,16

A UNet of true architecture and random weights is stepped untraced and traced, by turns. Because
whole steps differ by more than tracing costs, the traced layers are also run alone, at true shapes
and with their true input. `--published-python` is the interpreter of the published package's
environment (`tests/daam_engine/published/environment FOLDER` makes one); each tracer is held
against untraced runs of its own process. Then follows the bundled model. The last line is JSON.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

# This folder's `statistics.py` would stand in for the standard library's.
sys.path.pop(0)
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.cost import bundled
from benchmarks.cost.models import MODELS
from benchmarks.cost.report import print_bundled, print_side_by_side
from benchmarks.cost.run import Options, measure
from daam_engine import EngineError

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    options = _parser().parse_args()
    compared = [
        _side_by_side(_options(options, batch), options.published_python)
        for batch in (int(text) for text in options.batch.split(","))
    ]
    try:
        found = bundled.measure(quick=options.quick)
    except EngineError as error:
        raise SystemExit(str(error)) from error
    print_bundled(found)
    print(json.dumps({**found, "compared": compared}))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a narrow UNet and few rounds")
    parser.add_argument("--model", choices=MODELS, help="sd2-base, or narrow with --quick")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", default="float32", choices=("float32", "float16", "bfloat16"))
    parser.add_argument("--batch", default="1", help="images at a time; several: 1,16")
    parser.add_argument("--rounds", type=int, help="pairs of whole runs")
    parser.add_argument("--published-python", metavar="PATH")
    return parser


def _options(given: argparse.Namespace, batch: int) -> Options:
    on_gpu = given.device.startswith("cuda")
    return Options(
        tracer="ours",
        model=given.model or ("narrow" if given.quick else "sd2-base"),
        device=given.device,
        dtype=given.dtype,
        batch=batch,
        rounds=given.rounds or (2 if given.quick else 20 if on_gpu else 3),
        layer_rounds=5 if given.quick else 20,
        steps=10 if on_gpu else 1,
    )


def _side_by_side(options: Options, published_python: str | None) -> dict[str, Any]:
    ours = ("ours", "fused") if options.device.startswith("cuda") else ("ours",)
    results = [measure(dataclasses.replace(options, tracer=tracer)) for tracer in ours]
    if published_python:
        results.append(_elsewhere(published_python, options))
    print_side_by_side(
        f"{options.model}, {options.dtype} on {options.device}, batch {options.batch}, "
        f"{options.rounds} paired rounds",
        results,
    )
    return {**dataclasses.asdict(options), "results": results}


def _elsewhere(python: str, options: Options) -> dict[str, Any]:
    arguments = dataclasses.replace(options, tracer="published").arguments
    finished = subprocess.run(
        [python, "-W", "ignore", "-m", "benchmarks.cost.run", *arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    result: dict[str, Any] = json.loads(finished.stdout.splitlines()[-1])
    return result


if __name__ == "__main__":
    main()
