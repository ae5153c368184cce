"""Paper §3.1: do the hard maps of nouns segment the things they name?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from daam_engine.analysis.clusters import CLUSTERS, cluster_pixels, matched_ious
from daam_engine.analysis.coco_classes import class_of
from daam_engine.analysis.comparison import compare
from daam_engine.analysis.intervals import Estimate
from daam_engine.analysis.segmentation import (
    PAPERS_TAUS,
    SWEEP,
    Pair,
    ious,
    mean_iou,
    mean_over,
    pictures_of,
    random_box_ious,
    shuffled_ious,
    whole_image_ious,
)
from daam_engine.analysis.significance import holm
from daam_engine.errors import InvalidRequestError
from daam_engine.experiments import charts, published
from daam_engine.experiments.outcome import Cell, Outcome, Table, arranged
from daam_engine.experiments.plan import Plan, Progress, Subject, paint, pixels, subjects_of
from daam_engine.experiments.truths import NOUNS, Truths, read_truths
from daam_engine.generate import Generated
from daam_engine.hard_maps import Rule
from daam_engine.heat_map import WordHeatMap
from daam_engine.models import LoadedPipeline
from daam_engine.overlap import iou
from daam_engine.render import Style
from daam_engine.segmenters import Segmenter, load_segmenter
from daam_engine.sheet import sheet

_RULES: dict[Rule, str] = {"max": "of max", "min-max": "min–max"}
_EXAMPLES = 4
_CLUSTERS = f"{CLUSTERS} groups of colours (upper bound)"

Scores = dict[str, np.ndarray]  # method -> (noun,), NaN where it has no answer


@dataclass
class Seen:
    """What the pictures so far gave: nouns with their truth, and the IoU of what others answer."""

    plan: Plan
    segmenters: Sequence[Segmenter]
    nouns: list[Pair] = field(default_factory=list)
    answers: dict[str, list[float]] = field(default_factory=dict)
    unknown: dict[str, int] = field(default_factory=dict)
    sheets: list[Image.Image] = field(default_factory=list)

    def add(self, subject: Subject, generated: Generated, truths: Truths) -> None:
        named = [
            found for found in generated.words if found.word.index in truths and not found.truncated
        ]
        if not named:
            return
        masks = [truths[found.word.index].numpy() for found in named]
        self.nouns += [_pair(subject, found, truths) for found in named]
        seed = self.plan.seed + subject.number
        others = (_another_word(found, generated.words, seed) for found in named)
        self._note(
            f"another word's map, τ = {self.plan.tau}",
            [
                np.nan if other is None else iou(other.hard(self.plan.tau), mask)
                for other, mask in zip(others, masks, strict=True)
            ],
        )
        groups = cluster_pixels(pixels(generated), seed=self.plan.seed)
        self._note(_CLUSTERS, matched_ious(groups, masks))
        for segmenter in self.segmenters:
            self._ask(segmenter, generated.image, named, masks)
        if len(self.sheets) < _EXAMPLES:
            self.sheets.append(_sheet(generated, named))

    def scores(self) -> Scores:
        """The IoU of every noun under every method but the heat map."""
        tau, seed = self.plan.tau, self.plan.seed
        return {
            "whole picture": whole_image_ious(self.nouns),
            "random box": random_box_ious(self.nouns, seed=seed),
            f"another picture's map, τ = {tau}": shuffled_ious(self.nouns, tau, seed=seed),
            **{name: np.array(found) for name, found in self.answers.items()},
        }

    def _ask(
        self,
        segmenter: Segmenter,
        image: Image.Image,
        named: Sequence[WordHeatMap],
        truths: Sequence[np.ndarray],
    ) -> None:
        words = [found.word for found in named]
        answers = segmenter.masks(image, words)
        scores = [iou(mask, truth) for mask, truth in zip(answers, truths, strict=True)]
        self._note(segmenter.title, scores)
        known = sum(segmenter.knows(word) for word in words)
        self.unknown[segmenter.title] = self.unknown.get(segmenter.title, 0) + len(words) - known

    def _note(self, method: str, scores: Sequence[float]) -> None:
        self.answers.setdefault(method, []).extend(scores)


def run(loaded: LoadedPipeline, plan: Plan, progress: Progress) -> Outcome:
    """Raises `InvalidRequestError`, and `ModelLoadError` for the plan's segmenters."""
    subjects = subjects_of(plan, loaded)
    truths_of = read_truths(plan, subjects)
    segmenters = _load_segmenters(plan, loaded, subjects)
    seen, provenance = Seen(plan, segmenters), {}
    for subject, generated in paint(loaded, subjects, plan, progress):
        seen.add(subject, generated, truths_of(subject, generated))
        provenance = generated.provenance
    if not seen.nouns:
        raise InvalidRequestError(
            "No noun of these prompts has a mask; check that the masks are of these pictures."
        )
    sources = [f"{one.source.name}@{one.source.revision}" for one in segmenters]
    main, comparison = _main_table(seen), _comparison_table(seen)
    sweep = _sweep_table(seen.nouns, plan.tau)
    return Outcome(
        "segmentation",
        (main, comparison, sweep),
        _remarks(seen, subjects),
        {"sheet": arranged(seen.sheets, 2)},
        {**provenance, **({"segmenters": sources} if sources else {})},
        charts.of_segmentation(main, comparison, sweep, plan.tau),
    )


def _load_segmenters(
    plan: Plan, loaded: LoadedPipeline, subjects: Sequence[Subject]
) -> list[Segmenter]:
    """Before anything is painted, so that nobody waits for a refusal."""
    nouns = [word for subject in subjects for word in subject.words if word.pos in NOUNS]
    segmenters = [load_segmenter(name, loaded.device) for name in dict.fromkeys(plan.segmenters)]
    for segmenter in segmenters:
        if not any(segmenter.knows(noun) for noun in nouns):
            raise InvalidRequestError(
                f"None of the labels of “{segmenter.source.name}” is a noun of these prompts; name "
                "a model with other labels, or a CLIPSeg, which takes any word."
            )
    return segmenters


def _pair(subject: Subject, noun: WordHeatMap, truths: Truths) -> Pair:
    assert noun.soft is not None  # noqa: S101
    return Pair(
        noun.soft,
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


def _main_table(seen: Seen) -> Table:
    closed = [place for place, pair in enumerate(seen.nouns) if pair.category]
    few = [seen.nouns[place] for place in closed]
    heat_maps = [
        (f"heat map, τ = {tau}, {name}", ious(seen.nouns, tau, rule))
        for tau in PAPERS_TAUS
        for rule, name in _RULES.items()
    ]
    return Table(
        "segmentation",
        f"mIoU over {len(seen.nouns)} nouns in {len(set(pictures_of(seen.nouns)))} pictures",
        ("method", "mIoU, any noun", "mIoU, COCO's 80 classes"),
        tuple(
            (name, mean_over(seen.nouns, scores), mean_over(few, scores[closed]))
            for name, scores in [*heat_maps, *seen.scores().items()]
        ),
    )


def _comparison_table(seen: Seen) -> Table:
    tau, pictures = seen.plan.tau, pictures_of(seen.nouns)
    heat_map = ious(seen.nouns, tau)
    found = {name: compare(heat_map, scores, pictures) for name, scores in seen.scores().items()}
    adjusted = holm([one.p for one in found.values()])
    rows: list[tuple[Cell, ...]] = [
        (name, one.first, one.second, one.difference, p)
        for (name, one), p in zip(found.items(), adjusted, strict=True)
    ]
    return Table(
        "comparison",
        f"The heat map at τ = {tau} less every other method, noun by noun",
        ("method", "heat map", "method's", "difference", "p (Holm)"),
        tuple(rows),
    )


def _sweep_table(nouns: Sequence[Pair], asked: float) -> Table:
    def at(tau: float) -> Iterator[Estimate]:
        yield mean_iou(nouns, tau, "max")
        yield mean_iou(nouns, tau, "min-max")

    return Table(
        "sweep",
        "mIoU of hard maps at every τ",
        ("τ", "of max (paper)", "min–max (published code)"),
        tuple((tau, *at(tau)) for tau in sorted({*SWEEP, asked})),
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
        *(
            f"{title} has no label for {count} of the {len(seen.nouns)} nouns, which count as "
            "IoU 0."
            for title, count in seen.unknown.items()
            if count
        ),
        "Intervals: 95 %, pictures drawn again; p: signs flipped picture by picture, adjusted by "
        "Holm. Groups of colours are matched to the truth itself, which no method could do.",
        f"Paper: {published.NOUN_MIOU} for {published.MODEL}.",
    )


def _sheet(generated: Generated, nouns: Sequence[WordHeatMap]) -> Image.Image:
    words = [found.word for found in nouns]
    soft = [found.soft for found in nouns]
    return sheet(generated.image, generated.prompt, words, soft, style=Style(tau=0.4))
