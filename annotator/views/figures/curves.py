"""Estimates along an axis: a line per series, its intervals as a band around it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

from annotator.domain.results.summary import number
from annotator.statistics import Estimate
from annotator.views.figures.intervals import Band, LegendEntry
from annotator.views.figures.layout import Place, Ticks, percent

_LEGEND_LINE = 26
_PLOT_HEIGHT = 300
_AXIS_LINES = 56
# The numbers of the vertical axis stand inside the plot, above their lines.
_LEFT = 0.1


@dataclass(frozen=True)
class Point:
    x: str
    y: str
    title: str
    marked: bool


@dataclass(frozen=True)
class Segment:
    """From one point to the next."""

    x1: str
    y1: str
    x2: str
    y2: str


@dataclass(frozen=True)
class Curve:
    """`area` is a path in percent of the width and in pixels of the height; empty: no intervals."""

    kind: str
    area: str
    segments: tuple[Segment, ...]
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Level:
    """A line across the plot, and the number at it."""

    y: str
    text: str


@dataclass(frozen=True)
class CurveFigure:
    """`series`: kind of line, its name, an estimate for each of `xs`; `marked` is one of `xs`."""

    name: str
    title: str
    caption: str
    measure: str
    x_name: str
    xs: tuple[float, ...]
    series: tuple[tuple[str, str, tuple[Estimate, ...]], ...]
    marked: float
    band: Band | None = None
    template = "researcher/figures/_curves.svg"
    plot_height = _PLOT_HEIGHT

    @property
    def description(self) -> str:
        """Every series at the x that was asked for, and at its highest."""
        return "; ".join(self._said(name, values) for _kind, name, values in self.series)

    @property
    def legend(self) -> list[LegendEntry]:
        return [
            LegendEntry(_LEGEND_LINE * line, kind, name)
            for line, (kind, name, _values) in enumerate(self.series)
        ]

    @property
    def plot_top(self) -> int:
        return _LEGEND_LINE * len(self.series) + 32

    @property
    def axis_y(self) -> int:
        return self.plot_top + _PLOT_HEIGHT

    @property
    def height(self) -> int:
        return self.axis_y + _AXIS_LINES

    @property
    def levels(self) -> list[Level]:
        """The highest says what is measured."""
        ticks = self._ticks
        texts = [number(tick, ticks.digits) for tick in ticks.places]
        texts[-1] += f" {self.measure}"
        return [Level(self._y(tick), text) for tick, text in zip(ticks.places, texts, strict=True)]

    @property
    def ticks(self) -> list[Place]:
        ticks = Ticks(self.xs, most=8)
        shown = [tick for tick in ticks.places if self.xs[0] <= tick <= self.xs[-1]]
        return [Place(self._x(tick), number(tick, ticks.digits)) for tick in shown]

    @property
    def marked_x(self) -> str:
        return self._x(self.marked)

    @property
    def marked_text(self) -> str:
        return f"{self.x_name} = {self.marked:g}"

    @property
    def band_y(self) -> str:
        return self._y(self.band.high) if self.band else ""

    @property
    def band_height(self) -> str:
        if not self.band:
            return ""
        return _pixels(self._height(self.band.high) - self._height(self.band.low))

    @property
    def curves(self) -> list[Curve]:
        return [self._curve(kind, values) for kind, _name, values in self.series]

    @property
    def _ticks(self) -> Ticks:
        values = [
            place
            for _kind, _name, estimates in self.series
            for one in estimates
            for place in (one.value, one.low, one.high)
            if not math.isnan(place)
        ]
        return Ticks((*values, *((self.band.low, self.band.high) if self.band else ())))

    def _x(self, value: float) -> str:
        return percent(self._share(value))

    def _share(self, value: float) -> float:
        return _LEFT + (1 - 2 * _LEFT) * (value - self.xs[0]) / (self.xs[-1] - self.xs[0] or 1)

    def _y(self, value: float) -> str:
        """Pixels below the top of the plot."""
        return _pixels(_PLOT_HEIGHT - self._height(value))

    def _height(self, value: float) -> float:
        """Pixels above the bottom of the plot."""
        low, *_, high = self._ticks.places
        return _PLOT_HEIGHT * (value - low) / (high - low)

    def _curve(self, kind: str, values: tuple[Estimate, ...]) -> Curve:
        known = [
            (x, one) for x, one in zip(self.xs, values, strict=True) if not math.isnan(one.value)
        ]
        points = tuple(
            Point(self._x(x), self._y(one.value), self._at(x, one), x == self.marked)
            for x, one in known
        )
        return Curve(
            kind=kind,
            area=self._area(known),
            segments=tuple(Segment(a.x, a.y, b.x, b.y) for a, b in pairwise(points)),
            points=points,
        )

    def _area(self, known: list[tuple[float, Estimate]]) -> str:
        between = [(x, one) for x, one in known if not math.isnan(one.low)]
        above = [f"{100 * self._share(x):.3f} {self._y(one.high)}" for x, one in between]
        below = [f"{100 * self._share(x):.3f} {self._y(one.low)}" for x, one in between]
        return f"M{'L'.join(above + below[::-1])}Z" if between else ""

    def _said(self, name: str, values: tuple[Estimate, ...]) -> str:
        known = {x: one for x, one in zip(self.xs, values, strict=True) if one.value == one.value}
        told = [self._at(self.marked, known[self.marked])] if self.marked in known else []
        if known:
            best = max(known, key=lambda x: known[x].value)
            told.append(f"highest at {self._at(best, known[best])}")
        return f"{name}: {', '.join(told) or '–'}"

    def _at(self, x: float, one: Estimate) -> str:
        interval = (
            "" if math.isnan(one.low) else f" ({number(one.low, 3)} to {number(one.high, 3)})"
        )
        return f"{self.x_name} = {x:g}: {number(one.value, 3)}{interval}"


def _pixels(length: float) -> str:
    """A length as SVG wants it, whatever decimal sign the reader's language has."""
    return f"{length:.1f}"
