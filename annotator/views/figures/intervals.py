"""Estimates with their intervals, one row per group, before a band to compare with."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from annotator.domain.results.summary import describe
from annotator.statistics import Estimate
from annotator.views.figures.layout import ROW_HEIGHT, Axis, Place

_LEGEND_LINE = 26
_BAND_LABEL = 24
_TICK_LINE = 24
_FIRST_RAIL, _RAIL_STEP, _LINE = 36, 16, 24


@dataclass(frozen=True)
class Mark:
    """One estimate on its rail; `x` is empty where it is undefined, the ends where they are."""

    kind: str
    y: int
    x: str
    low: str
    high: str

    @property
    def whisker_top(self) -> int:
        return self.y - 6

    @property
    def whisker_bottom(self) -> int:
        return self.y + 6


@dataclass(frozen=True)
class RowContent:
    """A group's name, short and long, its estimates by kind of mark, and what is said of them."""

    label: str
    name: str
    estimates: dict[str, Estimate]
    numbers: str = ""
    below: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        said = "; ".join(text for text in (self.numbers, *self.below) if text)
        return f"{self.name}: {said}"


@dataclass(frozen=True)
class Line:
    y: int
    text: str


@dataclass(frozen=True)
class IntervalRow:
    top: int
    label: str
    title: str
    numbers: str
    marks: tuple[Mark, ...]
    below: tuple[Line, ...]


@dataclass(frozen=True)
class LegendEntry:
    top: int
    kind: str
    text: str


@dataclass(frozen=True)
class Band:
    """A range to compare with; `label` is written above it."""

    low: float
    high: float
    label: str


@dataclass(frozen=True)
class IntervalFigure:
    name: str
    title: str
    caption: str
    axis: Axis
    ticks: tuple[Place, ...]
    contents: tuple[RowContent, ...]
    ends: tuple[Place, ...] = ()  # what the ends of the axis are called, if anything
    band: Band | None = None
    legend_texts: tuple[tuple[str, str], ...] = ()  # kind of mark, and its name
    template = "researcher/figures/_intervals.svg"

    @property
    def description(self) -> str:
        return "; ".join(row.title for row in self.rows)

    @property
    def legend(self) -> list[LegendEntry]:
        return [
            LegendEntry(_LEGEND_LINE * line, kind, text)
            for line, (kind, text) in enumerate(self.legend_texts)
        ]

    @property
    def rows_top(self) -> int:
        above = _LEGEND_LINE * len(self.legend_texts)
        return above + (_BAND_LABEL if self.band else 8)

    @property
    def rows(self) -> list[IntervalRow]:
        return [
            _row(self.rows_top + index * self._row_height, content, self.axis)
            for index, content in enumerate(self.contents)
        ]

    @property
    def _row_height(self) -> int:
        marks = max((len(content.estimates) for content in self.contents), default=1)
        lines = max((len(content.below) for content in self.contents), default=0)
        return ROW_HEIGHT + _RAIL_STEP * (marks - 1) + _LINE * lines

    @property
    def band_x(self) -> str:
        return self.axis.at(self.band.low) if self.band else ""

    @property
    def band_width(self) -> str:
        return self.axis.length(self.band.high - self.band.low) if self.band else ""

    @property
    def band_middle(self) -> str:
        return self.axis.at((self.band.low + self.band.high) / 2) if self.band else ""

    @property
    def band_label_y(self) -> int:
        return self.rows_top - 8

    @property
    def rows_height(self) -> int:
        return self._row_height * len(self.contents)

    @property
    def axis_y(self) -> int:
        return self.rows_top + self.rows_height

    @property
    def height(self) -> int:
        return self.axis_y + 40 + (_TICK_LINE if self.ends else 0)


def lowest(estimates: Iterable[Estimate]) -> float:
    """0, or the next tenth below what is to be shown: agreement can be negative."""
    shown = [place for one in estimates for place in (one.low, one.value) if not math.isnan(place)]
    return min(0.0, math.floor(min(shown, default=0.0) * 10) / 10)


def with_n(estimate: Estimate) -> str:
    return f"{describe(estimate)} · n = {estimate.n}"


def _row(top: int, content: RowContent, axis: Axis) -> IntervalRow:
    marks = tuple(
        _mark(kind, _FIRST_RAIL + _RAIL_STEP * place, estimate, axis)
        for place, (kind, estimate) in enumerate(content.estimates.items())
    )
    first = marks[-1].y + _LINE
    below = tuple(Line(first + _LINE * n, text) for n, text in enumerate(content.below))
    return IntervalRow(top, content.label, content.title, content.numbers, marks, below)


def _mark(kind: str, y: int, estimate: Estimate, axis: Axis) -> Mark:
    places = (estimate.value, estimate.low, estimate.high)
    return Mark(kind, y, *("" if math.isnan(place) else axis.at(place) for place in places))
