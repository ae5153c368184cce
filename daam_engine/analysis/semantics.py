"""Paper §5: do the maps of two nouns entangle?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from daam_engine.analysis.segmentation import BEST_TAU
from daam_engine.heat_map import WordHeatMap
from daam_engine.overlap import iou
from daam_engine.words import Word

_NOUNS = {"NOUN", "PROPN"}


@dataclass(frozen=True)
class NounOverlap:
    """Intersection over union of the hard maps of two nouns of one prompt."""

    first: Word
    second: Word
    iou: float


def noun_overlaps(words: Sequence[WordHeatMap], tau: float = BEST_TAU) -> list[NounOverlap]:
    """Every two nouns of a prompt, in its order; truncated words are left out.

    Cohyponyms ("a giraffe and a zebra") overlap more, and go with worse images, than other nouns.
    """
    nouns = [found for found in words if found.word.pos in _NOUNS and not found.truncated]
    return [
        NounOverlap(first.word, second.word, iou(first.hard(tau), second.hard(tau)))
        for first, second in combinations(nouns, 2)
    ]
