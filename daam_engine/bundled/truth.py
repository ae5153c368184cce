"""Where the things of a caption are in the picture that was *generated* for it."""

from __future__ import annotations

import numpy as np

from daam_engine.bundled.check import (
    Finding,
    components,
    describe,
    find_things,
    pixel_colours,
)
from daam_engine.bundled.drawing import COLOURS
from daam_engine.bundled.scenes import OBJECTS, Scene, SceneWord

_LEAST_SHARE = 0.2  # of a region; less of another colour is an edge or a speckle


def noun_masks(scene: Scene, image: np.ndarray) -> dict[int, np.ndarray]:
    """For each noun (by its index) whose thing is in the RGB uint8 picture: a mask of it.

    A thing is there when something of its shape is found, and of its colour where the caption
    fixes one. As many as the caption says must be there. Nouns of which the caption has two alike
    are left out: nothing tells which of the two a region is.
    """
    found = things_apart(image)
    wanted = {
        index: (_appearance(scene, said), len(said.things))
        for index, said in enumerate(scene.words)
        if said.role == "noun"
    }
    masks = {}
    for index, ((shape, colour), count) in wanted.items():
        alike = [one for one in found if is_like(one, shape, colour)]
        rivals = [at for at, (look, _) in wanted.items() if _may_be_same(look, (shape, colour))]
        if len(rivals) == 1 and len(alike) == count:
            masks[index] = np.any([one.mask for one in alike], axis=0)
    return masks


def both_present(nouns: tuple[str, str], image: np.ndarray) -> bool:
    """Whether the picture holds the things of two nouns that say shape and colour, one each."""
    found = things_apart(image)
    return all(any(is_like(one, *OBJECTS[noun]) for one in found) for noun in nouns)


def things_apart(image: np.ndarray) -> list[Finding]:
    """As `check.find_things`, and things of different colours that touch are told apart."""
    return [part for whole in find_things(image) for part in _parts(image, whole)]


def _parts(image: np.ndarray, whole: Finding) -> list[Finding]:
    """One per colour that has a good share of it: the largest patch of that colour."""
    colours = pixel_colours(image, whole.mask)
    numbers, sizes = np.unique(colours[whole.mask], return_counts=True)
    large = numbers[sizes >= _LEAST_SHARE * sizes.sum()]
    if len(large) < 2:
        return [whole]
    return [describe(image, components(colours == number)[0]) for number in large]


def is_like(found: Finding, shape: str, colour: str | None) -> bool:
    return found.shape == shape and colour in (None, found.colour)


def _appearance(scene: Scene, noun: SceneWord) -> tuple[str, str | None]:
    """Shape and colour of a noun's things; the colour is None where the caption leaves it open."""
    thing = scene.things[noun.things[0]]
    said = {word.text for word in scene.words if word.things == noun.things}
    return thing.shape, thing.colour if said & (COLOURS.keys() | _names()) else None


def _names() -> set[str]:
    return set(OBJECTS) | {f"{noun}s" for noun in OBJECTS}


def _may_be_same(first: tuple[str, str | None], second: tuple[str, str | None]) -> bool:
    return first[0] == second[0] and (None in (first[1], second[1]) or first[1] == second[1])
