"""Estimates with their intervals, one row per group, before a band to compare with."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from annotator.domain.results.summary import describe
from annotator.statistics import Estimate
from annotator.views.figures.layout import ROW_HEIGHT, Axis, Place, breadth

_LEGEND_LINE = 26
_CHARACTERS_OF_A_PAGE = 100
_BESIDE = 36  # letters of two labels on a line of a phone, or of a paper's column
_BAND_LABEL = 24
_TICK_LINE = 24
_FIRST_RAIL, _RAIL_STEP, _LINE = 36, 16, 24
_AROUND = 9  # above and below a row's rails: less than what is written there is away


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
    """A group's name, short and long, its estimates by kind of mark, and what is said of them.

    `points` are named values without intervals, on a rail of their own. `strong` is the row that
    the others are parts of, or are compared with.
    """

    label: str
    name: str
    estimates: dict[str, Estimate]
    numbers: str = ""
    below: tuple[str, ...] = ()
    points: tuple[tuple[str, float], ...] = ()
    strong: bool = False

    def on_one_line(self) -> RowContent:
        numbers = "\N{EM SPACE}".join(filter(None, (self.numbers, *self.below)))
        return replace(self, numbers=numbers, below=())

    @property
    def title(self) -> str:
        said = "; ".join(text for text in (self.numbers, *self.below) if text)
        return f"{self.name}: {said}"


@dataclass(frozen=True)
class Line:
    y: int
    text: str


@dataclass(frozen=True)
class Dot:
    x: str
    y: int
    title: str


@dataclass(frozen=True)
class IntervalRow:
    top: int
    label: str
    title: str
    numbers: str
    marks: tuple[Mark, ...]
    dots: tuple[Dot, ...]
    below: tuple[Line, ...]
    strong: bool

    @property
    def rails(self) -> list[int]:
        return sorted({mark.y for mark in self.marks} | {dot.y for dot in self.dots})

    @property
    def reference_top(self) -> int:
        return self.rails[0] - _AROUND

    @property
    def reference_bottom(self) -> int:
        return self.rails[-1] + _AROUND


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
    """`reference` is a value that all rows are compared with, drawn through their rails.

    The marks of `joined` rows share one rail, without intervals: what lies between them matters.
    A figure that stands beside another can be given its `least_top` and `least_row`, so that rows
    of the same groups are level.
    """

    name: str
    title: str
    caption: str
    axis: Axis
    ticks: tuple[Place, ...]
    contents: tuple[RowContent, ...]
    ends: tuple[Place, ...] = ()  # what the ends of the axis are called, if anything
    band: Band | None = None
    legend_texts: tuple[tuple[str, str], ...] = ()  # kind of mark, and its name
    reference: float | None = None
    joined: bool = False
    least_top: int = 0
    least_row: int = 0
    template = "researcher/figures/_intervals.svg"

    def spread(self) -> IntervalFigure:
        """For a wide page: all numbers of a row beside its name, where they fit."""
        contents = tuple(content.on_one_line() for content in self.contents)
        longest = max((len(one.label) + len(one.numbers) for one in contents), default=0)
        return replace(self, contents=contents) if longest <= _CHARACTERS_OF_A_PAGE else self

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
        return max(self.least_top, above + (_BAND_LABEL if self.band else 8))

    @property
    def rows(self) -> list[IntervalRow]:
        return [
            self._row(self.rows_top + index * self.row_height, content)
            for index, content in enumerate(self.contents)
        ]

    def _row(self, top: int, content: RowContent) -> IntervalRow:
        step = 0 if self.joined else _RAIL_STEP
        marks = tuple(
            self._mark(kind, _FIRST_RAIL + step * place, estimate)
            for place, (kind, estimate) in enumerate(content.estimates.items())
        )
        last = marks[-1].y + _RAIL_STEP * self._has_points
        first = last + _LINE
        return IntervalRow(
            top=top,
            label=content.label,
            title=content.title,
            numbers=content.numbers,
            marks=marks,
            dots=tuple(Dot(self.axis.at(x), last, name) for name, x in content.points),
            below=tuple(Line(first + _LINE * n, text) for n, text in enumerate(content.below)),
            strong=content.strong,
        )

    def _mark(self, kind: str, y: int, estimate: Estimate) -> Mark:
        ends = (math.nan, math.nan) if self.joined else (estimate.low, estimate.high)
        places = (estimate.value, *ends)
        return Mark(kind, y, *("" if math.isnan(at) else self.axis.at(at) for at in places))

    @property
    def _has_points(self) -> bool:
        return any(content.points for content in self.contents)

    @property
    def row_height(self) -> int:
        marks = max((len(content.estimates) for content in self.contents), default=1)
        rails = (1 if self.joined else marks) + self._has_points
        lines = max((len(content.below) for content in self.contents), default=0)
        return max(self.least_row, ROW_HEIGHT + _RAIL_STEP * (rails - 1) + _LINE * lines)

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
    def reference_x(self) -> str:
        return "" if self.reference is None else self.axis.at(self.reference)

    @property
    def rows_height(self) -> int:
        return self.row_height * len(self.contents)

    @property
    def axis_y(self) -> int:
        return self.rows_top + self.rows_height

    @property
    def end_lines(self) -> list[tuple[int, Place]]:
        """Below each other where a narrow figure has no room for both."""
        step = _TICK_LINE if sum(breadth(end.text) for end in self.ends) > _BESIDE else 0
        return [(2 * _TICK_LINE + step * line, end) for line, end in enumerate(self.ends)]

    @property
    def height(self) -> int:
        return self.axis_y + 40 + (self.end_lines[-1][0] - _TICK_LINE if self.ends else 0)


def lowest(estimates: Iterable[Estimate]) -> float:
    """0, or the next tenth below what is to be shown: agreement can be negative."""
    shown = [place for one in estimates for place in (one.low, one.value) if not math.isnan(place)]
    return min(0.0, math.floor(min(shown, default=0.0) * 10) / 10)


def with_n(estimate: Estimate) -> str:
    return f"{describe(estimate)} · n = {estimate.n}"
