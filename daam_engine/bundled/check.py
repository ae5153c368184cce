"""Reads colour, shape and region off a *generated* drawing, by arithmetic alone.

Backgrounds and marks are neutral and halos are pale, so a thing is where the picture is saturated.
Its colour is the palette entry nearest to its median; its shape is the silhouette it overlaps best
once both fill their bounding boxes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image

from daam_engine.bundled.drawing import COLOURS, SHAPES, outline_mask

_TEMPLATE_SIDE = 48
_LEAST_CHROMA = 40  # of 255; neutral greys stay under 15
_LEAST_AREA = 0.006  # of the picture; smaller blobs are speckle


@dataclass(frozen=True)
class Finding:
    """One coloured thing found in a picture. `mask` is (height, width) bool, `overlap` in 0..1."""

    colour: str
    shape: str
    overlap: float
    mask: np.ndarray


def coloured_region(image: np.ndarray) -> np.ndarray:
    """(height, width) bool: where an RGB uint8 picture is as saturated as its things are."""
    values = image.astype(np.int16)
    chroma = values.max(axis=2) - values.min(axis=2)
    strongest = np.percentile(chroma, 99.5)  # not the maximum: a generated picture has speckle
    return chroma >= max(_LEAST_CHROMA, 0.45 * strongest)


def find_things(image: np.ndarray) -> list[Finding]:
    """Every coloured thing of an RGB uint8 picture (height, width, 3), largest first."""
    masks = components(coloured_region(image))
    return [describe(image, mask) for mask in masks if mask.mean() >= _LEAST_AREA]


def describe(image: np.ndarray, mask: np.ndarray) -> Finding:
    """What the pixels of `mask` look like, taken for one thing."""
    shape, overlap = name_shape(mask)
    return Finding(name_colour(image, mask), shape, overlap, mask)


def name_colour(image: np.ndarray, mask: np.ndarray) -> str:
    """The palette entry nearest to the region's median, both at full brightness.

    Outlines, stripes and dots are darker versions of a thing's colour: dividing by the strongest
    channel makes them equal to it.
    """
    pixels = image[mask].astype(float)
    bright = np.median(pixels / pixels.max(axis=1, keepdims=True).clip(1), axis=0)
    return min(COLOURS, key=lambda name: float(np.sum((bright - _full_brightness(name)) ** 2)))


def _full_brightness(colour: str) -> np.ndarray:
    palette = np.array(COLOURS[colour], dtype=float)
    return palette / palette.max()


def pixel_colours(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Per pixel the number of the nearest palette entry, -1 outside the mask: (height, width)."""
    pixels = image[mask].astype(float)
    bright = pixels / pixels.max(axis=1, keepdims=True).clip(1)
    palette = np.array([_full_brightness(name) for name in COLOURS])
    found = np.full(mask.shape, -1)
    found[mask] = ((bright[:, None] - palette) ** 2).sum(axis=2).argmin(axis=1)
    return found


def name_shape(mask: np.ndarray) -> tuple[str, float]:
    """The silhouette with the largest intersection over union, and that overlap."""
    rows, columns = np.where(mask.any(axis=1))[0], np.where(mask.any(axis=0))[0]
    cropped = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    picture = Image.fromarray(cropped.astype(np.uint8) * 255)
    side = _TEMPLATE_SIDE
    found = np.asarray(picture.resize((side, side), Image.Resampling.BILINEAR)) > 127
    overlaps = {
        shape: np.sum(found & template) / np.sum(found | template)
        for shape, template in _templates().items()
    }
    best = max(overlaps, key=overlaps.__getitem__)
    return best, float(overlaps[best])


@cache
def _templates() -> dict[str, np.ndarray]:
    return {shape: outline_mask(shape, _TEMPLATE_SIDE) for shape in SHAPES}


def components(mask: np.ndarray) -> list[np.ndarray]:
    """4-connected components, largest first, by repeated dilation: they are few and small here."""
    left, found = mask.copy(), []
    while left.any():
        seed = np.unravel_index(int(np.argmax(left)), left.shape)
        component = np.zeros_like(left)
        component[seed] = True
        while True:
            grown = component.copy()
            grown[1:] |= component[:-1]
            grown[:-1] |= component[1:]
            grown[:, 1:] |= component[:, :-1]
            grown[:, :-1] |= component[:, 1:]
            grown &= left
            if np.array_equal(grown, component):
                break
            component = grown
        found.append(component)
        left &= ~component
    return sorted(found, key=np.sum, reverse=True)
