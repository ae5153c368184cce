"""`python -m daam_engine generate "a red circle above a blue square" --out DIR`."""

from __future__ import annotations

import argparse
import json
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from tqdm import tqdm

from daam_engine import render
from daam_engine.errors import EngineError
from daam_engine.generate import Generated, GenerationSettings, generate
from daam_engine.models import BUNDLED_NAME, LoadedPipeline, load_pipeline, silence_libraries
from daam_engine.store import encode_maps
from daam_engine.words import DEFAULT_PARSER, Word

_FAILED = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit status is 0, or 2 after one sentence on standard error."""
    options = _parser().parse_args(arguments)
    silence_libraries()
    try:
        _generate(options)
    except (EngineError, OSError) as error:
        print(f"daam_engine: {error}", file=sys.stderr)
        return _FAILED
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m daam_engine", description="Which word of a prompt painted what?"
    )
    command = parser.add_subparsers(required=True, metavar="COMMAND").add_parser(
        "generate", help="generate an image, and the heat map of every word of its prompt"
    )
    command.add_argument("prompt")
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="made if missing")
    command.add_argument(
        "--model", default=BUNDLED_NAME, help="“bundled”, a diffusers folder, or a hub id"
    )
    command.add_argument("--revision", help="of a hub model: branch, tag or commit")
    command.add_argument("--seed", type=int, default=0)
    command.add_argument("--steps", type=int, default=30)
    command.add_argument("--guidance", type=float, help="by default the model's own")
    command.add_argument("--height", type=int, help="in pixels; by default the model's own")
    command.add_argument("--width", type=int)
    command.add_argument("--scheduler", help="a diffusers class; by default the model's own")
    command.add_argument("--device", default="auto")
    command.add_argument("--dtype", help="float32, float16 or bfloat16")
    command.add_argument("--parser", default=DEFAULT_PARSER, help="a spaCy pipeline")
    command.add_argument("--colour-map", default="turbo", choices=sorted(render.COLOUR_MAPS))
    return parser


def _generate(options: argparse.Namespace) -> None:
    options.out.mkdir(parents=True, exist_ok=True)
    loaded = load_pipeline(
        options.model,
        revision=options.revision,
        device=options.device,
        dtype=options.dtype,
        scheduler=options.scheduler,
    )
    generated = _with_progress(loaded, options)
    _write(generated, options.out, options.colour_map)
    print(f"{len(generated.parsed)} words in {options.out}")
    if generated.withheld:
        print("The model's safety checker withheld the image; try another seed.", file=sys.stderr)


def _with_progress(loaded: LoadedPipeline, options: argparse.Namespace) -> Generated:
    settings = GenerationSettings(options.steps, options.guidance, options.height, options.width)
    with tqdm(total=options.steps, unit="step", desc="Generating") as bar:
        (generated,) = generate(
            loaded,
            [options.prompt],
            [options.seed],
            settings,
            parser=options.parser,
            on_step=lambda _done, _total: bar.update(),
        )
    return generated


def _write(generated: Generated, folder: Path, colour_map: render.ColourMap) -> None:
    (folder / "image.png").write_bytes(render.to_png(generated.image))
    (folder / "maps.safetensors").write_bytes(encode_maps(generated))
    words = []
    for found in generated.words:
        name = None
        if found.soft is not None:
            name = file_name(found.word)
            picture = render.overlay(generated.image, found.soft, colour_map=colour_map)
            (folder / name).write_bytes(render.to_png(picture))
        words.append({**asdict(found.word), "truncated": found.truncated, "overlay": name})
    meta = {"prompt": generated.prompt, "words": words, "provenance": generated.provenance}
    text = json.dumps(meta, ensure_ascii=False, indent=2)
    (folder / "meta.json").write_text(f"{text}\n", encoding="utf-8")


def file_name(word: Word) -> str:
    """A name that any file system takes: "word-03-quickly.png"; punctuation has its number only."""
    text = unicodedata.normalize("NFKC", word.text).casefold()
    letters = "".join(letter if letter.isalnum() else "-" for letter in text[:40]).strip("-")
    return f"word-{word.index:02d}-{letters}.png" if letters else f"word-{word.index:02d}.png"
