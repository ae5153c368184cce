"""Cohyponyms judged by people: are both things in a picture, and how far do their maps overlap?"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from annotator.domain.rating import presence
from annotator.domain.rating.presence import SeenItem
from annotator.models import HeatMap, Study
from daam_engine.analysis.segmentation import BEST_TAU
from daam_engine.analysis.semantics import (
    Entanglement,
    NounPair,
    Ontology,
    cohyponym_effect,
    cohyponyms_of,
)
from daam_engine.errors import InvalidRequestError
from daam_engine.experiments import charts
from daam_engine.experiments.cohyponyms import effect_table, pictures_table
from daam_engine.experiments.outcome import Outcome
from daam_engine.hard_maps import hard
from daam_engine.overlap import iou
from workers.maps import soft_map

_PAIR = 2


def outcome(
    study: Study,
    ontology: Ontology,
    tau: float = BEST_TAU,
    report: Callable[[int, int], None] = lambda done, total: None,
) -> Outcome:
    """The tables of `experiment cohyponyms` with what most raters of a study see.

    Pictures count whose prompts name exactly two nouns that the ontology knows. Raises
    `InvalidRequestError` where there is none.
    """
    items = presence.seen_items(study=study)
    known = {noun.casefold() for nouns in ontology.values() for noun in nouns}
    kin = {frozenset(map(str.casefold, pair)) for pair in cohyponyms_of(ontology)}
    judged = [
        one for one in items if len(one.named) == _PAIR and {*map(str.casefold, one.named)} <= known
    ]
    if not judged:
        raise InvalidRequestError(
            "No picture that raters of this study have judged names two nouns of the ontology; "
            "upload the prompts that `experiment cohyponyms --out` writes, or name the ontology "
            "they were made from."
        )
    seen = []
    for done, one in enumerate(judged, start=1):
        seen.append(_entanglement(one, kin, tau))
        report(done, len(judged))
    effect = cohyponym_effect(seen)
    return Outcome(
        "cohyponyms",
        (effect_table(effect, tau), pictures_table(seen)),
        (_remark(judged, items),),
        charts=charts.of_cohyponyms(effect, tau),
    )


def _entanglement(one: SeenItem, kin: set[frozenset[str]], tau: float) -> Entanglement:
    first, second = one.named
    pair = NounPair(first, second, frozenset((first.casefold(), second.casefold())) in kin)
    return Entanglement(pair, one.correct, _overlap(one, tau))


def _overlap(one: SeenItem, tau: float) -> float:
    """IoU of the hard maps of the two nouns; NaN where one has none."""
    generation = one.item.heat_map.generation
    # An adjective may be spelt like the noun, and a noun may be named twice: the first stands.
    nouns = HeatMap.objects.filter(
        generation=generation, word__text__in=one.named, word__pos__in=presence.NOUNS
    )
    found: dict[str, HeatMap] = {}
    for heat_map in nouns.select_related("word").order_by("word__index"):
        found.setdefault(heat_map.word.text, heat_map)
    if len(found) < _PAIR:
        return float("nan")
    size = generation.height or 1, generation.width or 1
    for heat_map in found.values():
        heat_map.generation = generation  # or it would be read again
    first, second = (hard(soft_map(found[name], size), tau) for name in one.named)
    return iou(first, second)


def _remark(judged: Sequence[SeenItem], items: Sequence[SeenItem]) -> str:
    pairs = {frozenset(map(str.casefold, one.named)) for one in judged}
    return (
        f"{len(judged)} pictures of {len(pairs)} pairs of nouns; {len(items) - len(judged)} others "
        "do not name two nouns of the ontology. A picture is right where more than half of its "
        "raters see both things. Intervals: 95 %, pairs drawn again; Fisher's test takes pictures "
        "for independent."
    )
