"""Which layers, heads and steps make the maps right: agreement with masks of a part of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from daam_engine.analysis.intervals import mean_of
from daam_engine.analysis.segmentation import Pair, ious, pictures_of
from daam_engine.analysis.significance import holm, sign_flip_test
from daam_engine.experiments import charts
from daam_engine.experiments.outcome import Outcome, Table
from daam_engine.experiments.plan import Plan, Progress, Subject, paint, subjects_of
from daam_engine.experiments.truths import read_truths
from daam_engine.generate import Generated
from daam_engine.heat_map import HeatMaps
from daam_engine.models import LoadedPipeline

_ALL = "everything (the paper's sum)"


@dataclass(frozen=True)
class Part:
    """What is kept of the maps, as `HeatMaps.select` takes it."""

    name: str
    kept: dict[str, Any] = field(default_factory=dict)

    def of(self, maps: HeatMaps) -> HeatMaps:
        return maps.select(**self.kept) if self.kept else maps


def run(loaded: LoadedPipeline, plan: Plan, progress: Progress) -> Outcome:
    """Truth as in the segmentation experiment. Raises `InvalidRequestError`."""
    subjects = subjects_of(plan, loaded)
    truths_of = read_truths(plan, subjects)
    pairs: dict[str, list[Pair]] = {}
    layers_of_heads: dict[str, str] = {}
    provenance = {}
    for subject, generated in paint(loaded, subjects, plan, progress, by=("layer", "head", "step")):
        truths = truths_of(subject, generated)
        for part in parts_of(generated.maps) if truths else []:
            pairs.setdefault(part.name, []).extend(_pairs(part, subject, generated, truths))
            if "heads" in part.kept:
                layers_of_heads[part.name] = f"layer {part.kept['layers'][0]} only"
        provenance = generated.provenance
    table = _table(pairs, plan)
    return Outcome(
        "ablation",
        (table,),
        ("Differences are paired: the same nouns in the same pictures. Intervals: 95 %, pictures "
         "drawn again; p: signs flipped picture by picture, adjusted by Holm.",),
        {},
        provenance,
        charts.of_ablation(table, layers_of_heads, plan.tau),
    )  # fmt: skip


def parts_of(maps: HeatMaps) -> list[Part]:
    """Everything; one resolution, layer and head alone; the first and the last thirds of the steps.

    Which heads there are differs from layer to layer, so a head belongs to its layer.
    """
    layers = maps.layers
    heads = {part.layer: part.heads for part in maps.parts if part.layer and part.heads}
    third = max(1, len(maps.steps) // 3)
    resolutions = list(maps.counts)
    return [
        Part(_ALL),
        *(
            Part(f"maps of {height} × {width} only", {"resolutions": [(height, width)]})
            for height, width in (resolutions if len(resolutions) > 1 else [])
        ),
        *(Part(f"layer {layer} only", {"layers": [layer]}) for layer in layers),
        *(
            Part(f"layer {layer}, head {head} only", {"layers": [layer], "heads": [head]})
            for layer in layers
            for head in heads.get(layer, ())
        ),
        Part(f"first {third} steps only", {"steps": maps.steps[:third]}),
        Part(f"middle {third} steps only", {"steps": maps.steps[third : 2 * third] or maps.steps}),
        Part(f"last {third} steps only", {"steps": maps.steps[-third:]}),
        Part("without the first step", {"steps": maps.steps[1:] or maps.steps}),
    ]


def _pairs(
    part: Part, subject: Subject, generated: Generated, truths: dict[int, Any]
) -> list[Pair]:
    kept = dataclasses.replace(generated, maps=part.of(generated.maps))
    return [
        Pair(found.soft, truths[found.word.index], subject.number, found.word.text)
        for found in kept.words
        if found.word.index in truths and found.soft is not None
    ]


def _table(pairs: dict[str, list[Pair]], plan: Plan) -> Table:
    scores = {name: ious(of_part, plan.tau) for name, of_part in pairs.items()}
    whole, pictures = scores[_ALL], pictures_of(pairs[_ALL])
    tests = [sign_flip_test(found - whole, pictures) for found in scores.values()]
    adjusted = holm([float("nan"), *tests[1:]])  # the first is everything itself
    rows = [
        (name, mean_of(found, pictures), _difference(found, whole, pictures), p)
        for (name, found), p in zip(scores.items(), adjusted, strict=True)
    ]
    return Table(
        "ablation",
        f"mIoU of nouns from a part of the maps, τ = {plan.tau}, {len(whole)} nouns",
        ("kept", "mIoU", "difference from everything", "p (Holm)"),
        tuple(rows),
    )


def _difference(found: np.ndarray, whole: np.ndarray, pictures: Sequence[str]) -> Any:
    return None if found is whole else mean_of(found - whole, pictures)
