"""What raters drew, beside the heat maps of the same nouns and beside how others rated them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from django.db.models import Avg

from annotator import queue
from annotator.domain import mask_comparisons
from annotator.domain.rating import masks
from annotator.domain.rating.masks import DrawnItem, Rle
from annotator.models import MaskComparison, Rating, Study
from daam_engine.analysis.coco_classes import class_of
from daam_engine.analysis.comparison import rank_correlation
from daam_engine.analysis.intervals import Estimate, mean_of
from daam_engine.analysis.segmentation import BEST_TAU, PAPERS_TAUS, SWEEP, shuffled_partners
from daam_engine.errors import InvalidRequestError
from daam_engine.experiments.chart import Chart, CurvesChart, ScatterChart, ScatterPoint
from daam_engine.experiments.outcome import Outcome, Table
from daam_engine.hard_maps import hard
from daam_engine.overlap import iou
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
class NounOverlaps:
    """The IoU of a noun's hard map with where most of its raters say the thing is, by τ; that of
    the whole picture; and that of its hard map with another picture's truth, NaN where there is
    none.
    """

    noun: Noun
    word: str
    picture: Any
    category: str | None
    by_tau: Mapping[float, float]
    whole: float
    shuffled: float


@dataclass(frozen=True)
class Measured:
    """Nouns whose thing most raters see."""

    nouns: Sequence[NounOverlaps]
    n_absent: int

    def mean(self, of: Callable[[NounOverlaps], float], *, closed: bool = False) -> Estimate:
        """Over nouns, pictures drawn again. `closed`: over those of COCO's 80 classes."""
        nouns = [one for one in self.nouns if one.category or not closed]
        return mean_of([of(one) for one in nouns], [one.picture for one in nouns])


def measure(study: Study, tau: float, report: Report) -> Measured:
    """Maps are read one at a time and only numbers are kept: a map takes a megabyte.

    Raises `InvalidRequestError` where no mask has been drawn, or a map is gone.
    """
    drawn = [one for one in masks.drawn_items(study=study) if one.drawn]
    if not drawn:
        raise InvalidRequestError("Nobody has drawn a mask in this study yet.")
    truths = [masks.encoded(masks.majority(one)) for one in drawn]
    seen = [place for place, truth in enumerate(truths) if masks.area(truth)]
    partners = shuffled_partners(
        [tuple(truths[place]["size"]) for place in seen],
        [drawn[place].item.heat_map.generation_id for place in seen],
    )
    nouns = []
    for done, (place, partner) in enumerate(zip(seen, partners, strict=True), start=1):
        other = None if partner is None else truths[seen[partner]]
        nouns.append(_overlaps(drawn[place], study, truths[place], other, tau))
        report(done, len(seen))
    return Measured(nouns, len(drawn) - len(seen))


def _overlaps(
    one: DrawnItem, study: Study, truth: Rle, other: Rle | None, tau: float
) -> NounOverlaps:
    heat_map, word = one.item.heat_map, one.item.heat_map.word
    inside = masks.decoded(truth)
    height, width = inside.shape
    soft = soft_map(heat_map, (height, width))
    return NounOverlaps(
        noun=(
            *(word.prompt.text, word.prompt.seed, word.index),
            heat_map.generation.model or study.model,
        ),
        word=word.text,
        picture=heat_map.generation_id,
        category=class_of(word.lemma or word.text),
        by_tau={each: iou(hard(soft, each), inside) for each in {*SWEEP, *PAPERS_TAUS, tau}},
        whole=float(inside.mean()),
        shuffled=iou(hard(soft, tau), masks.decoded(other)) if other else float("nan"),
    )


def outcome(
    study: Study,
    rated: Study | None = None,
    tau: float = BEST_TAU,
    report: Report = lambda done, total: None,
) -> Outcome:
    """The tables of `experiment segmentation` from a study's own pictures and masks."""
    found = measure(study, tau, report)
    at_each = [(each, found.mean(_at(each))) for each in SWEEP]
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


def _at(tau: float) -> Callable[[NounOverlaps], float]:
    return lambda noun: noun.by_tau[tau]


def _main_table(found: Measured, tau: float) -> Table:
    methods = {
        **{f"heat map, τ = {one}": _at(one) for one in sorted({*PAPERS_TAUS, tau})},
        "whole picture": lambda noun: noun.whole,
    }
    shuffled = found.mean(lambda noun: noun.shuffled)
    return Table(
        "drawn",
        f"Hard maps and what most raters drew: {len(found.nouns)} nouns",
        ("method", "mIoU, any noun", "n", "mIoU, COCO's 80 classes", "n of these"),
        (
            *(
                _row(name, found.mean(of), found.mean(of, closed=True))
                for name, of in methods.items()
            ),
            _row(f"another picture's map, τ = {tau}", shuffled, None),
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
    known = np.array([scores.get(one.noun, np.nan) for one in found.nouns])
    overlap = np.array([one.by_tau[tau] for one in found.nouns])
    correlation = rank_correlation(known, overlap, [one.picture for one in found.nouns])
    table = Table(
        "scores",
        f"Does the rating measure what segmentation measures? Ratings of “{rated.name}”",
        ("nouns rated and drawn", "Spearman's rank correlation of mean score and IoU"),
        ((correlation.n, correlation),),
    )
    points = tuple(
        ScatterPoint(f"“{one.word}” in: {one.noun[0]}", float(x), float(y))
        for one, x, y in zip(found.nouns, known, overlap, strict=True)
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


def _remark(found: Measured) -> str:
    return (
        "Truth: pixels that more than half of a noun's raters painted. "
        f"{found.n_absent} nouns whose thing most do not see are left out, as in the paper. "
        f"{_INTERVALS}"
    )
