"""`trace`: heat maps of a picture that exists already."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from tqdm import tqdm

from daam_engine.cli import arguments, folder
from daam_engine.existing import trace_image
from daam_engine.render import open_image

_DESCRIPTION = """\
Trace which part of an existing picture the model attends to for every word of PROMPT.

The picture is noised to the chosen steps and the model denoises it there; nothing is painted.
DIR gets what `generate` writes: the picture as it was traced, maps, meta.json, an overlay per
word."""
_EXAMPLES = """\
example:
  python -m daam_engine trace dog.jpg "a dog on a sofa" --model ./stable-diffusion --out out"""


def add_to(commands: Any) -> None:
    command = arguments.add_command(
        commands,
        "trace",
        run,
        describe,
        help="the heat map of every word for a picture that exists already",
        usage="python -m daam_engine trace IMAGE PROMPT --out DIR [option ...]",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
    )
    command.add_argument("image", type=Path, metavar="IMAGE", help="PNG, JPEG or WebP")
    command.add_argument("prompt", metavar="PROMPT", help="what the picture shows")
    arguments.add_out(command)
    command.add_argument("--seed", type=int, default=0, metavar="N", help="of the noise (0)")
    command.add_argument("--steps", type=int, default=30, metavar="N", help="of the schedule (30)")
    command.add_argument(
        "--at",
        type=arguments.numbers,
        metavar="N",
        help="the steps to trace, as 0,1,2 or 0-9; 0 is the noisiest; all unless given",
    )
    command.add_argument("--sheet", action="store_true", help="also all words as one picture")
    arguments.add_language(command)
    arguments.add_model(command)
    arguments.add_pictures(command)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Trace and write; returns what `--json` prints."""
    image = open_image(options.image)
    folder.make(options.out)
    loaded = arguments.load(options)
    n_steps = options.steps if options.at is None else len(options.at)
    with tqdm(total=n_steps, unit="step", desc="Tracing") as bar:
        traced = trace_image(
            loaded,
            image,
            options.prompt,
            seed=options.seed,
            steps=options.steps,
            at=options.at,
            parser=options.parser,
            on_step=lambda _done, _total: bar.update(),
        )
    style = arguments.style(options)
    return folder.write(options.out, traced, style, options.format, with_sheet=options.sheet)


def describe(result: dict[str, Any]) -> str:
    return f"{len(result['words'])} words in {result['folder']}"
