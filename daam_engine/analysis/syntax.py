"""Paper §4: how do the maps of syntactically related words overlap?"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations

import numpy as np
from torch import Tensor

from daam_engine.analysis.comparison import Comparison, compare
from daam_engine.analysis.intervals import Estimate, mean_of
from daam_engine.analysis.segmentation import BEST_TAU
from daam_engine.analysis.significance import holm, sign_flip_test
from daam_engine.hard_maps import hard
from daam_engine.heat_map import WordHeatMap
from daam_engine.overlap import iod, ioh, iou
from daam_engine.words import Word

MOST_COMMON = 10
ALPHA = 0.05
NOTEBOOKS_SHARE = 0.15 / 30
ALL, UNRELATED, COREFERENT = "head–dependent", "unrelated", "coreferent"
SAME, OTHER = "words of one thing", "words of different things"  # where a scene is known

HardRule = Callable[[Tensor], Tensor]


def relative(tau: float = BEST_TAU) -> HardRule:
    """D ≥ τ · max D, the paper's rule: every word's map is cut at its own height."""
    return partial(hard, tau=tau)


def absolute(share: float = NOTEBOOKS_SHARE) -> HardRule:
    """The mean share of attention exceeds `share`, the same for all words.

    The paper's published notebook cuts the sum over 30 steps at 0.15. A word with much attention
    is then hot in most of the picture, one with little nowhere, which turns the signs of the
    paper's differences around. Maps are means over heads, layers and steps: `Generated.stack`.
    """
    return lambda soft: soft > share


@dataclass(frozen=True)
class PairOverlap:
    """Overlaps of the hard maps of a dependent and its head, two words of `prompt`.

    `exchanged` is the mean IoU of either word with other words of its partner's part of speech
    in the prompt that have nothing to do with it: what the pair would overlap if it were none.
    NaN where there are no such words.
    """

    relation: str
    dependent: Word
    head: Word
    iou: float
    iod: float
    ioh: float
    exchanged: float = math.nan
    prompt: int = 0


@dataclass(frozen=True)
class RelationOverlap:
    """Means over the pairs of one relation, with intervals over prompts.

    `difference` is mIoD − mIoH over the pairs that have both; `p` tests that it is 0 (signs
    flipped prompt by prompt), adjusted by Holm for the relations of its table. `exchanged`
    compares the IoU of the pairs with that of exchanged partners, its `p` adjusted likewise.
    """

    relation: str
    n: int
    miou: Estimate
    miod: Estimate
    mioh: Estimate
    difference: Estimate
    p: float
    exchanged: Comparison

    @property
    def dominance(self) -> float:
        """Positive: the head's map contains the dependent's, and the head dominates."""
        return self.difference.value

    @property
    def dominant(self) -> str:
        """ "head" or "dependent" where the difference is significant, else "neither"."""
        if not self.p < ALPHA:
            return "neither"
        return "head" if self.dominance > 0 else "dependent"


def head_dependent_pairs(
    words: Sequence[WordHeatMap],
    tau: float = BEST_TAU,
    *,
    rule: HardRule | None = None,
    prompt: int = 0,
) -> Iterator[PairOverlap]:
    """Every word of a prompt with its head; roots and truncated words have no pair."""
    masks = _masks(words, rule or relative(tau))
    parsed = [found.word for found in words]
    strangers = {one.index: [b.index for b in parsed if not are_related(one, b)] for one in parsed}
    for word in parsed:
        if word.head != word.index:
            yield from _pair(word.dependency, word.index, word.head, masks, prompt, strangers)


def unrelated_pairs(
    words: Sequence[WordHeatMap],
    tau: float = BEST_TAU,
    *,
    rule: HardRule | None = None,
    prompt: int = 0,
) -> Iterator[PairOverlap]:
    """The paper's baseline: every two words of which neither is the other's head."""
    masks = _masks(words, rule or relative(tau))
    for first, second in combinations((found.word for found in words), 2):
        if not are_related(first, second):
            yield from _pair(UNRELATED, first.index, second.index, masks, prompt)


def pairs_among(
    words: Sequence[WordHeatMap],
    groups: Sequence[Sequence[int]],
    relation: str = COREFERENT,
    *,
    rule: HardRule | None = None,
    prompt: int = 0,
) -> Iterator[PairOverlap]:
    """Every two words (by index) of each group, such as the mentions of one thing.

    The earlier one stands as the dependent. Words of other groups are strangers to them.
    """
    masks = _masks(words, rule or relative())
    for group in groups:
        others = [index for other in groups for index in other if index not in group]
        strangers = dict.fromkeys(group, others)
        for first, second in combinations(sorted(set(group)), 2):
            yield from _pair(relation, first, second, masks, prompt, strangers)


def are_related(first: Word, second: Word) -> bool:
    """Whether one is the other's head, or they are one word."""
    return second.index in (first.index, first.head) or second.head == first.index


def relabelled(pairs: Iterable[PairOverlap], relation: str) -> Iterator[PairOverlap]:
    """The same pairs as those of one relation, for rows over several."""
    return (replace(pair, relation=relation) for pair in pairs)


def by_relation(
    pairs: Iterable[PairOverlap], *, most: int | None = None, seed: int = 0
) -> list[RelationOverlap]:
    """A row per relation, the most frequent (`most`, or all) first.

    Overlaps that are undefined because a map is empty (NaN) are left out of their mean.
    """
    groups: defaultdict[str, list[PairOverlap]] = defaultdict(list)
    for pair in pairs:
        groups[pair.relation].append(pair)
    ordered = sorted(groups, key=lambda relation: (-len(groups[relation]), relation))[:most]
    rows = [_row(relation, groups[relation], seed) for relation in ordered]
    adjusted = zip(
        holm([row.p for row in rows]), holm([row.exchanged.p for row in rows]), strict=True
    )
    return [
        replace(row, p=p, exchanged=replace(row.exchanged, p=exchanged))
        for row, (p, exchanged) in zip(rows, adjusted, strict=True)
    ]


def _row(relation: str, pairs: Sequence[PairOverlap], seed: int) -> RelationOverlap:
    prompts = [pair.prompt for pair in pairs]
    ious, iods, iohs, exchanged = (
        np.array([getattr(pair, name) for pair in pairs])
        for name in ("iou", "iod", "ioh", "exchanged")
    )
    return RelationOverlap(
        relation=relation,
        n=len(pairs),
        miou=mean_of(ious, prompts, seed=seed),
        miod=mean_of(iods, prompts, seed=seed),
        mioh=mean_of(iohs, prompts, seed=seed),
        difference=mean_of(iods - iohs, prompts, seed=seed),
        p=sign_flip_test(iods - iohs, prompts, seed=seed),
        exchanged=compare(ious, exchanged, prompts, seed=seed),
    )


_Masks = dict[int, tuple[Word, np.ndarray]]
Strangers = Mapping[int, Sequence[int]]  # a word's index -> those of words it says nothing of


def _masks(words: Sequence[WordHeatMap], rule: HardRule) -> _Masks:
    """Every word that has a map, with its hard map, by the word's index."""
    return {
        found.word.index: (found.word, rule(found.soft).numpy())
        for found in words
        if found.soft is not None
    }


def _pair(
    relation: str,
    dependent: int,
    head: int,
    masks: _Masks,
    prompt: int,
    strangers: Strangers | None = None,
) -> Iterator[PairOverlap]:
    """The two words' overlaps; nothing where one of them has no map."""
    if dependent in masks and head in masks:
        (first, a), (second, b) = masks[dependent], masks[head]
        exchanged = _exchanged(dependent, head, masks, strangers or {})
        yield PairOverlap(
            relation, first, second, iou(a, b), iod(a, b), ioh(a, b), exchanged, prompt
        )


def _exchanged(dependent: int, head: int, masks: _Masks, strangers: Strangers) -> float:
    """See `PairOverlap.exchanged`."""
    overlaps = [
        iou(masks[kept][1], masks[other][1])
        for kept, partner in ((dependent, head), (head, dependent))
        for other in strangers.get(kept, ())
        if other in masks and masks[other][0].pos == masks[partner][0].pos
    ]
    known = [overlap for overlap in overlaps if not math.isnan(overlap)]
    return sum(known) / len(known) if known else math.nan
