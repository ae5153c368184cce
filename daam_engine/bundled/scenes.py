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
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from daam_engine.bundled.drawing import (
    BACKGROUNDS,
    COLOURS,
    SHAPES,
    SIDE,
    Picture,
    Point,
    Thing,
    draw,
)

TEXTURES = ("striped", "dotted")
# Nouns that say colour and shape at once, as most nouns do; the shapes' own names say shape alone.
OBJECTS = {
    "sun": ("circle", "yellow"),
    "plum": ("circle", "purple"),
    "brick": ("square", "red"),
    "pool": ("square", "blue"),
    "tree": ("triangle", "green"),
    "carrot": ("triangle", "orange"),
    "snowflake": ("star", "cyan"),
    "spark": ("star", "orange"),
    "rose": ("heart", "red"),
    "petal": ("heart", "pink"),
    "clover": ("cross", "green"),
    "windmill": ("cross", "purple"),
}
_OBJECT_SHARE = 0.65
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


@dataclass(frozen=True)
class SceneWord:
    """A word of a caption. `mask` is (height, width) bool, or None where the word has no place.

    `things` are those of the scene that it speaks of, by number.
    """

    text: str
    role: str
    mask: np.ndarray | None = None
    things: tuple[int, ...] = ()


@dataclass(frozen=True)
class Scene:
    """A drawing, its caption, and where each word of the caption is. `image` is RGB uint8."""

    caption: str
    image: np.ndarray
    words: tuple[SceneWord, ...]
    things: tuple[Thing, ...]

    @property
    def possible_colours(self) -> frozenset[str]:
        """The colours that the caption allows its first thing: the one it says, or any."""
        said = {word.text for word in self.words}
        if said & (COLOURS.keys() | OBJECTS.keys()):
            return frozenset({self.things[0].colour})
        return frozenset(COLOURS)


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

    noun: str
    colour: str
    size: str
    texture: str

    @classmethod
    def draw(cls, rng: np.random.Generator, *, detail: float = 1.0) -> _Phrase:
        is_object = rng.random() < _OBJECT_SHARE
        return cls(
            noun=_pick(rng, tuple(OBJECTS) if is_object else SHAPES),
            colour="" if is_object else _maybe(rng, 0.88, tuple(COLOURS)),
            size=_maybe(rng, 0.4 * detail, ("small", "big")),
            texture=_maybe(rng, 0.3 * detail, TEXTURES),
        )

    def speak(self, things: tuple[int, ...], *, plural: bool = False) -> list[_Spoken]:
        words = [
            _Spoken(self.size, "size", things),
            _Spoken(self.texture, "texture", things),
            _Spoken(self.colour, "colour", things),
            _Spoken(_plural(self.noun) if plural else self.noun, "noun", things),
        ]
        return [word for word in words if word.text]

    def thing(self, rng: np.random.Generator, x: float, y: float, radius: float) -> Thing:
        jitter = 4.0
        shape, own_colour = OBJECTS.get(self.noun, (self.noun, ""))
        colour = self.colour or own_colour or _pick(rng, tuple(COLOURS))
        return Thing(
            shape=shape,
            colour=colour,
            x=x + rng.uniform(-jitter, jitter),
            y=y + rng.uniform(-jitter, jitter),
            radius=radius * SIZES[self.size] * rng.uniform(0.94, 1.06),
            texture=self.texture,
            tint=tuple(int(np.clip(c + rng.integers(-10, 11), 0, 255)) for c in COLOURS[colour]),  # type: ignore[arg-type]
        )


def _plural(noun: str) -> str:
    return noun + ("es" if noun.endswith("s") else "s")


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
    picture = draw(things, background, shift=int(rng.integers(-8, 9)))
    words = tuple(SceneWord(w.text, w.role, _region(w, picture), w.things) for w in spoken)
    return Scene(_join(spoken), picture.image, words, tuple(things))


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


def _region(word: _Spoken, picture: Picture) -> np.ndarray | None:
    if word.role == "background":
        return ~np.any(picture.bodies, axis=0) & ~picture.marks
    if word.role in ("verb", "adverb"):
        return picture.marks
    if word.things:
        return np.any([picture.bodies[i] for i in word.things], axis=0)
    return None


def _join(spoken: list[_Spoken]) -> str:
    return " ".join(word.text for word in spoken).replace(" ,", ",").replace(" .", ".")
