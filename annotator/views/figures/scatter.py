"""Things measured twice: a dot each, from left to right by one measure and upwards by the other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from annotator.domain.results.summary import number
from annotator.views.figures.layout import Place, percent

_PLOT_HEIGHT = 320
_TOP = 56  # what is told stands above
_AXIS_LINES = 56
# The numbers of the vertical axis stand inside the plot, above their lines.
_LEFT = 0.1
_LEVELS = 5
_MOST_TICKS = 5
_DIGITS = 2


@dataclass(frozen=True)
class Dot:
    x: str
    y: str
    title: str


@dataclass(frozen=True)
class Level:
    """A line across the plot, and the number at it."""

    y: str
    text: str


@dataclass(frozen=True)
class ScatterFigure:
    """`points`: what each is called, and its two values; `told` says what they show together."""

    name: str
    title: str
    caption: str
    measure: str
    x_name: str
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    points: tuple[tuple[str, float, float], ...]
    told: str
    template = "researcher/figures/_scatter.svg"
    plot_height = _PLOT_HEIGHT
    plot_top = _TOP
    axis_y = _TOP + _PLOT_HEIGHT
    height = axis_y + _AXIS_LINES

    @property
    def description(self) -> str:
        return f"{self.x_name}, {self.measure}: {self.told}"

    @property
    def levels(self) -> list[Level]:
        """The highest says what is measured."""
        ticks = list(_even(self.y_range, _LEVELS))
        texts = [number(tick, _DIGITS) for tick in ticks]
        texts[-1] += f" {self.measure}"
        return [Level(self._y(tick), text) for tick, text in zip(ticks, texts, strict=True)]

    @property
    def ticks(self) -> list[Place]:
        """At whole numbers where there are few of them, as on a scale."""
        low, high = self.x_range
        steps = round(high - low) if (high - low).is_integer() else _MOST_TICKS
        digits = 0 if steps == high - low else _DIGITS
        ticks = _even(self.x_range, min(steps, _MOST_TICKS))
        return [Place(self._x(tick), number(tick, digits)) for tick in ticks]

    @property
    def dots(self) -> list[Dot]:
        return [
            Dot(self._x(x), self._y(y), f"{label}: {number(x, _DIGITS)}, {number(y, _DIGITS)}")
            for label, x, y in self.points
        ]

    def _x(self, value: float) -> str:
        low, high = self.x_range
        return percent(_LEFT + (1 - 2 * _LEFT) * (value - low) / (high - low))

    def _y(self, value: float) -> str:
        """Pixels below the top of the plot, whatever decimal sign the reader's language has."""
        low, high = self.y_range
        return f"{_PLOT_HEIGHT * (high - value) / (high - low):.1f}"


def _even(ends: tuple[float, float], steps: int) -> Iterable[float]:
    low, high = ends
    return (low + (high - low) * step / steps for step in range(steps + 1))
