"""Captioned drawings whose every word has a known region: the world of the bundled model.

A scene is drawn first and described second, so the caption is true by construction and each word
that *has* a place in the picture carries a boolean mask of it. Words that have none (determiners,
prepositions, conjunctions, punctuation) carry ``None``.

Drawings are deliberately plain: six shapes that differ in silhouette, eight saturated colours on
neutral backgrounds, so that colour and shape of a *generated* picture can be checked by arithmetic
(see ``check.py``) and not by another network.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageDraw

SIDE = 128
_SUPERSAMPLING = 2
_INSET = 0.55

COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (218, 38, 38),
    "orange": (246, 138, 24),
    "yellow": (240, 214, 40),
    "green": (42, 158, 66),
    "cyan": (36, 190, 214),
    "blue": (44, 76, 214),
    "purple": (134, 48, 178),
    "pink": (246, 118, 186),
}
BACKGROUNDS: dict[str, tuple[int, int, int]] = {
    "": (240, 239, 236),
    "light": (240, 239, 236),
    "gray": (158, 158, 160),
    "dark": (52, 52, 58),
}
TEXTURES = ("", "striped", "dotted")
SIZES = {"small": 0.68, "": 1.0, "big": 1.32}
NUMERALS = {"two": 2, "three": 3, "four": 4}
VERBS = {"rolls": "rolling", "falls": "falling", "glows": "glowing"}
ADVERBS = {
    "rolls": ("quickly", "slowly"),
    "falls": ("quickly", "slowly"),
    "glows": ("brightly", "softly"),
}
PLACES = {
    "on the left": (-24, 0),
    "on the right": (24, 0),
    "at the top": (0, -24),
    "at the bottom": (0, 24),
}
_STRONG_ADVERBS = ("quickly", "brightly")

Point = tuple[float, float]


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
    tint: tuple[int, int, int] = (0, 0, 0)


@dataclass(frozen=True)
class SceneWord:
    """A word of a caption. `mask` is (height, width) bool, or None where the word has no place."""

    text: str
    role: str
    mask: np.ndarray | None = None


@dataclass(frozen=True)
class Scene:
    """A drawing, its caption, and where each word of the caption is. `image` is RGB uint8."""

    caption: str
    image: np.ndarray
    words: tuple[SceneWord, ...]
    things: tuple[Thing, ...]


@dataclass(frozen=True)
class _Spoken:
    """A word before the picture is drawn: which things it speaks of, and what of them."""

    text: str
    role: str
    things: tuple[int, ...] = ()


# -- captions ------------------------------------------------------------------------------------


def is_held_out(caption: str) -> bool:
    """One caption in ten is never trained on. By its text alone, so no list has to be kept."""
    text = caption.rstrip(".")
    return hashlib.sha256(text.encode()).digest()[0] < 26


def _article(rng: np.random.Generator, following: str) -> str:
    if rng.random() < 0.25:
        return "the"
    return "an" if following[0] in "aeiou" else "a"


def _pick(rng: np.random.Generator, options: Sequence[str]) -> str:
    return options[int(rng.integers(len(options)))]


def _maybe(rng: np.random.Generator, probability: float, options: Sequence[str]) -> str:
    return _pick(rng, options) if rng.random() < probability else ""


@dataclass(frozen=True)
class _Phrase:
    """What is said of one kind of thing; the same for all things a numeral counts."""

    shape: str
    colour: str
    size: str
    texture: str

    @classmethod
    def draw(cls, rng: np.random.Generator, *, detail: float = 1.0) -> _Phrase:
        return cls(
            shape=_pick(rng, SHAPES),
            colour=_maybe(rng, 0.88, tuple(COLOURS)),
            size=_maybe(rng, 0.4 * detail, ("small", "big")),
            texture=_maybe(rng, 0.3 * detail, ("striped", "dotted")),
        )

    def speak(self, things: tuple[int, ...], *, plural: bool = False) -> list[_Spoken]:
        words = [
            _Spoken(self.size, "size", things),
            _Spoken(self.texture, "texture", things),
            _Spoken(self.colour, "colour", things),
            _Spoken(_plural(self.shape) if plural else self.shape, "noun", things),
        ]
        return [word for word in words if word.text]

    def thing(self, rng: np.random.Generator, x: float, y: float, radius: float) -> Thing:
        jitter = 4.0
        colour = self.colour or _pick(rng, tuple(COLOURS))
        return Thing(
            shape=self.shape,
            colour=colour,
            x=x + rng.uniform(-jitter, jitter),
            y=y + rng.uniform(-jitter, jitter),
            radius=radius * SIZES[self.size] * rng.uniform(0.94, 1.06),
            texture=self.texture,
            tint=tuple(int(np.clip(c + rng.integers(-10, 11), 0, 255)) for c in COLOURS[colour]),  # type: ignore[arg-type]
        )


def _plural(shape: str) -> str:
    return shape + ("es" if shape.endswith("s") else "s")


def _with_article(rng: np.random.Generator, spoken: list[_Spoken]) -> list[_Spoken]:
    return [_Spoken(_article(rng, spoken[0].text), "determiner"), *spoken]


def _single(rng: np.random.Generator) -> tuple[list[_Spoken], list[Thing]]:
    phrase = _Phrase.draw(rng)
    thing = phrase.thing(rng, SIDE / 2, SIDE / 2, 37.0)
    spoken = phrase.speak((0,))
    kind = rng.random()
    tail: list[_Spoken] = []
    if 0.36 <= kind < 0.5:
        place = _pick(rng, tuple(PLACES))
        dx, dy = PLACES[place]
        thing = replace(thing, x=thing.x + dx, y=thing.y + dy, radius=thing.radius * 0.85)
        roles = ("adposition", "determiner", "place")
        tail = [_Spoken(*pair) for pair in zip(place.split(), roles, strict=True)]
        return _with_article(rng, spoken) + tail, [thing]
    if kind < 0.36:  # a verb, before the noun or after it
        verb = _pick(rng, tuple(VERBS))
        adverb = _maybe(rng, 0.6, ADVERBS[verb])
        thing = replace(thing, verb=verb, adverb=adverb, radius=thing.radius * 0.9)
        if not adverb and rng.random() < 0.5:
            spoken.insert(0, _Spoken(VERBS[verb], "verb", (0,)))
        else:
            tail = [_Spoken(verb, "verb", (0,))]
            tail += [_Spoken(adverb, "adverb", (0,))] if adverb else []
    return _with_article(rng, spoken) + tail, [_wander(rng, thing)]


def _wander(rng: np.random.Generator, thing: Thing) -> Thing:
    """Anywhere near the middle: a noun whose thing may be anywhere is looked up where it is."""
    reach = min(20.0, max(4.0, SIDE / 2 - 4 - thing.radius))
    dx, dy = rng.uniform(-reach, reach, 2)
    return replace(thing, x=thing.x + dx, y=thing.y + dy)


_PAIRS = {
    "above": ((0, -29), (0, 29)),
    "below": ((0, 29), (0, -29)),
    "beside": ((-29, 0), (29, 0)),
    "and": ((-29, 0), (29, 0)),
}


def _pair(rng: np.random.Generator) -> tuple[list[_Spoken], list[Thing]]:
    first, second = _Phrase.draw(rng, detail=0.4), _Phrase.draw(rng, detail=0.4)
    link = _pick(rng, tuple(_PAIRS))
    things = [
        phrase.thing(rng, SIDE / 2 + dx, SIDE / 2 + dy, 26.0)
        for phrase, (dx, dy) in zip((first, second), _PAIRS[link], strict=True)
    ]
    spoken = [
        *_with_article(rng, first.speak((0,))),
        _Spoken(link, "conjunction" if link == "and" else "adposition"),
        *_with_article(rng, second.speak((1,))),
    ]
    return spoken, things


def _row(count: int) -> list[Point]:
    step = SIDE / count
    return [(step * (i + 0.5), SIDE / 2) for i in range(count)]


def _triple(rng: np.random.Generator) -> tuple[list[_Spoken], list[Thing]]:
    phrases = [_Phrase.draw(rng, detail=0.0) for _ in range(3)]
    things = [p.thing(rng, x, y, 19.0) for p, (x, y) in zip(phrases, _row(3), strict=True)]
    parts = [_with_article(rng, p.speak((i,))) for i, p in enumerate(phrases)]
    comma, conjunction = _Spoken(",", "punctuation"), _Spoken("and", "conjunction")
    return [*parts[0], comma, *parts[1], conjunction, *parts[2]], things


def _numbered(rng: np.random.Generator) -> tuple[list[_Spoken], list[Thing]]:
    numeral = _pick(rng, tuple(NUMERALS))
    count = NUMERALS[numeral]
    phrase = replace(_Phrase.draw(rng, detail=0.4), size="")
    if count == 4:
        spots = [(SIDE / 2 + dx, SIDE / 2 + dy) for dy in (-29, 29) for dx in (-29, 29)]
    else:
        spots = _row(count)
    things = [phrase.thing(rng, x, y, 19.0 if count == 3 else 25.0) for x, y in spots]
    if not phrase.colour:  # several things of one phrase share whatever colour they got
        things = [replace(t, colour=things[0].colour, tint=things[0].tint) for t in things]
    everything = tuple(range(count))
    return [
        _Spoken(numeral, "numeral", everything),
        *phrase.speak(everything, plural=True),
    ], things


_KINDS: tuple[tuple[float, Callable[[np.random.Generator], tuple[list[_Spoken], list[Thing]]]], ...]
_KINDS = ((0.62, _single), (0.22, _pair), (0.05, _triple), (0.11, _numbered))


def draw_scene(rng: np.random.Generator, *, kind: str | None = None) -> Scene:
    """One random scene: "single", "pair", "triple" or "numbered"; None draws the usual mix."""
    makers = {maker.__name__.strip("_"): maker for _, maker in _KINDS}
    if kind is None:
        weights = [weight for weight, _ in _KINDS]
        kind = list(makers)[int(rng.choice(len(weights), p=weights))]
    spoken, things = makers[kind](rng)
    background = _maybe(rng, 0.3, tuple(name for name in BACKGROUNDS if name))
    if background and not any(word.role == "place" for word in spoken):
        spoken += [
            _Spoken("on", "adposition"),
            _Spoken("a", "determiner"),
            _Spoken(background, "background"),
            _Spoken("background", "background"),
        ]
    else:
        background = ""
    if rng.random() < 0.25:
        spoken.append(_Spoken(".", "punctuation"))
    return _compose(spoken, things, background, rng)


def draw_scenes(
    rng: np.random.Generator, count: int, *, held_out: bool, kind: str | None = None
) -> list[Scene]:
    """`count` scenes from one side of the split."""
    scenes: list[Scene] = []
    while len(scenes) < count:
        scene = draw_scene(rng, kind=kind)
        if is_held_out(scene.caption) == held_out:
            scenes.append(scene)
    return scenes


# -- pictures ------------------------------------------------------------------------------------


def outline_mask(shape: str, side: int) -> np.ndarray:
    """The filled silhouette of a shape, its bounding box stretched to side × side."""
    image = Image.new("L", (256, 256))
    ImageDraw.Draw(image).polygon(_placed(shape, 128, 128, 100, 1), fill=255)
    cropped = image.crop(image.getbbox()).resize((side, side), Image.Resampling.BILINEAR)
    return np.asarray(cropped) > 127


def _placed(shape: str, x: float, y: float, radius: float, scale: float) -> list[Point]:
    return [((x + radius * px) * scale, (y + radius * py) * scale) for px, py in OUTLINES[shape]]


def _mix(one: Sequence[float], other: Sequence[float], share: float) -> tuple[int, int, int]:
    red, green, blue = (round(a * share + b * (1 - share)) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _compose(
    spoken: list[_Spoken], things: list[Thing], background: str, rng: np.random.Generator
) -> Scene:
    shift = int(rng.integers(-8, 9))
    ground = _mix(tuple(c + shift for c in BACKGROUNDS[background]), (0, 0, 0), 1.0)
    size = SIDE * _SUPERSAMPLING
    image = Image.new("RGB", (size, size), ground)
    draw = ImageDraw.Draw(image)
    mark_layer = Image.new("L", (size, size))
    body_masks: list[np.ndarray] = []
    for thing in things:
        _draw_marks(draw, ImageDraw.Draw(mark_layer), thing, ground)
    for thing in things:
        body_masks.append(_draw_body(image, thing))
    body = np.any(body_masks, axis=0)
    marks = _reduced(mark_layer) & ~body
    words = tuple(
        SceneWord(word.text, word.role, _region(word, body_masks, marks)) for word in spoken
    )
    small = image.reduce(_SUPERSAMPLING)
    return Scene(_join(spoken), np.asarray(small), words, tuple(things))


def _region(word: _Spoken, bodies: list[np.ndarray], marks: np.ndarray) -> np.ndarray | None:
    if word.role == "background":
        return ~np.any(bodies, axis=0) & ~marks
    if word.role in ("verb", "adverb"):
        return marks
    if word.things:
        return np.any([bodies[i] for i in word.things], axis=0)
    return None


def _join(spoken: list[_Spoken]) -> str:
    return " ".join(word.text for word in spoken).replace(" ,", ",").replace(" .", ".")


def _reduced(mask: Image.Image) -> np.ndarray:
    return np.asarray(mask.reduce(_SUPERSAMPLING)) > 127


def _draw_marks(
    draw: ImageDraw.ImageDraw, mask: ImageDraw.ImageDraw, thing: Thing, ground: tuple[int, ...]
) -> None:
    """What a verb does to a picture: streaks behind what moves, a halo round what glows."""
    strong = thing.adverb in _STRONG_ADVERBS
    if thing.verb == "glows":
        radius = thing.radius * (1.5 if strong else 1.25)
        outline = _placed(thing.shape, thing.x, thing.y, radius, _SUPERSAMPLING)
        draw.polygon(outline, fill=_mix(thing.tint, ground, 0.3))
        mask.polygon(outline, fill=255)
    elif thing.verb:
        ink = (110, 110, 114) if sum(ground) > 380 else (190, 190, 194)
        length = thing.radius * (1.0 if strong else 0.45)
        for offset in (-0.5, 0.0, 0.5):
            start, side = thing.radius * 1.15, thing.radius * offset
            near, far = (-start, side), (-start - length, side)
            if thing.verb == "falls":
                near, far = (near[1], near[0]), (far[1], far[0])
            line = [
                ((thing.x + x) * _SUPERSAMPLING, (thing.y + y) * _SUPERSAMPLING)
                for x, y in (near, far)
            ]
            draw.line(line, fill=ink, width=5 * _SUPERSAMPLING)
            mask.line(line, fill=255, width=5 * _SUPERSAMPLING)


def _draw_body(image: Image.Image, thing: Thing) -> np.ndarray:
    size = image.size
    stencil = Image.new("L", size)
    outline = _placed(thing.shape, thing.x, thing.y, thing.radius, _SUPERSAMPLING)
    ImageDraw.Draw(stencil).polygon(outline, fill=255)
    dark = _mix(thing.tint, (0, 0, 0), 0.58)
    paint = Image.new("RGB", size, thing.tint)
    brush = ImageDraw.Draw(paint)
    step = 16 * _SUPERSAMPLING
    top = (thing.y * _SUPERSAMPLING) % step
    left = (thing.x * _SUPERSAMPLING) % step
    if thing.texture == "striped":
        for y in np.arange(top - step, size[1] + step, step):
            brush.rectangle((0, y - step / 4, size[0], y + step / 4), fill=dark)
    elif thing.texture == "dotted":
        radius = step * 0.27
        for y in np.arange(top - step, size[1] + step, step):
            for x in np.arange(left - step, size[0] + step, step):
                brush.ellipse((x - radius, y - radius, x + radius, y + radius), fill=dark)
    else:
        # What is inside a thing must depend on its noun as its edge does: were it one flat colour,
        # the noun would matter to the model at the corners only.
        inset = _placed(thing.shape, thing.x, thing.y, thing.radius * _INSET, _SUPERSAMPLING)
        brush.polygon(inset, fill=_mix(thing.tint, (255, 255, 255), 0.58))
    brush.line([*outline, outline[0]], fill=dark, width=5 * _SUPERSAMPLING)
    image.paste(paint, mask=stencil)
    return _reduced(stencil)
