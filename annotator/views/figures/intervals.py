"""Estimates with their intervals, one row per part of speech, before a band to compare with."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from annotator.domain.results import PAPER_RANGE, Results, Summary, describe, number
from annotator.models import Study
from annotator.models.study import SCORES
from annotator.statistics import Estimate
from annotator.views.figures.layout import ROW_HEIGHT, Axis, Place, all_rows, percent, short_name

_TOP = 40
_BAND_TOP = 28
_TICK_LINE = 24
# The least alpha for tentative and for firm conclusions: Krippendorff (2004), "Content Analysis".
TENTATIVE, FIRM = 0.667, 0.8


@dataclass(frozen=True)
class IntervalRow:
    """One estimate; `x` is empty where its value is undefined, the ends where its interval is."""

    top: int
    label: str
    title: str
    numbers: str
    x: str
    low: str
    high: str


@dataclass(frozen=True)
class Band:
    x: str
    width: str
    height: int
    label: Place


@dataclass(frozen=True)
class IntervalFigure:
    name: str
    title: str
    description: str
    caption: str
    rows: tuple[IntervalRow, ...]
    ticks: tuple[Place, ...]
    ends: tuple[Place, ...]  # what the ends of the axis are called, if anything
    band: Band
    template = "researcher/figures/_intervals.svg"

    @property
    def axis_y(self) -> int:
        return _TOP + ROW_HEIGHT * len(self.rows)

    @property
    def height(self) -> int:
        return self.axis_y + 40 + (_TICK_LINE if self.ends else 0)


def opinion_figure(study: Study, results: Results) -> IntervalFigure:
    axis = Axis(SCORES[0], SCORES[-1])
    rows = _rows(results, axis, lambda summary: summary.mos)
    low, high = PAPER_RANGE
    return IntervalFigure(
        name="mos",
        title=_("Mean opinion score by part of speech"),
        description="; ".join(row.title for row in rows),
        caption=_(
            "Mean of all scores with its 95 % interval (bootstrap over items); n counts scores. "
            "Band: 3.4 to 4.2, the range that Tang et al. (2023) report."
        ),
        rows=rows,
        ticks=tuple(Place(axis.at(score), str(score)) for score in SCORES),
        ends=(
            Place(percent(0), study.label_of(SCORES[0]), "start"),
            Place(percent(1), study.label_of(SCORES[-1]), "end"),
        ),
        band=Band(
            x=axis.at(low),
            width=axis.length(high - low),
            height=_band_height(rows),
            label=Place(axis.at((low + high) / 2), f"{_('paper')} {low}–{high}"),
        ),
    )


def agreement_figure(study: Study, results: Results) -> IntervalFigure:
    axis = Axis(_lowest_alpha(results), 1.0)
    rows = _rows(results, axis, lambda summary: summary.alpha)
    return IntervalFigure(
        name="agreement",
        title=_("Agreement of raters by part of speech"),
        description="; ".join(row.title for row in rows),
        caption=_(
            "Krippendorff’s alpha, ordinal, with its 95 % interval (bootstrap over items); n "
            "counts the scores of items that have two or more. Band: 0.667 to 0.800, enough for "
            "tentative conclusions (Krippendorff, 2004); above it they are firm."
        ),
        rows=rows,
        ticks=tuple(
            Place(axis.at(value), number(value, 1)) for value in sorted({axis.low, 0.0, 0.5, 1.0})
        ),
        ends=(),
        band=Band(
            x=axis.at(TENTATIVE),
            width=axis.length(FIRM - TENTATIVE),
            height=_band_height(rows),
            label=Place(axis.at((TENTATIVE + FIRM) / 2), _("tentative")),
        ),
    )


def _lowest_alpha(results: Results) -> float:
    """0, or the next tenth below what is to be shown: alpha is negative where raters oppose."""
    shown = [low for row in all_rows(results) for low in (row.alpha.low, row.alpha.value)]
    lowest = min((low for low in shown if not math.isnan(low)), default=0.0)
    return min(0.0, math.floor(lowest * 10) / 10)


def _band_height(rows: tuple[IntervalRow, ...]) -> int:
    return _TOP - _BAND_TOP + ROW_HEIGHT * len(rows)


def _rows(
    results: Results, axis: Axis, estimate_of: Callable[[Summary], Estimate]
) -> tuple[IntervalRow, ...]:
    return tuple(
        _row(_TOP + index * ROW_HEIGHT, summary, estimate_of(summary), axis)
        for index, summary in enumerate(all_rows(results))
    )


def _row(top: int, summary: Summary, estimate: Estimate, axis: Axis) -> IntervalRow:
    value, low, high = (
        "" if math.isnan(place) else axis.at(place)
        for place in (estimate.value, estimate.low, estimate.high)
    )
    return IntervalRow(
        top=top,
        label=short_name(summary),
        title=f"{summary.name}: {describe(estimate)}, n = {estimate.n}",
        numbers=f"{describe(estimate)} · n = {estimate.n}",
        x=value,
        low=low,
        high=high,
    )
