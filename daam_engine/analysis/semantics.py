"""Paper §5: do the maps of two nouns entangle, and what does an adjective reach beyond its noun?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
from torch import Tensor

from daam_engine.analysis.intervals import Estimate, difference_of, mean_of
from daam_engine.analysis.segmentation import BEST_TAU
from daam_engine.analysis.significance import fisher_exact
from daam_engine.errors import InvalidRequestError
from daam_engine.files import read_text
from daam_engine.hard_maps import hard
from daam_engine.heat_map import WordHeatMap
from daam_engine.overlap import iod, iou
from daam_engine.words import Word

ONTOLOGY = Path(__file__).with_name("ontology.tsv")
_NOUNS = {"NOUN", "PROPN"}
CHANGE = 0.05  # of the range of a channel: a change that is seen side by side

Ontology = Mapping[str, Sequence[str]]  # hypernym -> nouns


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


# -- cohyponyms ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class NounPair:
    """Two nouns of a prompt "a(n) X and a(n) Y"; cohyponyms where one hypernym has both."""

    first: str
    second: str
    cohyponyms: bool

    @property
    def prompt(self) -> str:
        return f"{_article(self.first)} {self.first} and {_article(self.second)} {self.second}"


def read_ontology(path: Path = ONTOLOGY) -> dict[str, tuple[str, ...]]:
    """A line per hypernym: its name, a tab, its nouns with commas between them; # comments.

    Raises `InvalidRequestError` with the number of a line that is not like that.
    """
    ontology: dict[str, tuple[str, ...]] = {}
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        if line.strip() and not line.startswith("#"):
            name, tab, listed = line.partition("\t")
            nouns = tuple(noun.strip() for noun in listed.split(",") if noun.strip())
            if not (tab and name.strip() and nouns):
                raise InvalidRequestError(
                    f"Line {number} of “{path}” is not a kind, a tab and its nouns with commas "
                    "between them; mend it."
                )
            ontology[name.strip()] = nouns
    return ontology


def cohyponyms_of(ontology: Ontology) -> set[frozenset[str]]:
    """Every two nouns that one hypernym has."""
    return {frozenset(pair) for nouns in ontology.values() for pair in combinations(set(nouns), 2)}


def cohyponym_pairs(ontology: Ontology, count: int, *, seed: int = 0) -> list[NounPair]:
    """`count` pairs, every second one of cohyponyms; a pair comes again once all have come.

    Raises `InvalidRequestError` where there are no cohyponyms, or nothing else.
    """
    kin = cohyponyms_of(ontology)
    nouns = sorted({noun for group in ontology.values() for noun in group})
    every = [frozenset(pair) for pair in combinations(nouns, 2)]
    pools = [[pair for pair in every if (pair in kin) is wanted] for wanted in (True, False)]
    if not all(pools):
        raise InvalidRequestError(
            "The ontology has no two nouns of one kind, or none of different kinds; add nouns."
        )
    rng = np.random.default_rng(seed)
    drawn = [_endlessly(rng, pool) for pool in pools]
    return [NounPair(*next(drawn[place % 2]), cohyponyms=place % 2 == 0) for place in range(count)]


def _endlessly(
    rng: np.random.Generator, pool: Sequence[frozenset[str]]
) -> Iterator[tuple[str, str]]:
    """All pairs in random order, each in random order, again and again."""
    while True:
        for place in rng.permutation(len(pool)):
            first, second = rng.permutation(sorted(pool[place])).tolist()
            yield first, second


def _article(noun: str) -> str:
    return "an" if noun[0].lower() in "aeiou" else "a"


@dataclass(frozen=True)
class Entanglement:
    """One picture: were both things there (None: nobody said), and how far the maps overlap."""

    pair: NounPair
    correct: bool | None
    iou: float


@dataclass(frozen=True)
class CohyponymEffect:
    """What cohyponymy does to accuracy and to the overlap of maps.

    Estimates are of cohyponyms, of other nouns, and their difference (cohyponyms less others),
    with intervals over pairs of nouns. `p` is Fisher's exact test of the accuracies, which takes
    pictures for independent; NaN where nobody said what is in them.
    """

    accuracy: tuple[Estimate, Estimate, Estimate]
    overlap: tuple[Estimate, Estimate, Estimate]
    overlap_if_correct: Estimate
    overlap_if_wrong: Estimate
    p: float


def cohyponym_effect(seen: Sequence[Entanglement], *, seed: int = 0) -> CohyponymEffect:
    groups = [[one for one in seen if one.pair.cohyponyms is kin] for kin in (True, False)]
    judged = [[one for one in group if one.correct is not None] for group in groups]
    tables = [
        (sum(bool(one.correct) for one in group), sum(not one.correct for one in group))
        for group in judged
    ]
    right, wrong = ([one for one in seen if one.correct is said] for said in (True, False))
    return CohyponymEffect(
        accuracy=_compared(judged, lambda one: float(bool(one.correct)), seed),
        overlap=_compared(groups, lambda one: one.iou, seed),
        overlap_if_correct=mean_of([one.iou for one in right], _pairs(right), seed=seed),
        overlap_if_wrong=mean_of([one.iou for one in wrong], _pairs(wrong), seed=seed),
        p=fisher_exact(*tables) if all(judged) else float("nan"),
    )


def _compared(
    groups: Sequence[Sequence[Entanglement]], value: Callable[[Entanglement], float], seed: int
) -> tuple[Estimate, Estimate, Estimate]:
    first, second = ([value(one) for one in group] for group in groups)
    names, other_names = map(_pairs, groups)
    return (
        mean_of(first, names, seed=seed),
        mean_of(second, other_names, seed=seed),
        difference_of(first, second, names, other_names, seed=seed),
    )


def _pairs(seen: Sequence[Entanglement]) -> list[str]:
    """The same for "a plum and a sun" and "a sun and a plum"."""
    return [" ".join(sorted((one.pair.first, one.pair.second))) for one in seen]


# -- adjectives ----------------------------------------------------------------------------------


def spread(adjective: Tensor, noun: Tensor, tau: float = BEST_TAU) -> float:
    """Share of the adjective's hard map outside its noun's: 1 − IoD."""
    return 1 - iod(hard(adjective, tau), hard(noun, tau))


def changed_share(
    first: np.ndarray, second: np.ndarray, where: np.ndarray, threshold: float = CHANGE
) -> float:
    """Share of the pixels `where` (height, width) in which two pictures (…, channel) differ.

    They differ where the mean absolute difference over channels exceeds `threshold` of 255. NaN
    where there is no such pixel.
    """
    differences = np.abs(first.astype(np.float64) - second.astype(np.float64)).mean(axis=-1)
    return float((differences[where] > threshold * 255).mean()) if where.any() else float("nan")
