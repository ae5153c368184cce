"""Paper §3.1: do hard maps of nouns segment the things they name?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from daam_engine.heat_map import hard
from daam_engine.overlap import iou

BEST_TAU = 0.4  # paper, table 1


@dataclass(frozen=True, eq=False)
class Pair:
    """A word's soft map, and where the thing truly is: both (height, width)."""

    soft: Tensor
    truth: Tensor


@dataclass(frozen=True)
class MeanIou:
    """Mean over `n` pairs with its 95 % interval, ± 1.96 standard errors as in the paper's code."""

    value: float
    low: float
    high: float
    n: int


def mean_iou(pairs: Sequence[Pair], tau: float = BEST_TAU) -> MeanIou:
    """Hard maps at τ · max against the truth."""
    return _mean([iou(hard(pair.soft, tau), pair.truth) for pair in pairs])


def whole_image_iou(pairs: Sequence[Pair]) -> MeanIou:
    """The baseline that answers "everywhere"."""
    return _mean([iou(torch.ones_like(pair.truth), pair.truth) for pair in pairs])


def shuffled_iou(pairs: Sequence[Pair], tau: float = BEST_TAU, *, seed: int = 0) -> MeanIou:
    """The control in which every map is held against the truth of another pair of its size.

    A pair that is the only one of its size is left out.
    """
    shuffle = np.random.default_rng(seed).permutation
    scores = []
    for size in {tuple(pair.truth.shape) for pair in pairs}:
        group = [pair for pair in pairs if tuple(pair.truth.shape) == size]
        order = shuffle(len(group))
        others = zip(order, np.roll(order, 1), strict=True)  # one cycle: nobody keeps its own
        scores += [iou(hard(group[a].soft, tau), group[b].truth) for a, b in others if a != b]
    return _mean(scores)


def _mean(scores: Sequence[float]) -> MeanIou:
    known = np.asarray(scores, dtype=np.float64)
    known = known[~np.isnan(known)]
    if not known.size:
        return MeanIou(np.nan, np.nan, np.nan, 0)
    error = known.std(ddof=1) / np.sqrt(known.size) if known.size > 1 else np.nan
    value = known.mean()
    return MeanIou(
        float(value), float(value - 1.96 * error), float(value + 1.96 * error), known.size
    )
