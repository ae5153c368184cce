"""What raters drew, beside the heat maps of the same nouns and beside how others rated them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from django.db.models import Avg

from annotator import queue
from annotator.domain import mask_comparisons
from annotator.domain.rating import masks
from annotator.domain.rating.masks import DrawnItem
from annotator.models import MaskComparison, Rating, Study
from daam_engine.analysis.coco_classes import class_of
from daam_engine.analysis.comparison import rank_correlation
from daam_engine.analysis.intervals import Estimate
from daam_engine.analysis.segmentation import (
    BEST_TAU,
    PAPERS_TAUS,
    SWEEP,
    Pair,
    ious,
    mean_iou,
    shuffled_iou,
    sweep,
    whole_image_iou,
)
from daam_engine.errors import InvalidRequestError
from daam_engine.experiments.chart import Chart, CurvesChart, ScatterChart, ScatterPoint
from daam_engine.experiments.outcome import Outcome, Table
from workers.edge import attempt
from workers.maps import soft_map
from workers.pace import PROGRESS_SECONDS, at_most_every

Report = Callable[[int, int], None]  # (nouns measured, nouns in all)
# A noun of a picture that is the same in two studies: its prompt, seed and place, and the painter.
Noun = tuple[str, int, int, str]
_INTERVALS = "Intervals: 95 %, pictures drawn again."


@queue.app.task(name=queue.COMPARE_MASKS)
def compare_masks(key: int) -> None:
    """Hold maps against masks, if somebody waits for it."""
    claimed = mask_comparisons.claim(key)
    if claimed is None:
        return
    analysis, version = claimed
    reason = attempt(partial(_compare, analysis, version))
    if reason is not None:
        mask_comparisons.fail(analysis=analysis, reason=reason)


def _compare(analysis: MaskComparison, version: str) -> None:
    def advance(done: int, total: int) -> None:
        mask_comparisons.advance(analysis=analysis, done=done, total=total)

    report = at_most_every(PROGRESS_SECONDS, advance)
    found = outcome(analysis.study, analysis.rated, report=report)
    mask_comparisons.record(analysis=analysis, version=version, result=found.as_json())


@dataclass(frozen=True)
class Measured:
    """Nouns whose thing most raters see, each with its map and with where they say it is."""

    nouns: Sequence[Noun]
    pairs: Sequence[Pair]
    n_absent: int


def measure(study: Study, report: Report) -> Measured:
    """Raises `InvalidRequestError` where no mask has been drawn, or a map is gone."""
    drawn = [one for one in masks.drawn_items(study=study) if one.drawn]
    if not drawn:
        raise InvalidRequestError("Nobody has drawn a mask in this study yet.")
    nouns, pairs = [], []
    for done, one in enumerate(drawn, start=1):
        truth = masks.majority(one)
        if truth.any():
            nouns.append(_noun(one, study))
            pairs.append(_pair(one, truth))
        report(done, len(drawn))
    return Measured(nouns, pairs, len(drawn) - len(pairs))


def outcome(
    study: Study,
    rated: Study | None = None,
    tau: float = BEST_TAU,
    report: Report = lambda done, total: None,
) -> Outcome:
    """The tables of `experiment segmentation` from a study's own pictures and masks."""
    found = measure(study, report)
    at_each = sweep(found.pairs)
    tables = [
        _main_table(found, tau),
        Table("sweep", "mIoU of hard maps at every τ", ("τ", "mIoU"), tuple(at_each)),
    ]
    charts: list[Chart] = [_sweep_chart(at_each, tau)]
    if rated is not None:
        table, chart = _against_scores(found, rated, tau)
        tables.append(table)
        charts.append(chart)
    return Outcome("drawn", tuple(tables), (_remark(found),), charts=tuple(charts))


def _main_table(found: Measured, tau: float) -> Table:
    closed = [pair for pair in found.pairs if pair.category]
    return Table(
        "drawn",
        f"Hard maps and what most raters drew: {len(found.pairs)} nouns",
        ("method", "mIoU, any noun", "n", "mIoU, COCO's 80 classes", "n of these"),
        (
            *(
                _row(f"heat map, τ = {one}", mean_iou(found.pairs, one), mean_iou(closed, one))
                for one in sorted({*PAPERS_TAUS, tau})
            ),
            _row("whole picture", whole_image_iou(found.pairs), whole_image_iou(closed)),
            _row(f"another picture's map, τ = {tau}", shuffled_iou(found.pairs, tau), None),
        ),
    )


def _row(
    method: str, any_noun: Estimate, closed: Estimate | None
) -> tuple[str, Estimate, int, Estimate | None, int | None]:
    return method, any_noun, any_noun.n, closed, closed.n if closed else None


def _sweep_chart(at_each: Sequence[tuple[float, Estimate]], tau: float) -> CurvesChart:
    taus, curve = zip(*at_each, strict=True)
    marked = min(SWEEP, key=lambda one: abs(one - tau))
    return CurvesChart(
        "sweep",
        "Heat maps and drawn masks at every τ",
        f"Mean IoU of nouns' hard maps (D ≥ τ · max D) with what most of their raters drew, "
        f"n = {curve[0].n} nouns. {_INTERVALS}",
        "mIoU",
        "τ",
        taus,
        ("heat map",),
        (curve,),
        marked,
    )


def _against_scores(found: Measured, rated: Study, tau: float) -> tuple[Table, ScatterChart]:
    """Spearman's correlation of a noun's mean score with the IoU of its map, and every noun."""
    scores = mean_scores(rated)
    known = np.array([scores.get(noun, np.nan) for noun in found.nouns])
    overlap = ious(found.pairs, tau)
    correlation = rank_correlation(known, overlap, [pair.picture for pair in found.pairs])
    table = Table(
        "scores",
        f"Does the rating measure what segmentation measures? Ratings of “{rated.name}”",
        ("nouns rated and drawn", "Spearman's rank correlation of mean score and IoU"),
        ((correlation.n, correlation),),
    )
    points = tuple(
        ScatterPoint(f"“{pair.word}” in: {noun[0]}", float(x), float(y))
        for noun, pair, x, y in zip(found.nouns, found.pairs, known, overlap, strict=True)
        if not np.isnan(x)
    )
    return table, ScatterChart(
        "scores",
        "Scores and overlap of the same nouns",
        f"A dot per noun: its mean score in “{rated.name}” and the IoU of its hard map "
        f"(τ = {tau}) with what most raters of this study drew. ρ is Spearman's rank correlation. "
        f"{_INTERVALS}",
        "IoU",
        "mean score",
        (1.0, float(len(rated.labels))),
        (0.0, 1.0),
        points,
        _told(correlation),
    )


def _told(correlation: Estimate) -> str:
    if np.isnan(correlation.value):
        return f"too few or too alike, n = {correlation.n}"
    interval = f" ({correlation.low:.2f} to {correlation.high:.2f})"
    shown = "" if np.isnan(correlation.low) else interval
    return f"ρ = {correlation.value:.2f}{shown}, n = {correlation.n}"


def mean_scores(study: Study) -> dict[Noun, float]:
    """The mean score of every noun's own map, by included raters. Not of what a condition makes of
    its attention: that is another map than the one that is measured."""
    item = "assignment__item__heat_map"
    rows = (
        Rating.objects.current()
        .in_study(study)
        .of_real_maps()
        .of_included_raters()
        .filter(assignment__item__map_file="")
        .values_list(
            f"{item}__word__prompt__text",
            f"{item}__word__prompt__seed",
            f"{item}__word__index",
            f"{item}__generation__model",
        )
        .annotate(mean=Avg("score"))
        .filter(mean__isnull=False)
    )
    return {
        (text, seed, index, model or study.model): mean for text, seed, index, model, mean in rows
    }


def _noun(one: DrawnItem, study: Study) -> Noun:
    word, generation = one.item.heat_map.word, one.item.heat_map.generation
    return word.prompt.text, word.prompt.seed, word.index, generation.model or study.model


def _pair(one: DrawnItem, truth: np.ndarray) -> Pair:
    heat_map, word = one.item.heat_map, one.item.heat_map.word
    height, width = truth.shape
    soft = soft_map(heat_map, (height, width))
    category = class_of(word.lemma or word.text)
    return Pair(soft, torch.from_numpy(truth), heat_map.generation_id, word.text, category)


def _remark(found: Measured) -> str:
    return (
        "Truth: pixels that more than half of a noun's raters painted. "
        f"{found.n_absent} nouns whose thing most do not see are left out, as in the paper. "
        f"{_INTERVALS}"
    )
