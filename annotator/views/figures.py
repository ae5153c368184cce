"""Where the marks of a figure lie. The pictures themselves are templates, `researcher/_figure_*`.

Horizontal places are percentages of whatever width the figure gets and vertical ones are pixels, so
one drawing is readable on a phone, on a desk and in a paper, its text never scaled.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from annotator.domain.results import PAPER_RANGE, Results, Summary
from annotator.enums import OptOut
from annotator.models import Study
from annotator.models.study import SCORES
from annotator.statistics import Estimate

ROW_HEIGHT = 56
_TOP = 40
_AXIS_HEIGHT = 40
# The least alpha for tentative and for firm conclusions: Krippendorff (2004), "Content Analysis".
ALPHA_MARKS = (0.667, 0.8)


def percent(share: float) -> str:
    """A length as SVG wants it, whatever decimal sign the reader's language has."""
    return f"{100 * share:.3f}%"


@dataclass(frozen=True)
class Place:
    """A labelled place of an axis; the text is anchored so that it stays inside the figure."""

    x: str
    text: str
    anchor: str = "middle"


@dataclass(frozen=True)
class IntervalRow:
    """One estimate; `low` and `high` are empty where the interval is undefined, `x` the value."""

    top: int
    label: str
    title: str
    numbers: str
    x: str
    low: str
    high: str


@dataclass(frozen=True)
class IntervalFigure:
    name: str
    title: str
    description: str
    caption: str
    height: int
    axis_y: int
    rows: tuple[IntervalRow, ...]
    ticks: tuple[Place, ...]
    band: tuple[str, str]  # left end and width
    band_label: Place
    template: str = "researcher/_figure_intervals.svg"


@dataclass(frozen=True)
class Segment:
    x: str
    width: str
    css: str
    title: str


@dataclass(frozen=True)
class BarRow:
    top: int
    label: str
    title: str
    numbers: str
    segments: tuple[Segment, ...]


@dataclass(frozen=True)
class LegendEntry:
    x: str
    y: int
    css: str
    text: str


@dataclass(frozen=True)
class BarFigure:
    name: str
    title: str
    description: str
    caption: str
    height: int
    axis_y: int
    rows: tuple[BarRow, ...]
    legend: tuple[LegendEntry, ...]
    centre: str
    apart: str
    template: str = "researcher/_figure_bars.svg"


Figure = IntervalFigure | BarFigure


@dataclass(frozen=True)
class _Axis:
    low: float
    high: float

    def at(self, value: float) -> str:
        """Marks at the very ends keep a margin, so that they are not cut in half."""
        return percent(0.02 + 0.96 * (value - self.low) / (self.high - self.low))

    def band(self, low: float, high: float) -> tuple[str, str]:
        return self.at(low), percent(0.96 * (high - low) / (self.high - self.low))


def _all_rows(results: Results) -> tuple[Summary, ...]:
    return (results.overall, *results.by_pos)


def _short(summary: Summary) -> str:
    return summary.pos or str(_("ALL"))


def number(value: float, digits: int = 2) -> str:
    return "–" if math.isnan(value) else f"{value:.{digits}f}".replace("-", "−")


def interval(estimate: Estimate, digits: int = 2) -> str:
    """“3.91 [3.70, 4.12]”, or what there is of it."""
    if math.isnan(estimate.value):
        return str(_("not defined"))
    value = number(estimate.value, digits)
    if math.isnan(estimate.low):
        return f"{value} ({_('no interval')})"
    return f"{value} [{number(estimate.low, digits)}, {number(estimate.high, digits)}]"


def _interval_rows(
    results: Results, axis: _Axis, estimate_of: Callable[[Summary], Estimate]
) -> tuple[IntervalRow, ...]:
    rows = []
    for index, summary in enumerate(_all_rows(results)):
        found = estimate_of(summary)
        has_interval = not math.isnan(found.low)
        rows.append(
            IntervalRow(
                top=_TOP + index * ROW_HEIGHT,
                label=_short(summary),
                title=f"{summary.name}: {interval(found)}, n = {found.n}",
                numbers=f"{interval(found)}  n = {found.n}",
                x="" if math.isnan(found.value) else axis.at(found.value),
                low=axis.at(found.low) if has_interval else "",
                high=axis.at(found.high) if has_interval else "",
            )
        )
    return tuple(rows)


def _height(results: Results) -> int:
    return _TOP + ROW_HEIGHT * len(_all_rows(results))


def opinion_figure(study: Study, results: Results) -> IntervalFigure:
    axis = _Axis(SCORES[0], SCORES[-1])
    rows = _interval_rows(results, axis, lambda summary: summary.mos)
    low, high = PAPER_RANGE
    first, *middle, last = SCORES
    bottom = _height(results)
    return IntervalFigure(
        name="mos",
        title=_("Mean opinion score by part of speech"),
        description="; ".join(row.title for row in rows),
        caption=_(
            "Mean of all scores with its 95 % interval (bootstrap over items); n counts scores. "
            "Band: the range of the paper, 3.4 to 4.2 (Tang et al., 2023)."
        ),
        height=bottom + _AXIS_HEIGHT,
        axis_y=bottom,
        rows=rows,
        ticks=(
            Place(axis.at(first), f"{first} {study.label_of(first)}", "start"),
            *(Place(axis.at(score), str(score)) for score in middle),
            Place(axis.at(last), f"{study.label_of(last)} {last}", "end"),
        ),
        band=axis.band(low, high),
        band_label=Place(axis.at((low + high) / 2), f"{_('paper')} {low}–{high}"),
    )


def agreement_figure(study: Study, results: Results) -> IntervalFigure:
    lows = [low for row in _all_rows(results) for low in (row.alpha.low, row.alpha.value)]
    worst = min((low for low in lows if not math.isnan(low)), default=0.0)
    axis = _Axis(min(0.0, math.floor(worst * 5) / 5), 1.0)
    rows = _interval_rows(results, axis, lambda summary: summary.alpha)
    bottom = _height(results)
    low, high = ALPHA_MARKS
    ticks = [Place(axis.at(value), number(value, 1)) for value in (0.0, 0.5, 1.0)]
    if axis.low < 0:
        ticks.insert(0, Place(axis.at(axis.low), number(axis.low, 1)))
    return IntervalFigure(
        name="agreement",
        title=_("Agreement of raters by part of speech"),
        description="; ".join(row.title for row in rows),
        caption=_(
            "Krippendorff’s alpha, ordinal, with its 95 % interval (bootstrap over items); n counts "
            "the scores of items that have two or more. Band: 0.667 to 0.800, where conclusions are "
            "tentative (Krippendorff, 2004); above it they are firm."
        ),
        height=bottom + _AXIS_HEIGHT,
        axis_y=bottom,
        rows=rows,
        ticks=tuple(ticks),
        band=axis.band(low, high),
        band_label=Place(axis.at(high), _("tentative"), "end"),
    )


def _below_and_above(summary: Summary) -> tuple[float, float]:
    """Shares of all answers left and right of the middle of the scale's middle point."""
    total = summary.n_ratings or 1
    half = summary.scores[2] / 2
    return (sum(summary.scores[:2]) + half) / total, (half + sum(summary.scores[3:])) / total


@dataclass(frozen=True)
class _BarScale:
    """One unit of length for scores and opt-outs, as large as the widest rows allow."""

    below: float
    above: float
    apart: float

    @property
    def total(self) -> float:
        return self.below + self.above + _GAP + self.apart or 1.0

    def __call__(self, share: float) -> str:
        return percent(share / self.total)


_GAP = 0.08


def _segments(study: Study, summary: Summary, scale: _BarScale) -> tuple[Segment, ...]:
    total = summary.n_ratings or 1
    below, _above = _below_and_above(summary)
    counted = [
        (f"score-{score}", study.label_of(score), n)
        for score, n in zip(SCORES, summary.scores, strict=True)
    ]
    apart = [
        (reason.value, str(reason.label), n)
        for reason, n in zip(OptOut, summary.opt_outs, strict=True)
    ]
    return (
        *_row_of(counted, scale.below - below, total, scale),
        *_row_of(apart, scale.below + scale.above + _GAP, total, scale),
    )


def _row_of(
    parts: list[tuple[str, str, int]], start: float, total: int, scale: _BarScale
) -> list[Segment]:
    segments = []
    for css, label, n in parts:
        title = f"{label}: {n} ({n / total:.0%})"
        segments.append(Segment(scale(start), scale(n / total), css, title))
        start += n / total
    return [segment for segment, (_css, _label, n) in zip(segments, parts, strict=True) if n]


def distribution_figure(study: Study, results: Results) -> BarFigure:
    rows = _all_rows(results)
    shares = [_below_and_above(row) for row in rows]
    scale = _BarScale(
        below=max(below for below, _above in shares),
        above=max(above for _below, above in shares),
        apart=max(row.n_opt_outs / (row.n_ratings or 1) for row in rows),
    )
    legend = _legend(study)
    top = max(entry.y for entry in legend) + 24
    bars = tuple(
        BarRow(
            top=top + index * ROW_HEIGHT,
            label=_short(row),
            title=_describe(study, row),
            numbers=f"{_('opted out')} {row.n_opt_outs}  n = {row.n_ratings}",
            segments=_segments(study, row, scale),
        )
        for index, row in enumerate(rows)
    )
    bottom = top + ROW_HEIGHT * len(rows)
    return BarFigure(
        name="distribution",
        title=_("What raters answered, by part of speech"),
        description="; ".join(bar.title for bar in bars),
        caption=_(
            "Share of all answers; the line goes through the middle of the scale. Opt-outs stand "
            "apart, in the same unit of length; n counts scores and opt-outs."
        ),
        height=bottom + 8,
        axis_y=bottom,
        rows=bars,
        legend=legend,
        centre=scale(scale.below),
        apart=scale(scale.below + scale.above + _GAP),
    )


def _legend(study: Study) -> tuple[LegendEntry, ...]:
    scores = [(f"score-{score}", f"{score} {study.label_of(score)}") for score in SCORES]
    reasons = [(reason.value, str(reason.label)) for reason in OptOut]
    return tuple(
        LegendEntry("0%", 16 + 24 * line, css, text)
        for line, (css, text) in enumerate([*scores, *reasons])
    )


def _describe(study: Study, row: Summary) -> str:
    scores = ", ".join(
        f"{study.label_of(score)} {n}" for score, n in zip(SCORES, row.scores, strict=True)
    )
    reasons = ", ".join(
        f"{reason.label} {n}" for reason, n in zip(OptOut, row.opt_outs, strict=True)
    )
    return f"{row.name}: {scores}; {reasons}"


DRAWN: dict[str, Callable[[Study, Results], Any]] = {
    "mos": opinion_figure,
    "distribution": distribution_figure,
    "agreement": agreement_figure,
}


# -- the numbers behind a figure -----------------------------------------------------------------


def numbers_of(name: str, results: Results) -> list[list[Any]]:
    """A header and one row per group, at full precision; undefined is an empty cell."""
    header, row_of = _NUMBERS[name]
    return [header, *(row_of(summary) for summary in _all_rows(results))]


def _estimate_cells(summary: Summary, estimate: Estimate) -> list[Any]:
    numbers = (estimate.value, estimate.low, estimate.high)
    cells = ["" if math.isnan(value) else value for value in numbers]
    return [summary.pos or "ALL", *cells, estimate.n, summary.n_items, summary.n_raters]


def _distribution_cells(summary: Summary) -> list[Any]:
    return [
        summary.pos or "ALL",
        *summary.scores,
        *summary.opt_outs,
        summary.n_ratings,
        summary.n_items,
        summary.n_raters,
    ]


_COUNTED = ["n_items", "n_raters"]
_NUMBERS: dict[str, tuple[list[str], Callable[[Summary], list[Any]]]] = {
    "mos": (
        ["pos", "mos", "low", "high", "n_scores", *_COUNTED],
        lambda summary: _estimate_cells(summary, summary.mos),
    ),
    "agreement": (
        ["pos", "krippendorff_alpha_ordinal", "low", "high", "n_paired_scores", *_COUNTED],
        lambda summary: _estimate_cells(summary, summary.alpha),
    ),
    "distribution": (
        ["pos", *(f"score_{score}" for score in SCORES), *OptOut.values, "n_ratings", *_COUNTED],
        _distribution_cells,
    ),
}
