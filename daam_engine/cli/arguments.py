"""Options that several commands share, and how they are read."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, get_args

from daam_engine.hard_maps import Rule
from daam_engine.models import BUNDLED_NAME, LoadedPipeline, load_pipeline
from daam_engine.render import COLOUR_MAPS, Opacity, Style
from daam_engine.words import DEFAULT_PARSER

IMAGE_FORMATS = ("png", "webp")
_MOST_NUMBERS = 100_000


class Parser(argparse.ArgumentParser):
    """Complains in one sentence, as the rest of the command line does."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"daam_engine: {message}; see `{self.prog} --help`.\n")


def add_command(
    commands: Any,
    name: str,
    run: Callable[[argparse.Namespace], dict[str, Any]],
    describe: Callable[[dict[str, Any]], str],
    **texts: str,
) -> Parser:
    """A command whose `run` returns what `--json` prints, and `describe` says it to people."""
    command: Parser = commands.add_parser(
        name, formatter_class=argparse.RawDescriptionHelpFormatter, **texts
    )
    command.set_defaults(run=run, describe=describe)
    command.add_argument(
        "--json", action="store_true", help="print one JSON object instead of a line for people"
    )
    return command


def add_model(command: Parser) -> None:
    group = command.add_argument_group("model")
    group.add_argument(
        "--model",
        default=BUNDLED_NAME,
        metavar="NAME",
        help="“bundled” (default), a diffusers folder, a .safetensors file, or a hub id",
    )
    _add_loading(group)


def add_model_by_position(command: Parser) -> None:
    group = command.add_argument_group("model")
    group.add_argument("model", nargs="?", default=BUNDLED_NAME, metavar="MODEL")
    _add_loading(group)


def load(options: argparse.Namespace) -> LoadedPipeline:
    """Raises `ModelLoadError` or `InvalidRequestError`."""
    return load_pipeline(
        options.model,
        revision=options.revision,
        config=options.config,
        device=options.device,
        dtype=options.dtype,
        scheduler=options.scheduler,
    )


def add_language(command: Parser) -> None:
    command.add_argument(
        "--parser", default=DEFAULT_PARSER, metavar="NAME", help="a spaCy pipeline, to find words"
    )


def add_size(command: Parser | argparse._ArgumentGroup) -> None:
    command.add_argument(
        "--height", type=positive, metavar="PX", help="in pixels; by default the model's own"
    )
    command.add_argument("--width", type=positive, metavar="PX")


def add_out(command: Parser) -> None:
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="made if missing")


def add_pictures(command: Parser) -> None:
    group = command.add_argument_group("pictures")
    group.add_argument("--colour-map", default="turbo", choices=sorted(COLOUR_MAPS))
    group.add_argument(
        "--opacity",
        type=opacity,
        default="heat",
        metavar="A",
        help="0 to 1, or “heat” (default): as opaque as hot",
    )
    group.add_argument(
        "--tau", type=share, metavar="T", help="0 to 1: outline the hard map; the paper's is 0.4"
    )
    group.add_argument(
        "--rule",
        default="max",
        choices=get_args(Rule),
        help="of the hard map: the paper's D ≥ τ·max (default), or after stretching to 0–1",
    )
    group.add_argument("--format", default="png", choices=IMAGE_FORMATS)


def style(options: argparse.Namespace) -> Style:
    return Style(options.colour_map, options.opacity, options.tau, options.rule)


def opacity(text: str) -> Opacity:
    return "heat" if text == "heat" else share(text)


def positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"“{text}” is not a whole number from 1 upwards")
    return int(text)


def share(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"“{text}” is not a number from 0 to 1")
    return number


def numbers(text: str) -> list[int]:
    """ "7", "0,1,2" and "0-9" (both ends included), or a mixture."""
    found: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise argparse.ArgumentTypeError(f"“{text}” is not like 7, 0,1,2 or 0-9")
        these = range(int(first), int(last or first) + 1)
        if not these or len(these) + len(found) > _MOST_NUMBERS:
            raise argparse.ArgumentTypeError(f"“{part}” holds no number, or too many")
        found += these
    return list(dict.fromkeys(found))


def _add_loading(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--revision", metavar="REV", help="of a hub model: branch, tag or commit")
    group.add_argument(
        "--config", metavar="NAME", help="folder or hub id that a .safetensors file is built like"
    )
    group.add_argument(
        "--scheduler",
        metavar="CLASS",
        help="a diffusers class, or “own”, the model's; by default the paper's where it fits",
    )
    group.add_argument("--device", default="auto", help="auto (default), cpu, cuda, cuda:1, mps …")
    group.add_argument("--dtype", help="float32, float16 or bfloat16; by default as the device")
