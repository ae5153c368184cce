"""Heat maps as pictures. With `page` and `lettering`, the only files that draw.

Maps are arrays (height, width), of any size: they are resized to the image they are drawn on.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image, ImageDraw, ImageOps

from daam_engine.errors import InvalidRequestError
from daam_engine.hard_maps import Rule

ColourMap = Literal["viridis", "turbo", "inferno", "jet"]
COLOUR_MAPS: tuple[ColourMap, ...] = get_args(ColourMap)
Opacity = float | Literal["heat"]
Colour = tuple[int, int, int]
_TABLES = Path(__file__).with_name("colour_maps.json")
_SUPERSAMPLING = 4  # a contour is drawn this many times larger, which smooths its edges
_LONGEST_WEBP = 16_383
_LINES_PER_SIDE = 160  # a contour's width is that part of the image's shorter side


def overlay(
    image: Image.Image,
    heat_map: ArrayLike,
    *,
    colour_map: ColourMap = "turbo",
    opacity: Opacity = "heat",
) -> Image.Image:
    """`heat_map`, stretched to [0, 1] and coloured, over `image`, of its size.

    `opacity` is a constant from 0 to 1, or "heat": as opaque as hot, which is the look of the
    published pictures (the photograph over the colours, with alpha = 1 − heat).
    Raises `InvalidRequestError` for other opacities.
    """
    if opacity != "heat" and not 0 <= opacity <= 1:
        raise InvalidRequestError(f"Opacity is “heat” or from 0 to 1; {opacity} is neither.")
    heat = _resized(stretch(heat_map), image.size)[..., None]  # (height, width, 1)
    colours = _table(colour_map)[_bytes(heat[..., 0])]  # (height, width, colour)
    weight = heat if opacity == "heat" else opacity
    picture = np.asarray(image.convert("RGB"), dtype=np.float32)
    return Image.fromarray(np.rint(picture * (1 - weight) + colours * weight).astype(np.uint8))


@dataclass(frozen=True)
class Style:
    """How heat maps are drawn; with `tau`, the outline of the hard map lies on top."""

    colour_map: ColourMap = "turbo"
    opacity: Opacity = "heat"
    tau: float | None = None
    rule: Rule = "max"


def draw(image: Image.Image, heat_map: ArrayLike, style: Style) -> Image.Image:
    """`heat_map` over `image` as `style` says: `overlay`, and on request its `contour`."""
    drawn = overlay(image, heat_map, colour_map=style.colour_map, opacity=style.opacity)
    return drawn if style.tau is None else contour(drawn, heat_map, style.tau, rule=style.rule)


def contour(
    image: Image.Image,
    heat_map: ArrayLike,
    tau: float,
    *,
    rule: Rule = "max",
    colour: Colour = (255, 255, 255),
    width: float | None = None,
) -> Image.Image:
    """`image` with the outline of the hard map of `heat_map` at `tau`.

    `rule` "max" is the paper's, D ≥ τ · max D; "min-max" that of the published code, which first
    stretches the map to [0, 1]. The line has a dark border, so it is seen on any picture; `width`
    is in pixels, by default 1/160 of the shorter side and never thinner than 1.5.
    Raises `InvalidRequestError` unless 0 ≤ `tau` ≤ 1.
    """
    level = _level(np.asarray(heat_map, dtype=np.float32), tau, rule)
    width = max(1.5, min(image.size) / _LINES_PER_SIDE) if width is None else width
    edge = _edge(np.asarray(heat_map, dtype=np.float32), level, image.size)
    drawn = image.convert("RGB")
    for paint, thickness in (((0, 0, 0), 2 * width), (colour, width)):
        drawn.paste(paint, mask=_stroke(edge, thickness, image.size))
    return drawn


def coloured(heat_map: ArrayLike, *, colour_map: ColourMap = "turbo") -> Image.Image:
    """`heat_map`, stretched and coloured, in a picture of its own size."""
    return Image.fromarray(_table(colour_map)[_bytes(stretch(heat_map))])


def grey(heat_map: ArrayLike) -> Image.Image:
    """`heat_map`, stretched, as an 8-bit grey picture of the same size."""
    return Image.fromarray(_bytes(stretch(heat_map)))


def stretch(heat_map: ArrayLike) -> np.ndarray:
    """Min–max normalisation to [0, 1], as in published pictures; a constant map becomes zeros.

    Stretched maps of different words cannot be compared in magnitude.
    """
    heat = np.asarray(heat_map, dtype=np.float32)
    low, high = heat.min(), heat.max()
    return np.zeros_like(heat) if low == high else (heat - low) / (high - low)


def open_image(path: Path | str) -> Image.Image:
    """The picture in a file, upright as its camera says, in RGB. Raises `InvalidRequestError`."""
    try:
        with Image.open(path) as image:
            return ImageOps.exif_transpose(image).convert("RGB")
    # What broken files make the decoders raise, and a file that would decode to gigabytes.
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        reason = getattr(error, "strerror", None) or "it is no picture that can be read"
        raise InvalidRequestError(
            f"“{path}” cannot be opened ({reason}); name a PNG, JPEG or WebP file."
        ) from error


def to_png(image: Image.Image) -> bytes:
    return _encoded(image, "PNG", optimize=True)


def to_webp(image: Image.Image, *, quality: int = 90, lossless: bool = False) -> bytes:
    """Raises `InvalidRequestError` for pictures larger than the format allows."""
    if max(image.size) > _LONGEST_WEBP:
        raise InvalidRequestError(
            f"A WebP picture has at most {_LONGEST_WEBP} pixels a side and this one has "
            f"{max(image.size)}; choose PNG."
        )
    return _encoded(image, "WEBP", quality=quality, lossless=lossless)


@cache
def _table(colour_map: str) -> np.ndarray:
    """256 colours, (level, colour), from 256 × 6 hexadecimal digits."""
    digits = json.loads(_TABLES.read_text(encoding="ascii"))[colour_map]
    return np.frombuffer(bytes.fromhex(digits), dtype=np.uint8).reshape(256, 3)


def _level(heat: np.ndarray, tau: float, rule: Rule) -> float:
    if not 0 <= tau <= 1:
        raise InvalidRequestError(f"τ is a share from 0 to 1; {tau} is not.")
    low, high = float(heat.min()), float(heat.max())
    return tau * high if rule == "max" else low + tau * (high - low)


def _edge(heat: np.ndarray, level: float, size: tuple[int, int]) -> np.ndarray:
    """The points (x, y) where the map leaves its hard map, supersampled.

    The map is enlarged, not the hard map: an enlarged mask has stairs. A part of the hard map that
    reaches the picture's border is closed there.
    """
    width, height = (side * _SUPERSAMPLING for side in size)
    large = Image.fromarray(heat).resize((width, height), Image.Resampling.BICUBIC)
    inside = np.pad(np.asarray(large) >= level, 1)
    core = inside[:-2, 1:-1] & inside[2:, 1:-1] & inside[1:-1, :-2] & inside[1:-1, 2:]
    return np.argwhere(inside[1:-1, 1:-1] & ~core)[:, ::-1]


def _stroke(edge: np.ndarray, thickness: float, size: tuple[int, int]) -> Image.Image:
    """How much of every pixel a round pen covers that is led along `edge`."""
    large = Image.new("L", (size[0] * _SUPERSAMPLING, size[1] * _SUPERSAMPLING))
    pen = ImageDraw.Draw(large)
    radius = (thickness * _SUPERSAMPLING - 1) / 2  # PIL's circles are a pixel wider than asked
    for point in edge.tolist():
        pen.circle(point, radius, fill=255)
    return large.reduce(_SUPERSAMPLING)


def _resized(heat: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """To PIL's `size` (width, height); bicubic overshoot is cut off."""
    if heat.shape[::-1] == size:
        return heat
    return np.asarray(Image.fromarray(heat).resize(size, Image.Resampling.BICUBIC)).clip(0, 1)


def _bytes(heat: np.ndarray) -> np.ndarray:
    return np.rint(heat * 255).astype(np.uint8)


def to_animation(pictures: Sequence[Image.Image], *, milliseconds: int = 200) -> bytes:
    """An endless animated WebP of pictures of one size; the last stays five times as long."""
    first, *others = pictures
    times = [milliseconds] * len(others) + [5 * milliseconds]
    return _encoded(
        first, "WEBP", save_all=True, append_images=others, duration=times, loop=0, quality=90
    )


def _encoded(image: Image.Image, file_format: str, **options: Any) -> bytes:
    buffer = BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()
