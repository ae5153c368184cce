"""Heat maps as pictures. The only file that draws."""

from __future__ import annotations

import json
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image

ColourMap = Literal["viridis", "turbo", "inferno", "jet"]
COLOUR_MAPS: tuple[ColourMap, ...] = get_args(ColourMap)
_TABLES = Path(__file__).with_name("colour_maps.json")


def overlay(
    image: Image.Image,
    heat_map: ArrayLike,
    *,
    colour_map: ColourMap = "turbo",
    opacity: float | Literal["heat"] = "heat",
) -> Image.Image:
    """`heat_map` (height, width), stretched to [0, 1] and coloured, over `image`, of its size.

    `opacity` is a constant from 0 to 1, or "heat": as opaque as hot, which is the look of the
    published pictures (the photograph over the colours, with alpha = 1 − heat).
    """
    heat = _resized(stretch(heat_map), image.size)[..., None]  # (height, width, 1)
    colours = _table(colour_map)[_bytes(heat[..., 0])]  # (height, width, colour)
    weight = heat if opacity == "heat" else opacity
    picture = np.asarray(image.convert("RGB"), dtype=np.float32)
    return Image.fromarray(np.rint(picture * (1 - weight) + colours * weight).astype(np.uint8))


def grey(heat_map: ArrayLike) -> Image.Image:
    """`heat_map` (height, width), stretched, as an 8-bit grey picture of the same size."""
    return Image.fromarray(_bytes(stretch(heat_map)))


def stretch(heat_map: ArrayLike) -> np.ndarray:
    """Min–max normalisation to [0, 1], as in published pictures; a constant map becomes zeros.

    Stretched maps of different words cannot be compared in magnitude.
    """
    heat = np.asarray(heat_map, dtype=np.float32)
    low, high = heat.min(), heat.max()
    return np.zeros_like(heat) if low == high else (heat - low) / (high - low)


def to_png(image: Image.Image) -> bytes:
    return _encoded(image, "PNG", optimize=True)


def to_webp(image: Image.Image, *, quality: int = 90, lossless: bool = False) -> bytes:
    return _encoded(image, "WEBP", quality=quality, lossless=lossless)


@cache
def _table(colour_map: str) -> np.ndarray:
    """256 colours, (level, colour), from 256 × 6 hexadecimal digits."""
    digits = json.loads(_TABLES.read_text(encoding="ascii"))[colour_map]
    return np.frombuffer(bytes.fromhex(digits), dtype=np.uint8).reshape(256, 3)


def _resized(heat: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """To PIL's `size` (width, height); bicubic overshoot is cut off."""
    if heat.shape[::-1] == size:
        return heat
    return np.asarray(Image.fromarray(heat).resize(size, Image.Resampling.BICUBIC)).clip(0, 1)


def _bytes(heat: np.ndarray) -> np.ndarray:
    return np.rint(heat * 255).astype(np.uint8)


def _encoded(image: Image.Image, file_format: str, **options: int) -> bytes:
    buffer = BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()
