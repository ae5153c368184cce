"""The charts that the engine asks for, as figures and as their numbers.

A chart is what `daam_engine.experiments.chart` writes into an experiment's result: the site never
imports the engine, and what it stored years ago must still be drawn.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any

from annotator.domain.export.bundles import Entry
from annotator.domain.results.summary import number
from annotator.statistics import Estimate
from annotator.views.figures import download
from annotator.views.figures.curves import CurveFigure
from annotator.views.figures.intervals import Band, IntervalFigure, RowContent
from annotator.views.figures.layout import Axis, Place, Ticks, percent
from annotator.views.figures.numbers import Row
from annotator.views.figures.scatter import ScatterFigure

Chart = Mapping[str, Any]

_KINDS = ("value", "second")
_SIGNS = ("●", "◇")
_DIGITS = 3
# A row's label and its numbers stand side by side while both fit on a phone.
_MOST_CHARACTERS = 40


Figure = CurveFigure | IntervalFigure | ScatterFigure


def figures_of(charts: Sequence[Chart]) -> list[Figure]:
    """In their order; two in a row that show the same groups have them at the same height."""
    figures = [figure_of(chart) for chart in charts]
    for place, (one, other) in enumerate(pairwise(figures)):
        if isinstance(one, IntervalFigure) and isinstance(other, IntervalFigure):
            figures[place : place + 2] = _level(one, other)
    return figures


def figure_of(chart: Chart) -> Figure:
    return _DRAWN[chart["type"]](chart)


def numbers_of(chart: Chart) -> Iterator[Row]:
    """A header, then a line per value of the figure. An empty cell is undefined."""
    if chart["type"] == "scatter":
        yield ["what", chart["x_name"], chart["measure"]]
        yield from ([point["label"], point["x"], point["y"]] for point in chart["points"])
        return
    first = chart["x_name"] if chart["type"] == "curves" else "row"
    yield [first, "series", chart["measure"], "low", "high", "n"]
    if chart["type"] == "curves":
        for series, estimates in zip(chart["series"], chart["curves"], strict=True):
            for x, one in zip(chart["xs"], estimates, strict=True):
                yield [x, series, *_cells(one)]
        return
    for row in chart["rows"]:
        for series, one in zip(chart["series"], row["marks"], strict=True):
            yield [_name(row), series, *_cells(one)]
        for point in row["points"]:
            yield [_name(row), point["label"], point["value"], None, None, None]


def entries(charts: Sequence[Chart]) -> Iterator[Entry]:
    """Every chart as a drawing to edit, one to print, and its numbers."""
    for chart in charts:
        for extension in ("svg", "pdf"):
            content = download.drawn(figure_of(chart), extension)
            yield Entry(f"charts/{chart['name']}.{extension}", [content])
        yield Entry(f"charts/{chart['name']}.csv", [download.table(numbers_of(chart))])


def _level(one: IntervalFigure, other: IntervalFigure) -> tuple[IntervalFigure, IntervalFigure]:
    if [row.label for row in one.contents] != [row.label for row in other.contents]:
        return one, other
    top = max(one.rows_top, other.rows_top)
    row = max(one.row_height, other.row_height)
    level = partial(replace, least_top=top, least_row=row)
    return level(one), level(other)


def _cells(estimate: Mapping[str, Any]) -> list[Any]:
    return [estimate[name] for name in ("value", "low", "high", "n")]


def _rows(chart: Chart) -> IntervalFigure:
    ticks = Ticks(tuple(_values(chart)))
    axis = Axis(ticks.places[0], ticks.places[-1])
    told = [_told(row, chart) for row in chart["rows"]]
    fits = all(
        len(row["label"]) + len(lines[0]) <= _MOST_CHARACTERS
        for row, lines in zip(chart["rows"], told, strict=True)
    )
    return IntervalFigure(
        name=chart["name"],
        title=chart["title"],
        caption=chart["caption"],
        axis=axis,
        ticks=tuple(Place(axis.at(tick), number(tick, ticks.digits)) for tick in ticks.places),
        ends=(Place(percent(0.5), chart["measure"]),),
        contents=tuple(
            _content(row, ["", *lines] if not fits else lines)
            for row, lines in zip(chart["rows"], told, strict=True)
        ),
        band=_band(chart),
        legend_texts=tuple(zip(_KINDS, chart["series"], strict=False)),
        reference=chart["reference"],
        joined=chart["joined"],
    )


def _content(row: Mapping[str, Any], lines: Sequence[str]) -> RowContent:
    """The first of the `lines` stands beside the row's label, the others below its marks."""
    estimates = [_estimate(one) for one in row["marks"]]
    return RowContent(
        label=row["label"],
        name=_name(row),
        estimates=dict(zip(_KINDS, estimates, strict=False)),
        numbers=lines[0],
        below=tuple(lines[1:]),
        points=tuple(
            (f"{point['label']}: {number(point['value'], _DIGITS)}", point["value"])
            for point in row["points"]
            if point["value"] is not None
        ),
        strong=row["strong"],
    )


def _told(row: Mapping[str, Any], chart: Chart) -> list[str]:
    """The numbers of a row, line by line; where there are several, their marks tell them apart.

    Differences are not counted, since they are of what the chart beside them counts; and of what
    they are compared with, the marks say enough.
    """
    estimates = [_estimate(one) for one in row["marks"]]
    if chart["joined"]:
        values = " ".join(
            f"{sign} {number(one.value, _DIGITS)}"
            for sign, one in zip(_SIGNS, estimates, strict=False)
        )
        return [f"{values} · n = {estimates[0].n}"]
    if chart["reference"] is not None:
        return [_described(estimates[0]), *([row["note"]] if row["note"] else [])]
    signs = [f"{sign} " for sign in _SIGNS] if len(estimates) > 1 else [""]
    return [
        f"{sign}{_described(one)}" + (f" · n = {one.n}" if one.n else "")
        for sign, one in zip(signs, estimates, strict=False)
    ]


def _described(one: Estimate) -> str:
    if math.isnan(one.value):
        return "–"
    said = number(one.value, _DIGITS)
    if math.isnan(one.low):
        return said
    return f"{said} ({number(one.low, _DIGITS)} to {number(one.high, _DIGITS)})"


def _values(chart: Chart) -> Iterator[float]:
    """All that the axis has to reach."""
    band = chart["band"]
    yield from (band["low"], band["high"]) if band else ()
    for row in chart["rows"]:
        for one in row["marks"]:
            ends = ("value",) if chart["joined"] else ("value", "low", "high")
            yield from (one[end] for end in ends if one[end] is not None)
        yield from (point["value"] for point in row["points"] if point["value"] is not None)


def _curves(chart: Chart) -> CurveFigure:
    curves = [tuple(map(_estimate, curve)) for curve in chart["curves"]]
    return CurveFigure(
        name=chart["name"],
        title=chart["title"],
        caption=chart["caption"],
        measure=chart["measure"],
        x_name=chart["x_name"],
        xs=tuple(chart["xs"]),
        series=tuple(zip(_KINDS, chart["series"], curves, strict=False)),
        marked=chart["marked"],
        band=_band(chart),
    )


def _scatter(chart: Chart) -> ScatterFigure:
    same = ("name", "title", "caption", "measure", "x_name", "told")
    return ScatterFigure(
        **{name: chart[name] for name in same},
        x_range=_ends(chart["x_range"]),
        y_range=_ends(chart["y_range"]),
        points=tuple((point["label"], point["x"], point["y"]) for point in chart["points"]),
    )


def _ends(axis: Sequence[float]) -> tuple[float, float]:
    low, high = axis
    return float(low), float(high)


_DRAWN: dict[str, Callable[[Chart], Figure]] = {
    "curves": _curves,
    "rows": _rows,
    "scatter": _scatter,
}


def _estimate(cell: Mapping[str, Any]) -> Estimate:
    value, low, high = (
        math.nan if cell[name] is None else cell[name] for name in ("value", "low", "high")
    )
    return Estimate(value, low, high, cell["n"])


def _band(chart: Chart) -> Band | None:
    return Band(**chart["band"]) if chart["band"] else None


def _name(row: Mapping[str, Any]) -> str:
    return str(row["name"] or row["label"])
