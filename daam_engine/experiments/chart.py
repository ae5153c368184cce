"""What is to be drawn of an experiment: numbers and words only, whoever draws them.

A chart says everything that its drawing needs, so that the drawing never looks into tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from daam_engine.analysis.intervals import Estimate

NAN = float("nan")
MISSING = Estimate(NAN, NAN, NAN, 0)


@dataclass(frozen=True)
class Band:
    """A range to compare with, on the axis of the values."""

    low: float
    high: float
    label: str


@dataclass(frozen=True)
class Point:
    """A value without an interval, beside those of its row."""

    label: str
    value: float


@dataclass(frozen=True)
class Row:
    """`label` fits on a phone, `name` says it in full; a mark per series.

    `strong` is the row that the others are parts of, or are compared with.
    """

    label: str
    marks: tuple[Estimate, ...]
    name: str = ""
    points: tuple[Point, ...] = ()
    note: str = ""
    strong: bool = False


@dataclass(frozen=True)
class RowsChart:
    """Estimates with their intervals, a row per group.

    `reference` is a value to compare with, such as 0 of differences. Of `joined` charts only the
    two values of a row are of interest, and what lies between them.
    """

    name: str
    title: str
    caption: str
    measure: str
    series: tuple[str, ...]
    rows: tuple[Row, ...]
    band: Band | None = None
    reference: float | None = None
    joined: bool = False
    type: str = "rows"


@dataclass(frozen=True)
class CurvesChart:
    """A curve per series over the same `xs`; `marked` is the x that was asked for."""

    name: str
    title: str
    caption: str
    measure: str
    x_name: str
    xs: tuple[float, ...]
    series: tuple[str, ...]
    curves: tuple[tuple[Estimate, ...], ...]
    marked: float
    band: Band | None = None
    type: str = "curves"


@dataclass(frozen=True)
class ScatterPoint:
    label: str
    x: float
    y: float


@dataclass(frozen=True)
class ScatterChart:
    """A dot per thing measured twice; `told` says in words what they show together."""

    name: str
    title: str
    caption: str
    measure: str
    x_name: str
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    points: tuple[ScatterPoint, ...]
    told: str
    type: str = "scatter"


Chart = RowsChart | CurvesChart | ScatterChart


def differences(
    name: str,
    title: str,
    caption: str,
    measure: str,
    rows: Sequence[Row],
    series: Sequence[str],
) -> RowsChart:
    """Of differences it matters on which side of 0 they lie."""
    return RowsChart(name, title, caption, measure, tuple(series), tuple(rows), reference=0.0)


def p_value(p: object, rule: str) -> str:
    """What is said below a difference; nothing where nothing was tested."""
    if not isinstance(p, float) or p != p:
        return ""
    return f"p < 0.001 ({rule})" if p < 0.001 else f"p = {p:.3f} ({rule})"
