"""The folder of one picture: `image.png`, `maps.safetensors`, `meta.json`, an overlay per word."""

from __future__ import annotations

import json
import os
import unicodedata
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from daam_engine import render
from daam_engine.errors import InvalidRequestError, MapsFileError
from daam_engine.generate import Generated
from daam_engine.render import Style
from daam_engine.sheet import sheets_by_step
from daam_engine.store import StoredMaps, encode_maps, read_maps
from daam_engine.words import Word

if TYPE_CHECKING:
    from PIL.Image import Image

MAPS, META = "maps.safetensors", "meta.json"
_IMAGE, _SHEET, _ANIMATION = "image", "sheet", "animation.webp"
_LONGEST_SLUG = 40


def make(folder: Path) -> None:
    """Before the long work. Raises `InvalidRequestError` where nothing could be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidRequestError(
            f"“{folder}” cannot be made ({error.strerror}); choose another folder."
        ) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InvalidRequestError(f"“{folder}” cannot be written to; choose another folder.")


def write(
    folder: Path,
    generated: Generated,
    style: Style,
    image_format: str,
    *,
    with_sheet: bool = False,
    with_animation: bool = False,
) -> dict[str, Any]:
    """Write all files of one picture; returns what `--json` says of it: names inside `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    image = f"{_IMAGE}.{image_format}"
    (folder / image).write_bytes(_encode(generated.image, image_format, lossless=True))
    (folder / MAPS).write_bytes(encode_maps(generated))
    words = []
    for found in generated.words:
        name = None
        if found.soft is not None:
            name = file_name(found.word, image_format)
            picture = render.draw(generated.image, found.soft, style)
            (folder / name).write_bytes(_encode(picture, image_format))
        words.append({**asdict(found.word), "truncated": found.truncated, "overlay": name})
    meta = {
        "prompt": generated.prompt,
        "image": image,
        "maps": MAPS,
        "sheet": None,
        "animation": None,
        "withheld": generated.withheld,
        "words": words,
        "provenance": generated.provenance,
    }
    if with_sheet:
        meta["sheet"] = write_sheet(folder, generated.sheet(style), image_format).name
    if with_animation:
        meta["animation"] = _ANIMATION
        steps = render.to_animation(sheets_by_step(generated, style))
        (folder / _ANIMATION).write_bytes(steps)
    text = json.dumps(meta, ensure_ascii=False, indent=2)
    (folder / META).write_text(f"{text}\n", encoding="utf-8")
    return {"folder": str(folder), **meta}


def write_sheet(folder: Path, sheet: Image, image_format: str) -> Path:
    path = folder / f"{_SHEET}.{image_format}"
    path.write_bytes(_encode(sheet, image_format))
    return path


def read(folder: Path) -> tuple[Image, StoredMaps]:
    """Raises `InvalidRequestError` or `MapsFileError` unless `write` wrote `folder`."""
    images = [path for path in sorted(folder.glob(f"{_IMAGE}.*")) if path.is_file()]
    if not (folder / MAPS).is_file() or not images:
        raise MapsFileError(
            f"“{folder}” holds no {_IMAGE} and {MAPS}; name a folder that `generate` or `trace` "
            "wrote."
        )
    return render.open_image(images[0]), read_maps(folder / MAPS)


def file_name(word: Word, image_format: str = "png") -> str:
    """A name that any file system takes: "word-03-quickly.png"; punctuation has its number only."""
    letters = slug(word.text)
    stem = f"word-{word.index:02d}"
    return f"{stem}-{letters}.{image_format}" if letters else f"{stem}.{image_format}"


def slug(text: str) -> str:
    """Letters and digits of any script, the rest hyphens, 40 characters at most."""
    plain = unicodedata.normalize("NFKC", text).casefold()[:_LONGEST_SLUG]
    return "".join(letter if letter.isalnum() else "-" for letter in plain).strip("-")


def _encode(image: Image, image_format: str, *, lossless: bool = False) -> bytes:
    if image_format == "webp":
        return render.to_webp(image, lossless=lossless)
    return render.to_png(image)
