"""Paper §3.1: do the hard maps of nouns segment the things they name?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import torch
from PIL import Image

from daam_engine.analysis.clusters import CLUSTERS, cluster_pixels, matched_ious
from daam_engine.analysis.coco_classes import class_of
from daam_engine.analysis.intervals import Estimate, mean_of
from daam_engine.analysis.masks import Masks, read_masks
from daam_engine.analysis.segmentation import (
    PAPERS_TAUS,
    SWEEP,
    Pair,
    mean_iou,
    pictures_of,
    random_box_iou,
    shuffled_iou,
    whole_image_iou,
)
from daam_engine.bundled.truth import noun_masks
from daam_engine.errors import InvalidRequestError
from daam_engine.experiments import published
from daam_engine.experiments.outcome import Cell, Outcome, Table, arranged
from daam_engine.experiments.plan import (
    Plan,
    Progress,
    Subject,
    as_mask,
    paint,
    pixels,
    subjects_of,
)
from daam_engine.generate import Generated
from daam_engine.heat_map import Rule, WordHeatMap
from daam_engine.models import LoadedPipeline
from daam_engine.render import Style
from daam_engine.sheet import sheet

_NOUNS = {"NOUN", "PROPN"}
_RULES: dict[Rule, str] = {"max": "of max", "min-max": "min–max"}
_EXAMPLES = 4

Truths = dict[int, torch.Tensor]
TruthsOf = Callable[[Subject, Generated], Truths]


@dataclass
class Seen:
    """What the pictures so far gave: nouns with their truth, and those that baselines say."""

    nouns: list[Pair] = field(default_factory=list)
    others: list[Pair] = field(default_factory=list)
    clusters: list[float] = field(default_factory=list)
    sheets: list[Image.Image] = field(default_factory=list)

    def add(self, subject: Subject, generated: Generated, truths: Truths, seed: int) -> None:
        named = [
            found for found in generated.words if found.word.index in truths and not found.truncated
        ]
        for found in named:
            self.nouns.append(_pair(subject, found, found, truths))
            other = _another_word(found, generated.words, seed + subject.number)
            if other is not None:
                self.others.append(_pair(subject, found, other, truths))
        if named:
            groups = cluster_pixels(pixels(generated), seed=seed)
            masks = [truths[found.word.index].numpy() for found in named]
            self.clusters += matched_ious(groups, masks)
            if len(self.sheets) < _EXAMPLES:
                self.sheets.append(_sheet(generated, named))


def run(loaded: LoadedPipeline, plan: Plan, progress: Progress) -> Outcome:
    """Raises `InvalidRequestError`."""
    subjects = subjects_of(plan, loaded)
    truths_of = read_truths(plan, subjects)
    seen, provenance = Seen(), {}
    for subject, generated in paint(loaded, subjects, plan, progress):
        seen.add(subject, generated, truths_of(subject, generated), plan.seed)
        provenance = generated.provenance
    if not seen.nouns:
        raise InvalidRequestError(
            "No noun of these prompts has a mask; check that the masks are of these pictures."
        )
    return Outcome(
        "segmentation",
        (_main_table(seen, plan), _sweep_table(seen.nouns)),
        _remarks(seen, subjects),
        {"sheet": arranged(seen.sheets, 2)},
        provenance,
    )


def read_truths(plan: Plan, subjects: Sequence[Subject]) -> TruthsOf:
    """Where to look up the masks of a picture's nouns, by their indices.

    Masks that people drew (`plan.masks`), and without any, of the bundled model's scenes what is
    found in the picture by arithmetic. Raises `InvalidRequestError`.
    """
    if plan.masks is not None:
        return partial(_drawn_masks, read_masks(plan.masks))
    if any(subject.scene is None for subject in subjects):
        raise InvalidRequestError(
            "There are no masks to compare with; name a folder of PICTURE/WORD.gt.png files or a "
            "COCO file, with pictures numbered 0001, 0002 … in the order of the prompts."
        )
    return _found_masks


def _found_masks(subject: Subject, generated: Generated) -> Truths:
    assert subject.scene is not None  # noqa: S101
    return _checked(noun_masks(subject.scene, pixels(generated)), subject, generated)


def _drawn_masks(masks: Masks, subject: Subject, generated: Generated) -> Truths:
    """A noun's mask goes by the noun itself or its lemma."""
    drawn = masks.get(subject.name, {})
    found = {
        word.index: drawn[name.casefold()]
        for word in subject.words
        if word.pos in _NOUNS
        for name in (word.lemma, word.text)
        if name.casefold() in drawn
    }
    return _checked(found, subject, generated)


def _checked(found: dict[int, np.ndarray], subject: Subject, generated: Generated) -> Truths:
    size = generated.maps.image_size
    return {
        index: as_mask(mask, size, f"“{subject.words[index].text}” in picture {subject.name}")
        for index, mask in found.items()
    }


def _pair(subject: Subject, noun: WordHeatMap, shown: WordHeatMap, truths: Truths) -> Pair:
    """The noun's truth, with the map of the word that is `shown`."""
    assert shown.soft is not None  # noqa: S101
    return Pair(
        shown.soft,
        truths[noun.word.index],
        subject.number,
        noun.word.text,
        class_of(noun.word.lemma),
    )


def _another_word(noun: WordHeatMap, words: Sequence[WordHeatMap], seed: int) -> WordHeatMap | None:
    """A word of the prompt that says nothing of the noun: neither its head nor its dependent."""
    strangers = [
        found
        for found in words
        if not found.truncated
        and found.word.index not in (noun.word.index, noun.word.head)
        and found.word.head != noun.word.index
    ]
    if not strangers:
        return None
    return strangers[int(np.random.default_rng(seed).integers(len(strangers)))]


def _main_table(seen: Seen, plan: Plan) -> Table:
    closed = [pair for pair in seen.nouns if pair.category]
    rows: list[tuple[Cell, ...]] = [
        (
            f"heat map, τ = {tau}, {name}",
            mean_iou(seen.nouns, tau, rule),
            mean_iou(closed, tau, rule),
        )
        for tau in PAPERS_TAUS
        for rule, name in _RULES.items()
    ]
    pictures = pictures_of(seen.nouns)
    rows += [
        ("whole picture", whole_image_iou(seen.nouns), whole_image_iou(closed)),
        ("random box", *(random_box_iou(pairs, seed=plan.seed) for pairs in (seen.nouns, closed))),
        (f"another word's map, τ = {plan.tau}", mean_iou(seen.others, plan.tau), None),
        (
            f"another picture's map, τ = {plan.tau}",
            shuffled_iou(seen.nouns, plan.tau, seed=plan.seed),
            None,
        ),
        (f"{CLUSTERS} groups of colours (upper bound)", mean_of(seen.clusters, pictures), None),
    ]
    return Table(
        "segmentation",
        f"mIoU over {len(seen.nouns)} nouns in {len(set(pictures))} pictures",
        ("method", "mIoU, any noun", "mIoU, COCO's 80 classes"),
        tuple(rows),
    )


def _sweep_table(nouns: Sequence[Pair]) -> Table:
    def at(tau: float) -> Iterator[Estimate]:
        yield mean_iou(nouns, tau, "max")
        yield mean_iou(nouns, tau, "min-max")

    return Table(
        "sweep",
        "mIoU of hard maps at every τ",
        ("τ", "of max (paper)", "min–max (published code)"),
        tuple((tau, *at(tau)) for tau in SWEEP),
    )


def _remarks(seen: Seen, subjects: Sequence[Subject]) -> tuple[str, ...]:
    truth = (
        "Truth: what is found in the generated picture by its colour and outline; nouns whose "
        "thing is not found are left out, as the paper leaves out nouns not in the picture."
        if subjects[0].scene
        else "Truth: the masks given; nouns without one are left out."
    )
    return (
        truth,
        "Intervals: 95 %, pictures drawn again. Groups of colours are matched to the truth itself, "
        "which no method could do.",
        f"Paper: {published.NOUN_MIOU} for {published.MODEL}.",
    )


def _sheet(generated: Generated, nouns: Sequence[WordHeatMap]) -> Image.Image:
    words = [found.word for found in nouns]
    soft = [found.soft for found in nouns]
    return sheet(generated.image, generated.prompt, words, soft, style=Style(tau=0.4))
