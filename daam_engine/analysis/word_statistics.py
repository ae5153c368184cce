"""Beyond the paper: how large, how concentrated and how spread the maps of a corpus's words are."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from torch import Tensor

from daam_engine.analysis.intervals import Estimate, mean_of
from daam_engine.analysis.segmentation import BEST_TAU
from daam_engine.hard_maps import hard
from daam_engine.heat_map import WordHeatMap
from daam_engine.overlap import iou
from daam_engine.words import Word

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Occurrence:
    """One word of one picture, measured.

    `area`: share of the picture that its hard map covers. `effective_area`: that
    over which its attention is spread, all of it, whatever τ. `spread`: how far its attention lies
    from its centre, 1 as far as if it were everywhere alike. `head_iou`: of its hard map with its
    head's; NaN for roots and where the head has no map.
    """

    word: Word
    picture: int
    area: float
    effective_area: float
    spread: float
    head_iou: float


@dataclass(frozen=True)
class WordStatistics:
    """Means over the `n` occurrences of one group of words, with intervals over pictures."""

    n: int
    pictures: int
    area: Estimate
    effective_area: Estimate
    spread: Estimate
    head_iou: Estimate


def occurrences(
    words: Sequence[WordHeatMap], tau: float = BEST_TAU, *, picture: int = 0
) -> list[Occurrence]:
    """Every word of one prompt that has a map, in its order."""
    soft = {found.word.index: found.soft for found in words if found.soft is not None}
    masks = {index: hard(one, tau).numpy() for index, one in soft.items()}
    measured = []
    for word in (found.word for found in words if found.word.index in soft):
        mask, is_root = masks[word.index], word.head == word.index
        head = None if is_root else masks.get(word.head)
        measured.append(
            Occurrence(
                word,
                picture,
                area=float(mask.mean()),
                effective_area=effective_area(soft[word.index]),
                spread=spread(soft[word.index]),
                head_iou=math.nan if head is None else iou(mask, head),
            )
        )
    return measured


def effective_area(soft: Tensor) -> float:
    """Share of the picture that the attention would cover were it even, with the same entropy.

    exp(H) / pixels, H being Shannon's entropy of the map as a distribution over its pixels: 1 for
    an even map, 1 / pixels for a single one. NaN for a map of nothing.
    """
    shares = _shares(soft)
    some = shares[shares > 0]
    entropy = -(some * np.log(some)).sum()
    return float(np.exp(entropy) / shares.size) if some.size else math.nan


def spread(soft: Tensor) -> float:
    """Root mean squared distance from the map's centre, both sides of the picture being 1 long, in
    units of that of an even map.

    NaN for a map of nothing, or of one pixel.
    """
    shares = _shares(soft)
    variances = [
        _variance(shares.sum(axis=other), side)
        for other, side in zip((1, 0), shares.shape, strict=True)
    ]
    even = sum((1 - 1 / side**2) / 12 for side in shares.shape)
    return math.sqrt(sum(variances) / even) if even else math.nan


def by(
    found: Iterable[Occurrence], key: Callable[[Word], Key], *, seed: int = 0
) -> dict[Key, WordStatistics]:
    """A group of words per `key`, the most frequent first."""
    groups: defaultdict[Key, list[Occurrence]] = defaultdict(list)
    for one in found:
        groups[key(one.word)].append(one)
    ordered = sorted(groups.items(), key=lambda item: (-len(item[1]), str(item[0])))
    return {name: _statistics(group, seed) for name, group in ordered}


def part_of_speech(word: Word) -> str:
    return word.pos


def lemma(word: Word) -> tuple[str, str]:
    """With its part of speech: "light" the noun is another word than "light" the adjective."""
    return word.lemma.casefold(), word.pos


def _statistics(group: Sequence[Occurrence], seed: int) -> WordStatistics:
    pictures = [one.picture for one in group]

    def mean(values: Sequence[float]) -> Estimate:
        return mean_of(values, pictures, seed=seed)

    return WordStatistics(
        n=len(group),
        pictures=len(set(pictures)),
        area=mean([one.area for one in group]),
        effective_area=mean([one.effective_area for one in group]),
        spread=mean([one.spread for one in group]),
        head_iou=mean([one.head_iou for one in group]),
    )


def _shares(soft: Tensor) -> np.ndarray:
    """Of all attention, (height, width). Below 0, where interpolation overshoots, is nothing."""
    amounts = np.clip(soft.numpy().astype(np.float64), 0, None)
    total = amounts.sum()
    shares: np.ndarray = amounts / total if total else np.full_like(amounts, np.nan)
    return shares


def _variance(shares: np.ndarray, side: int) -> float:
    """Of the place along a side of length 1, at the middles of its pixels."""
    places = (np.arange(side) + 0.5) / side
    mean = (shares * places).sum()
    return float((shares * (places - mean) ** 2).sum())
