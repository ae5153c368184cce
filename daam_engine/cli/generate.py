"""`generate`: prompts and seeds to a folder per picture."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from daam_engine import Generated, GenerationSettings
from daam_engine import generate as generate_pictures
from daam_engine.cli import arguments, folder
from daam_engine.errors import InvalidRequestError
from daam_engine.generate import OnStep
from daam_engine.models import LoadedPipeline

_DESCRIPTION = """\
Generate images, and trace the heat map of every word of their prompts.

One prompt with one seed is written into DIR itself; several get a folder each inside it:
DIR/001-a-red-dog, with several seeds DIR/001-a-red-dog-seed-7. A folder holds the image,
maps.safetensors (the maps as numbers), meta.json, and an overlay per word."""
_EXAMPLES = """\
examples:
  python -m daam_engine generate "a red circle above a blue square" --out out
  python -m daam_engine generate "a dog" "a cat" --seed 0-4 --sheet --tau 0.4 --out out
  python -m daam_engine generate --prompts prompts.txt --format webp --json --out out"""


@dataclass(frozen=True)
class Job:
    """One picture to make."""

    prompt: str
    seed: int
    folder: Path


def add_to(commands: Any) -> None:
    command = arguments.add_command(
        commands,
        "generate",
        run,
        describe,
        help="generate images, and the heat map of every word of their prompts",
        usage="python -m daam_engine generate PROMPT [PROMPT ...] --out DIR [option ...]",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
    )
    command.add_argument("prompt", nargs="*", metavar="PROMPT")
    command.add_argument(
        "--prompts", metavar="FILE", help="one prompt per line, in UTF-8; “-” is standard input"
    )
    arguments.add_out(command)
    command.add_argument(
        "--seed",
        type=arguments.numbers,
        default=[0],
        metavar="N",
        help="one, or several as 0,1,2 or 0-9: every prompt is painted with each (default: 0)",
    )
    command.add_argument("--sheet", action="store_true", help="also all words as one picture")
    command.add_argument(
        "--animate", action="store_true", help="also how the sheet grows from step to step, as WebP"
    )
    arguments.add_language(command)
    arguments.add_model(command)
    arguments.add_pictures(command)
    group = command.add_argument_group("denoising")
    group.add_argument("--steps", type=int, default=30, metavar="N", help="30 unless given")
    group.add_argument("--guidance", type=float, metavar="G", help="by default the model's own")
    arguments.add_size(group)
    group.add_argument(
        "--batch-size",
        type=arguments.positive,
        default=1,
        metavar="N",
        help="pictures at a time (default: 1)",
    )


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Make and write every picture; returns what `--json` prints."""
    jobs = plan(_prompts(options), options.seed, options.out)
    folder.make(options.out)
    loaded = arguments.load(options)
    written = [
        folder.write(
            job.folder,
            generated,
            arguments.style(options),
            options.format,
            with_sheet=options.sheet,
            with_animation=options.animate,
        )
        for job, generated in _made(loaded, jobs, options)
    ]
    if any(picture["withheld"] for picture in written):
        print("The model's safety checker withheld an image; try another seed.", file=sys.stderr)
    return {"pictures": written}


def describe(result: dict[str, Any]) -> str:
    return "\n".join(
        f"{len(picture['words'])} words in {picture['folder']}" for picture in result["pictures"]
    )


def plan(prompts: list[str], seeds: list[int], out: Path) -> list[Job]:
    """Every prompt with every seed, and where it goes."""
    if len(prompts) == len(seeds) == 1:
        return [Job(prompts[0], seeds[0], out)]
    digits = max(3, len(str(len(prompts))))
    return [
        Job(prompt, seed, out / _folder_name(f"{number:0{digits}d}", prompt, seed, len(seeds)))
        for number, prompt in enumerate(prompts, start=1)
        for seed in seeds
    ]


def _folder_name(number: str, prompt: str, seed: int, n_seeds: int) -> str:
    parts = [number, folder.slug(prompt), f"seed-{seed}" if n_seeds > 1 else ""]
    return "-".join(part for part in parts if part)


def _prompts(options: argparse.Namespace) -> list[str]:
    prompts = [*options.prompt]
    if options.prompts is not None:
        prompts += [line for line in _lines(options.prompts) if line.strip()]
    if not prompts:
        raise InvalidRequestError("There is nothing to paint; give a PROMPT, or --prompts FILE.")
    return prompts


def _lines(name: str) -> list[str]:
    try:
        content = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        # Not splitlines(): a prompt may hold any of the rarer line separators.
        return content.decode("utf-8-sig").replace("\r\n", "\n").split("\n")
    except OSError as error:
        raise InvalidRequestError(
            f"“{name}” cannot be read ({error.strerror}); name a file with one prompt per line."
        ) from error
    except UnicodeDecodeError as error:
        raise InvalidRequestError(
            f"“{name}” is not text in UTF-8 (byte {error.start}); save it again as UTF-8."
        ) from error


def _made(
    loaded: LoadedPipeline, jobs: list[Job], options: argparse.Namespace
) -> Iterator[tuple[Job, Generated]]:
    """The pictures, batch after batch, so that those made stay when a later one fails."""
    settings = GenerationSettings(options.steps, options.guidance, options.height, options.width)
    with tqdm(total=len(jobs) * options.steps, unit="step", desc="Generating") as bar:
        for start in range(0, len(jobs), options.batch_size):
            batch = jobs[start : start + options.batch_size]
            made = generate_pictures(
                loaded,
                [job.prompt for job in batch],
                [job.seed for job in batch],
                settings,
                parser=options.parser,
                by=["step"] if options.animate else [],
                batch_size=options.batch_size,
                on_step=_advancing(bar, start * options.steps),
            )
            yield from zip(batch, made, strict=True)


def _advancing(bar: tqdm, before: int) -> OnStep:
    """Bring `bar` to `before` and the steps done since: back, too, when a batch is halved."""
    return lambda done, _total: bar.update(before + done - bar.n)
