"""Paper §3.1: do hard maps of nouns segment the things they name?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from daam_engine.analysis.intervals import Estimate, mean_of
from daam_engine.hard_maps import Rule, cut
from daam_engine.overlap import iou

BEST_TAU = 0.4  # paper, table 1
PAPERS_TAUS = (0.3, 0.4, 0.5)
SWEEP = tuple(round(0.05 * step, 2) for step in range(1, 20))


@dataclass(frozen=True, eq=False)
class Pair:
    """A word's soft map, and where the thing truly is: both (height, width).

    Pairs of one `picture` belong together; None stands for a picture of its own. `category` is
    the word's class among a closed vocabulary, None outside it.
    """

    soft: Tensor
    truth: Tensor
    picture: Any = None
    word: str = ""
    category: str | None = None


def pictures_of(pairs: Sequence[Pair]) -> list[str]:
    """A name per pair, the same for pairs of one picture."""
    return [
        f"alone {place}" if pair.picture is None else f"picture {pair.picture}"
        for place, pair in enumerate(pairs)
    ]


def ious(pairs: Sequence[Pair], tau: float = BEST_TAU, rule: Rule = "max") -> np.ndarray:
    """Intersection over union of every hard map with its truth: (pair,)."""
    return np.array([iou(cut(pair.soft, tau, rule), pair.truth) for pair in pairs])


def mean_over(pairs: Sequence[Pair], scores: np.ndarray) -> Estimate:
    """Of one score per pair (NaN: none), drawn again by pictures."""
    return mean_of(scores, pictures_of(pairs))


def mean_iou(pairs: Sequence[Pair], tau: float = BEST_TAU, rule: Rule = "max") -> Estimate:
    """Over noun–picture pairs, drawn again by pictures."""
    return mean_over(pairs, ious(pairs, tau, rule))


def sweep(
    pairs: Sequence[Pair], taus: Sequence[float] = SWEEP, rule: Rule = "max"
) -> list[tuple[float, Estimate]]:
    """mIoU at each τ."""
    return [(tau, mean_iou(pairs, tau, rule)) for tau in taus]


def whole_image_ious(pairs: Sequence[Pair]) -> np.ndarray:
    """The baseline that answers "everywhere": (pair,)."""
    return np.array([iou(torch.ones_like(pair.truth), pair.truth) for pair in pairs])


def whole_image_iou(pairs: Sequence[Pair]) -> Estimate:
    return mean_over(pairs, whole_image_ious(pairs))


def random_box_ious(pairs: Sequence[Pair], *, seed: int = 0) -> np.ndarray:
    """The baseline that answers with a box whose corners are drawn at random: (pair,)."""
    rng = np.random.default_rng(seed)
    return np.array([iou(random_box(rng, pair.truth.shape), pair.truth) for pair in pairs])


def random_box_iou(pairs: Sequence[Pair], *, seed: int = 0) -> Estimate:
    return mean_over(pairs, random_box_ious(pairs, seed=seed))


def random_box(rng: np.random.Generator, size: Sequence[int]) -> Tensor:
    """Booleans (height, width), true in a box of at least one pixel."""
    box = torch.zeros(tuple(size), dtype=torch.bool)
    (top, bottom), (left, right) = (np.sort(rng.integers(0, side, size=2)) for side in size)
    box[top : bottom + 1, left : right + 1] = True
    return box


def shuffled_partners(
    sizes: Sequence[tuple[int, ...]], pictures: Sequence[object], *, seed: int = 0
) -> list[int | None]:
    """Of every pair, by the size of its truth, the place of the one whose truth it is held against.

    Drawn at random among those of its size in other pictures; None where there is none.
    """
    rng = np.random.default_rng(seed)
    names = {name: number for number, name in enumerate(dict.fromkeys(pictures))}
    groups = np.array([names[name] for name in pictures])
    shapes = np.array(sizes)
    partners: list[int | None] = []
    for place in range(len(sizes)):
        fits = (shapes == shapes[place]).all(axis=1) & (groups != groups[place])
        partners.append(int(rng.choice(np.flatnonzero(fits))) if fits.any() else None)
    return partners


def shuffled_ious(
    pairs: Sequence[Pair], tau: float = BEST_TAU, *, seed: int = 0, rule: Rule = "max"
) -> np.ndarray:
    """The control in which every map is held against a truth that another picture has.

    (pair,), by whose map it is; NaN where no other picture has a truth of its size.
    """
    sizes = [tuple(pair.truth.shape) for pair in pairs]
    partners = shuffled_partners(sizes, pictures_of(pairs), seed=seed)
    return np.array(
        [
            np.nan if other is None else iou(cut(pair.soft, tau, rule), pairs[other].truth)
            for pair, other in zip(pairs, partners, strict=True)
        ]
    )


def shuffled_iou(
    pairs: Sequence[Pair], tau: float = BEST_TAU, *, seed: int = 0, rule: Rule = "max"
) -> Estimate:
    return mean_over(pairs, shuffled_ious(pairs, tau, seed=seed, rule=rule))
