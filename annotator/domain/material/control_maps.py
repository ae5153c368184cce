"""Maps that are wrong by construction, made from stored ones. Pure numpy: no database, no files."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Map = NDArray[np.float16]

# How much of the blob's outline is ragged: a clean ellipse would give itself away beside real maps.
_RAGGEDNESS = 0.35


def blank(like: Map) -> Map:
    """Nothing anywhere; (height, width) as `like`."""
    return np.zeros_like(like)


def random_blob(like: Map, rng: np.random.Generator) -> Map:
    """One soft blob somewhere, with exactly the values of `like`; (height, width).

    Its values are those of `like`, put in the order of a blob's: so at every threshold its area is
    that of the map whose place it takes, and it is neither brighter nor fainter.
    """
    shape = _blob(like.shape, rng) + _RAGGEDNESS * _smooth_noise(like.shape, rng)
    blob = np.empty(like.size, dtype=like.dtype)
    blob[np.argsort(shape, axis=None)] = np.sort(like, axis=None)
    return blob.reshape(like.shape)


def _blob(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
    """A bell over a random centre, stretched in a random direction; falls off without end."""
    y, x = (np.linspace(0, 1, size) for size in shape)
    centre_y, centre_x = rng.uniform(0.15, 0.85, size=2)
    angle, stretch = rng.uniform(0, np.pi), rng.uniform(1, 2)
    down, across = y[:, None] - centre_y, x[None, :] - centre_x
    along = np.cos(angle) * across + np.sin(angle) * down
    beside = np.cos(angle) * down - np.sin(angle) * across
    distance = along**2 / stretch + beside**2 * stretch
    return np.exp(-distance / 0.08) - 0.5 * distance


def _smooth_noise(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
    """White noise without its fine grain, with a standard deviation of one."""
    height, width = shape
    frequency = np.hypot(np.fft.fftfreq(height)[:, None] * height, np.fft.rfftfreq(width) * width)
    spectrum = np.fft.rfft2(rng.normal(size=shape)) * np.exp(-((frequency / 3) ** 2))
    noise = np.fft.irfft2(spectrum, s=shape)
    return noise / (noise.std() or 1.0)
