"""Paper §4: how do the maps of syntactically related words overlap?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from daam_engine.analysis.segmentation import BEST_TAU
from daam_engine.heat_map import WordHeatMap
from daam_engine.overlap import iod, ioh, iou
from daam_engine.words import Word


@dataclass(frozen=True)
class PairOverlap:
    """Overlaps of the hard maps of a dependent and its head."""

    relation: str
    dependent: Word
    head: Word
    iou: float
    iod: float
    ioh: float


@dataclass(frozen=True)
class RelationOverlap:
    """Means over the `n` pairs of one relation.

    A positive `dominance` (mIoD − mIoH) means that the head's map contains the dependent's: the
    head dominates; a negative one, that the dependent does.
    """

    relation: str
    n: int
    miou: float
    miod: float
    mioh: float

    @property
    def dominance(self) -> float:
        return self.miod - self.mioh


def head_dependent_pairs(
    words: Sequence[WordHeatMap], tau: float = BEST_TAU
) -> Iterator[PairOverlap]:
    """Every word of a prompt with its head; roots and truncated words have no pair."""
    by_index = {found.word.index: found for found in words}
    for dependent in words:
        head = by_index[dependent.word.head]
        if head is not dependent:
            yield from _pair(dependent.word.dependency, dependent, head, tau)


def unrelated_pairs(words: Sequence[WordHeatMap], tau: float = BEST_TAU) -> Iterator[PairOverlap]:
    """The paper's baseline: every two words of which neither is the other's head."""
    for second in words:
        for first in words[: second.word.index]:
            if second.word.head != first.word.index and first.word.head != second.word.index:
                yield from _pair("unrelated", first, second, tau)


def by_relation(pairs: Iterable[PairOverlap]) -> list[RelationOverlap]:
    """Means per relation, the most frequent first; undefined overlaps (NaN) are left out."""
    groups: defaultdict[str, list[PairOverlap]] = defaultdict(list)
    for pair in pairs:
        groups[pair.relation].append(pair)
    rows = [
        RelationOverlap(
            relation,
            len(group),
            _mean(pair.iou for pair in group),
            _mean(pair.iod for pair in group),
            _mean(pair.ioh for pair in group),
        )
        for relation, group in groups.items()
    ]
    return sorted(rows, key=lambda row: (-row.n, row.relation))


def _pair(
    relation: str, dependent: WordHeatMap, head: WordHeatMap, tau: float
) -> Iterator[PairOverlap]:
    if dependent.truncated or head.truncated:
        return
    a, b = dependent.hard(tau), head.hard(tau)
    yield PairOverlap(relation, dependent.word, head.word, iou(a, b), iod(a, b), ioh(a, b))


def _mean(overlaps: Iterable[float]) -> float:
    known = [overlap for overlap in overlaps if not np.isnan(overlap)]
    return float(np.mean(known)) if known else float("nan")
