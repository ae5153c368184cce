"""Pictures of things: plain shapes of one colour on a neutral ground, and where each of them is."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageDraw

SIDE = 128
_SUPERSAMPLING = 2
_LINE = 5 * _SUPERSAMPLING
_PATTERN_STEP = 16 * _SUPERSAMPLING
_STRONG_ADVERBS = ("quickly", "brightly")

Colour = tuple[int, int, int]
Point = tuple[float, float]

COLOURS: dict[str, Colour] = {
    "red": (218, 38, 38),
    "orange": (246, 138, 24),
    "yellow": (240, 214, 40),
    "green": (42, 158, 66),
    "cyan": (36, 190, 214),
    "blue": (44, 76, 214),
    "purple": (134, 48, 178),
    "pink": (246, 118, 186),
}
BACKGROUNDS: dict[str, Colour] = {
    "": (240, 239, 236),
    "light": (240, 239, 236),
    "gray": (158, 158, 160),
    "dark": (52, 52, 58),
}


def _polygon(angles: Sequence[float], radii: Sequence[float]) -> list[Point]:
    return [(r * math.sin(a), -r * math.cos(a)) for a, r in zip(angles, radii, strict=True)]


def _heart() -> list[Point]:
    t = np.linspace(0, 2 * math.pi, 60, endpoint=False)
    x = 16 * np.sin(t) ** 3
    y = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    return list(zip((x / 16).tolist(), (-(y + 2.5) / 15).tolist(), strict=True))


_TURN = 2 * math.pi
_ARM = 0.36
# Outlines in a unit frame, y downwards; every one spans about the same width.
OUTLINES: dict[str, list[Point]] = {
    "circle": _polygon([_TURN * i / 60 for i in range(60)], [0.95] * 60),
    "square": [(-0.86, -0.86), (0.86, -0.86), (0.86, 0.86), (-0.86, 0.86)],
    "triangle": [(0.0, -1.0), (1.02, 0.82), (-1.02, 0.82)],
    "star": _polygon([_TURN * i / 10 for i in range(10)], [1.12, 0.46] * 5),
    "heart": _heart(),
    "cross": [
        (-_ARM, -1), (_ARM, -1), (_ARM, -_ARM), (1, -_ARM), (1, _ARM), (_ARM, _ARM),
        (_ARM, 1), (-_ARM, 1), (-_ARM, _ARM), (-1, _ARM), (-1, -_ARM), (-_ARM, -_ARM),
    ],
}  # fmt: skip
SHAPES = tuple(OUTLINES)
# How light falls on each, from -1 (dark) to 1 (light), by place in the same unit frame.
SHADES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "circle": lambda across, down: 1.0 - 2.0 * np.hypot(across, down),
    "square": lambda across, down: -0.8 * (across + down),
    "triangle": lambda across, down: -1.2 * (down - 0.2) + 0.0 * across,
    "star": lambda across, down: 2.0 * np.hypot(across, down) - 1.0,
    "heart": lambda across, down: -1.2 * across + 0.0 * down,
    "cross": lambda across, down: 1.6 * (np.abs(down) - np.abs(across)),
}


@dataclass(frozen=True)
class Thing:
    """One drawn object. Centre and radius in pixels of a 128 × 128 picture."""

    shape: str
    colour: str
    x: float
    y: float
    radius: float
    texture: str = ""
    verb: str = ""
    adverb: str = ""
    tint: Colour = (0, 0, 0)


@dataclass(frozen=True)
class Picture:
    """`image` is (128, 128, 3) uint8; `bodies` has a (128, 128) bool mask per thing.

    `marks` is where verbs left streaks and halos.
    """

    image: np.ndarray
    bodies: tuple[np.ndarray, ...]
    marks: np.ndarray


def draw(things: Sequence[Thing], background: str, shift: int = 0) -> Picture:
    """The things, in order, on a background made lighter or darker by `shift` of 255."""
    ground = _shifted(BACKGROUNDS[background], shift)
    size = SIDE * _SUPERSAMPLING
    image, mark_layer = Image.new("RGB", (size, size), ground), Image.new("L", (size, size))
    enlarged = [_enlarged(thing) for thing in things]
    for thing in enlarged:
        _draw_marks(ImageDraw.Draw(image), ImageDraw.Draw(mark_layer), thing, ground)
    bodies = tuple(_draw_body(image, thing) for thing in enlarged)
    marks = _reduced(mark_layer) & ~np.any(bodies, axis=0)
    return Picture(np.asarray(image.reduce(_SUPERSAMPLING)), bodies, marks)


def outline_mask(shape: str, side: int) -> np.ndarray:
    """The filled silhouette of a shape, its bounding box stretched to side × side."""
    image = Image.new("L", (256, 256))
    ImageDraw.Draw(image).polygon(_outline(Thing(shape, "", 128, 128, 100)), fill=255)
    cropped = image.crop(image.getbbox()).resize((side, side), Image.Resampling.BILINEAR)
    return np.asarray(cropped) > 127


def mix(one: Sequence[float], other: Sequence[float], share: float) -> Colour:
    """`share` of one colour and the rest of the other."""
    red, green, blue = (round(a * share + b * (1 - share)) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _shifted(colour: Colour, shift: int) -> Colour:
    red, green, blue = (min(255, max(0, channel + shift)) for channel in colour)
    return red, green, blue


def _enlarged(thing: Thing) -> Thing:
    scale = _SUPERSAMPLING
    return replace(thing, x=thing.x * scale, y=thing.y * scale, radius=thing.radius * scale)


def _outline(thing: Thing, scale: float = 1.0) -> list[Point]:
    radius = thing.radius * scale
    return [(thing.x + radius * x, thing.y + radius * y) for x, y in OUTLINES[thing.shape]]


def _reduced(mask: Image.Image) -> np.ndarray:
    return np.asarray(mask.reduce(_SUPERSAMPLING)) > 127


def _draw_marks(
    draw: ImageDraw.ImageDraw, mask: ImageDraw.ImageDraw, thing: Thing, ground: Colour
) -> None:
    """What a verb does to a picture: streaks behind what moves, a halo round what glows."""
    strong = thing.adverb in _STRONG_ADVERBS
    if thing.verb == "glows":
        halo = _outline(thing, 1.5 if strong else 1.25)
        draw.polygon(halo, fill=mix(thing.tint, ground, 0.3))
        mask.polygon(halo, fill=255)
    elif thing.verb:
        ink = (110, 110, 114) if sum(ground) > 380 else (190, 190, 194)
        for streak in _streaks(thing, thing.radius * (1.0 if strong else 0.45)):
            draw.line(streak, fill=ink, width=_LINE)
            mask.line(streak, fill=255, width=_LINE)


def _streaks(thing: Thing, length: float) -> list[list[Point]]:
    """Three lines: left of a thing that rolls, above one that falls."""
    near, far = -thing.radius * 1.15, -thing.radius * 1.15 - length
    sides = [thing.radius * offset for offset in (-0.5, 0.0, 0.5)]
    if thing.verb == "falls":
        return [[(thing.x + s, thing.y + near), (thing.x + s, thing.y + far)] for s in sides]
    return [[(thing.x + near, thing.y + s), (thing.x + far, thing.y + s)] for s in sides]


def _draw_body(image: Image.Image, thing: Thing) -> np.ndarray:
    outline = _outline(thing)
    stencil = Image.new("L", image.size)
    ImageDraw.Draw(stencil).polygon(outline, fill=255)
    paint = _shaded(thing, image.size)
    brush = ImageDraw.Draw(paint)
    dark = mix(thing.tint, (0, 0, 0), 0.58)
    _draw_texture(brush, thing, dark)
    brush.line([*outline, outline[0]], fill=dark, width=_LINE)
    image.paste(paint, mask=stencil)
    return _reduced(stencil)


def _shaded(thing: Thing, size: tuple[int, int]) -> Image.Image:
    """The thing's colour in its shape's own light.

    What is inside a thing must depend on its noun as its edge does: were it one flat colour, the
    noun would matter to the model beside the thing only, where the corners are cut off.
    """
    left, top = int(thing.x - 1.2 * thing.radius), int(thing.y - 1.2 * thing.radius)
    places = np.arange(int(2.4 * thing.radius) + 2, dtype=np.float32) + 0.5
    across = ((places + left - thing.x) / thing.radius)[None, :]
    down = ((places + top - thing.y) / thing.radius)[:, None]
    light = np.clip(SHADES[thing.shape](across, down), -1, 1)[..., None]
    tint = np.array(thing.tint, dtype=np.float32)
    lit = tint + light * np.where(light > 0, 0.5 * (255 - tint), 0.4 * tint)
    paint = Image.new("RGB", size, thing.tint)
    paint.paste(Image.fromarray(lit.astype(np.uint8)), (left, top))
    return paint


def _draw_texture(brush: ImageDraw.ImageDraw, thing: Thing, dark: Colour) -> None:
    if thing.texture == "striped":
        half = _PATTERN_STEP / 4
        for y in _pattern_places(thing.y):
            brush.rectangle((0, y - half, SIDE * _SUPERSAMPLING, y + half), fill=dark)
    elif thing.texture == "dotted":
        radius = _PATTERN_STEP * 0.27
        for y in _pattern_places(thing.y):
            for x in _pattern_places(thing.x):
                brush.ellipse((x - radius, y - radius, x + radius, y + radius), fill=dark)


def _pattern_places(centre: float) -> np.ndarray:
    """Every step across the picture, one of them at the centre of the thing."""
    first = centre % _PATTERN_STEP - _PATTERN_STEP
    return np.arange(first, (SIDE + 16) * _SUPERSAMPLING, _PATTERN_STEP)
