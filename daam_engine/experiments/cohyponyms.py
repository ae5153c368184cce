"""Paper §5.1: are two things of one kind harder to paint together than two of different kinds?"""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image

from daam_engine.analysis.intervals import Estimate
from daam_engine.analysis.semantics import (
    ONTOLOGY,
    CohyponymEffect,
    Entanglement,
    NounPair,
    cohyponym_effect,
    cohyponym_pairs,
    read_ontology,
)
from daam_engine.bundled.scenes import OBJECTS
from daam_engine.bundled.truth import both_present
from daam_engine.experiments import charts, published
from daam_engine.experiments.outcome import Outcome, Table, arranged
from daam_engine.experiments.plan import (
    Plan,
    Progress,
    Subject,
    paint,
    pixels,
    universal_words,
)
from daam_engine.generate import Generated
from daam_engine.hard_maps import hard
from daam_engine.heat_map import WordHeatMap
from daam_engine.models import BUNDLED_NAME, LoadedPipeline
from daam_engine.overlap import iou
from daam_engine.render import Style

_EXAMPLES = 4


def run(loaded: LoadedPipeline, plan: Plan, progress: Progress) -> Outcome:
    """Raises `InvalidRequestError`."""
    pairs = cohyponym_pairs(_ontology(loaded, plan), plan.limit, seed=plan.seed)
    subjects = _subjects(pairs, plan)
    seen: list[Entanglement] = []
    sheets: list[Image.Image] = []
    provenance = {}
    for subject, generated in paint(loaded, subjects, plan, progress):
        pair = pairs[subject.number - 1]
        correct = _is_correct(pair, generated) if loaded.model == BUNDLED_NAME else None
        seen.append(Entanglement(pair, correct, overlap(pair, generated, plan)))
        if len(sheets) < _EXAMPLES:
            sheets.append(generated.sheet(Style(tau=plan.tau)))
        provenance = generated.provenance
    effect = cohyponym_effect(seen, seed=plan.seed)
    return Outcome(
        "cohyponyms",
        (effect_table(effect, plan.tau), pictures_table(seen)),
        _remarks(effect, seen),
        {"sheet": arranged(sheets, 2)},
        provenance,
        charts.of_cohyponyms(effect, plan.tau),
        (_prompts(subjects, pairs, True), _prompts(subjects, pairs, False)),
    )


def bundled_ontology() -> dict[str, tuple[str, ...]]:
    """What the bundled model can paint, by outline: its cohyponyms look alike but for colour."""
    shapes = dict.fromkeys(shape for shape, _ in OBJECTS.values())
    return {
        shape: tuple(noun for noun, (outline, _) in OBJECTS.items() if outline == shape)
        for shape in shapes
    }


def overlap(pair: NounPair, generated: Generated, plan: Plan) -> float:
    """IoU of the hard maps of the two nouns; NaN where one has none."""
    first, second = (_map_of(noun, generated.words) for noun in (pair.first, pair.second))
    if first is None or second is None or first.soft is None or second.soft is None:
        return float("nan")
    return iou(hard(first.soft, plan.tau), hard(second.soft, plan.tau))


def _map_of(noun: str, words: Sequence[WordHeatMap]) -> WordHeatMap | None:
    """Of a noun of several words ("tennis ball"), the last, which is its head."""
    last = noun.split()[-1]
    return next((found for found in words if found.word.text == last), None)


def _ontology(loaded: LoadedPipeline, plan: Plan) -> dict[str, tuple[str, ...]]:
    if plan.ontology is not None:
        return read_ontology(plan.ontology)
    return bundled_ontology() if loaded.model == BUNDLED_NAME else read_ontology(ONTOLOGY)


def _subjects(pairs: Sequence[NounPair], plan: Plan) -> list[Subject]:
    parsed = universal_words([pair.prompt for pair in pairs], plan.parser)
    return [
        Subject(number, pair.prompt, plan.seed + number, words)
        for number, (pair, words) in enumerate(zip(pairs, parsed, strict=True), start=1)
    ]


def _is_correct(pair: NounPair, generated: Generated) -> bool | None:
    """Whether both things are there; None where only a person can say so."""
    if not {pair.first, pair.second} <= OBJECTS.keys():
        return None
    return both_present((pair.first, pair.second), pixels(generated))


def effect_table(effect: CohyponymEffect, tau: float) -> Table:
    def row(name: str, three: tuple[Estimate, Estimate, Estimate], p: float | None) -> tuple:
        return name, *three, p

    return Table(
        "cohyponyms",
        "Two nouns of one kind (cohyponyms) and of two kinds",
        ("measure", "cohyponyms", "others", "difference", "p (Fisher)"),
        (
            row("both things in the picture", effect.accuracy, effect.p),
            row(f"IoU of the nouns' maps, τ = {tau}", effect.overlap, None),
            ("… where both are there", effect.overlap_if_correct, None, None, None),
            ("… where one is missing", effect.overlap_if_wrong, None, None, None),
        ),
    )


def pictures_table(seen: Sequence[Entanglement]) -> Table:
    return Table(
        "pictures",
        "Every picture",
        ("picture", "prompt", "cohyponyms", "both there", "IoU"),
        tuple(
            (f"{number:04d}", one.pair.prompt, one.pair.cohyponyms, one.correct, one.iou)
            for number, one in enumerate(seen, start=1)
        ),
    )


def _prompts(subjects: Sequence[Subject], pairs: Sequence[NounPair], kin: bool) -> Table:
    """The prompts of one arm, to be uploaded to a study in which people say what they see."""
    return Table(
        "prompts-cohyponyms" if kin else "prompts-others",
        "Prompts of two nouns of one kind" if kin else "Prompts of two nouns of two kinds",
        ("external_id", "prompt", "seed"),
        tuple(
            (subject.name, subject.prompt, subject.seed)
            for subject, pair in zip(subjects, pairs, strict=True)
            if pair.cohyponyms is kin
        ),
    )


def _remarks(effect: CohyponymEffect, seen: Sequence[Entanglement]) -> tuple[str, ...]:
    judged = all(one.correct is not None for one in seen)
    kinds = len({frozenset((one.pair.first, one.pair.second)) for one in seen})
    return (
        f"{len(seen)} pictures of {kinds} pairs of nouns. Intervals: 95 %, pairs drawn again; "
        "Fisher's test takes pictures for independent.",
        "What is in a picture was read off it by colour and outline; outlines of things that touch "
        "are sometimes misread, in both groups alike."
        if judged
        else "Nobody said which things are in these pictures, so there is no accuracy; have people "
        "rate them.",
        f"Paper: both things in {published.COHYPONYM_ACCURACY:.0%} (cohyponyms) and "
        f"{published.OTHER_ACCURACY:.0%} (others) of pictures, {published.SOURCES['notes']}.",
    )
