"""Paper §3.1: do hard maps of nouns segment the things they name?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from daam_engine.analysis.intervals import Estimate, mean_of
from daam_engine.heat_map import Rule, cut
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


def mean_iou(pairs: Sequence[Pair], tau: float = BEST_TAU, rule: Rule = "max") -> Estimate:
    """Over noun–picture pairs, drawn again by pictures."""
    return mean_of(ious(pairs, tau, rule), pictures_of(pairs))


def sweep(
    pairs: Sequence[Pair], taus: Sequence[float] = SWEEP, rule: Rule = "max"
) -> list[tuple[float, Estimate]]:
    """mIoU at each τ."""
    return [(tau, mean_iou(pairs, tau, rule)) for tau in taus]


def whole_image_iou(pairs: Sequence[Pair]) -> Estimate:
    """The baseline that answers "everywhere"."""
    return _mean_of_masks(pairs, lambda pair: torch.ones_like(pair.truth))


def random_box_iou(pairs: Sequence[Pair], *, seed: int = 0) -> Estimate:
    """The baseline that answers with a box whose corners are drawn at random."""
    rng = np.random.default_rng(seed)
    return _mean_of_masks(pairs, lambda pair: random_box(rng, pair.truth.shape))


def random_box(rng: np.random.Generator, size: Sequence[int]) -> Tensor:
    """Booleans (height, width), true in a box of at least one pixel."""
    box = torch.zeros(tuple(size), dtype=torch.bool)
    (top, bottom), (left, right) = (np.sort(rng.integers(0, side, size=2)) for side in size)
    box[top : bottom + 1, left : right + 1] = True
    return box


def shuffled_iou(
    pairs: Sequence[Pair], tau: float = BEST_TAU, *, seed: int = 0, rule: Rule = "max"
) -> Estimate:
    """The control in which every map is held against the truth of another pair of its size.

    A pair that is the only one of its size is left out.
    """
    shuffle = np.random.default_rng(seed).permutation
    scores, clusters = [], []
    names = pictures_of(pairs)
    for size in dict.fromkeys(tuple(pair.truth.shape) for pair in pairs):
        group = [place for place, pair in enumerate(pairs) if tuple(pair.truth.shape) == size]
        order = shuffle(group)
        for a, b in zip(order, np.roll(order, 1), strict=True):  # one cycle: nobody keeps its own
            if a != b:
                scores.append(iou(cut(pairs[a].soft, tau, rule), pairs[b].truth))
                clusters.append(names[a])
    return mean_of(scores, clusters)


def _mean_of_masks(pairs: Sequence[Pair], answer: Callable[[Pair], Tensor]) -> Estimate:
    scores = [iou(answer(pair), pair.truth) for pair in pairs]
    return mean_of(scores, pictures_of(pairs))
