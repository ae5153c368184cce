"""The unsupervised baseline: pixels grouped by colour alone, and groups matched to the truth.

Which group is which word is not known to it but taken from the truth (Hungarian matching), so its
mIoU is an upper bound on what such a method reaches.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from daam_engine.analysis.assignment import best_assignment
from daam_engine.overlap import iou

CLUSTERS = 4
_ROUNDS = 20
_MOST_PIXELS = 20_000  # are enough to find the groups


def cluster_pixels(image: np.ndarray, clusters: int = CLUSTERS, *, seed: int = 0) -> np.ndarray:
    """k-means of RGB colours (k-means++ starts): a number per pixel, (height, width)."""
    rng = np.random.default_rng(seed)
    pixels = image.reshape(-1, image.shape[-1]).astype(np.float64)
    few = pixels[rng.permutation(len(pixels))[:_MOST_PIXELS]]
    centres = _spread_out(few, clusters, rng)
    for _ in range(_ROUNDS):
        nearest = _nearest(few, centres)
        moved = np.array(
            [
                few[nearest == number].mean(axis=0) if (nearest == number).any() else centre
                for number, centre in enumerate(centres)
            ]
        )
        if np.array_equal(moved, centres):
            break
        centres = moved
    return _nearest(pixels, centres).reshape(image.shape[:2])


def matched_ious(groups: np.ndarray, truths: Sequence[np.ndarray]) -> list[float]:
    """Each truth's IoU with the group that the best matching gives it; 0 where there is none."""
    masks = [groups == number for number in np.unique(groups)]
    scores = np.array([[iou(mask, truth) for mask in masks] for truth in truths])
    matched = dict(best_assignment(scores)) if truths else {}
    return [
        float(scores[place, matched[place]]) if place in matched else 0.0
        for place in range(len(truths))
    ]


def _spread_out(pixels: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Starts drawn with a probability proportional to the squared distance from those before."""
    centres = [pixels[rng.integers(len(pixels))]]
    while len(centres) < count:
        distances = _distances(pixels, np.array(centres)).min(axis=1)
        if not distances.any():
            break  # no more colours than centres
        centres.append(pixels[rng.choice(len(pixels), p=distances / distances.sum())])
    return np.array(centres)


def _nearest(pixels: np.ndarray, centres: np.ndarray) -> np.ndarray:
    return _distances(pixels, centres).argmin(axis=1)


def _distances(pixels: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Squared, (pixel, centre)."""
    squared: np.ndarray = ((pixels[:, None] - centres) ** 2).sum(axis=2)
    return squared
