"""The charts of every experiment: levels on one, the differences that matter on another."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from daam_engine.analysis.intervals import Estimate
from daam_engine.analysis.semantics import CohyponymEffect
from daam_engine.experiments import published
from daam_engine.experiments.chart import (
    MISSING,
    NAN,
    Band,
    Chart,
    CurvesChart,
    Point,
    Row,
    RowsChart,
    differences,
    p_value,
)
from daam_engine.experiments.outcome import Cell, Table

_LAYER = re.compile(
    r"(?:(\w+?)_blocks?)(?:\.(\d+))?\.attentions\.(\d+)\.transformer_blocks\.(\d+)\."
)
_SAME = Estimate(0.0, NAN, NAN, 0)  # what does not differ from itself
INTERVALS = "Intervals: 95 %, {units} drawn again."
_PICTURES = INTERVALS.format(units="pictures")
_LOW, _HIGH = published.NOUN_MIOU_RANGE
_PAPER_BAND = Band(_LOW, _HIGH, f"paper {100 * _LOW:.1f}–{100 * _HIGH:.1f} %")
_PAPER = f"Band: the range the paper's abstract gives for {published.MODEL}."


def of_segmentation(main: Table, comparison: Table, sweep: Table, tau: float) -> tuple[Chart, ...]:
    """mIoU at every τ, beside that of other methods, and less it noun by noun."""
    methods = _methods(main, sweep, tau)
    return (
        _at_every_tau(sweep, tau),
        _beside_other_methods(methods, _n(main.rows[0][1]), tau),
        _less_other_methods(methods, comparison),
    )


def _at_every_tau(sweep: Table, tau: float) -> Chart:
    return CurvesChart(
        "sweep",
        "Maps and things at every τ",
        f"Mean IoU of nouns' hard maps with their things, n = {_n(sweep.rows[0][1])} nouns. "
        f"Rules: D ≥ τ · max D (the paper's) and D stretched to 0–1 first (its code's). "
        f"{_PICTURES} {_PAPER}",
        "mIoU",
        "τ",
        tuple(_number(row[0]) for row in sweep.rows),
        ("of the maximum (the paper's rule)", "stretched to 0–1 first"),
        tuple(tuple(_estimate(row[place]) for row in sweep.rows) for place in (1, 2)),
        tau,
        _PAPER_BAND,
    )


def _beside_other_methods(methods: tuple[Row, ...], n: int, tau: float) -> Chart:
    return RowsChart(
        "baselines",
        "Beside other methods",
        f"Mean IoU with the same things, n = {n} nouns; hard maps at "
        f"τ = {tau}. Groups of colours are matched to the truth itself, which no method could "
        f"do. {_PICTURES} {_PAPER}",
        "mIoU",
        ("nouns and their things",),
        methods,
        _PAPER_BAND,
    )


def _less_other_methods(methods: tuple[Row, ...], comparison: Table) -> Chart:
    compared = {str(name): cells for name, *cells in comparison.rows}
    return differences(
        "baselines-difference",
        "The heat map less every other method",
        f"Paired noun by noun; above 0 the heat map is the better one. {_PICTURES}",
        "difference of mIoU",
        [
            replace(row, marks=(_estimate(cells[2]),), note=p_value(cells[3], "Holm"))
            if (cells := compared.get(row.name))
            else replace(row, marks=(_SAME,))
            for row in methods
        ],
        ("heat map less the method",),
    )


def of_cohyponyms(effect: CohyponymEffect, tau: float) -> tuple[Chart, ...]:
    """Accuracies and overlaps of both kinds of pairs, and what kinship changes."""
    measured = (("both in the picture", effect.accuracy), ("overlap of the maps", effect.overlap))
    paper = (published.COHYPONYM_ACCURACY, published.OTHER_ACCURACY)
    beside = tuple(Estimate(value, NAN, NAN, 0) for value in (*paper, paper[0] - paper[1]))
    rows = [*measured, ("paper: both in the picture", beside)]
    tested = p_value(effect.p, "Fisher")
    how = (
        f"Share of pictures with both things, and IoU of the two nouns' hard maps at τ = {tau}. "
        f"{INTERVALS.format(units='pairs of nouns')} Paper: {published.SOURCES['notes']}."
    )
    return (
        RowsChart(
            "kinship",
            "Two things of one kind, and of two",
            how,
            "share",
            ("one kind (cohyponyms)", "two kinds"),
            tuple(Row(name, (one, two)) for name, (one, two, _) in rows),
        ),
        differences(
            "kinship-difference",
            "What one kind changes",
            f"One kind less two kinds; below 0 cohyponyms do worse or overlap less. {how}",
            "difference",
            [
                Row(name, (difference,), note=note)
                for (name, (*_, difference)), note in zip(rows, (tested, "", ""), strict=True)
            ],
            ("one kind less two kinds",),
        ),
    )


def of_adjectives(effects: Table) -> tuple[Chart, ...]:
    """Free and frozen attention, and the paired difference."""
    how = (
        "Shares of the adjective's hard map, and of pixels, that another adjective changes. "
        f"{INTERVALS.format(units='series')}"
    )
    rows = [
        (str(name), tuple(map(_estimate, cells[:3])), p_value(cells[3], "sign flips"))
        for name, *cells in effects.rows
    ]
    return (
        RowsChart(
            "change",
            "What another adjective changes",
            f"{how} Frozen: the attention of the first adjective's picture is kept.",
            "share",
            ("free", "attention frozen"),
            tuple(Row(_short(name), marks[:2], name) for name, marks, _ in rows),
        ),
        differences(
            "freezing",
            "What freezing attention changes",
            f"Frozen less free, paired by picture; below 0 freezing keeps more as it was. {how}",
            "difference",
            [Row(_short(name), marks[2:], name, note=note) for name, marks, note in rows],
            ("frozen less free",),
        ),
    )


def of_ablation(table: Table, heads: Mapping[str, str], tau: float) -> tuple[Chart, ...]:
    """What is kept, and how it differs from everything; heads as points in their layer's row.

    `heads` has the name of the layer's row by the name of each head's.
    """
    everything = _estimate(table.rows[0][1])
    whole = Band(everything.low, everything.high, "everything")
    how = (
        f"Nouns' hard maps at τ = {tau} made of a part of the attention only, n = {everything.n} "
        f"nouns; small dots are a layer's single heads. {_PICTURES}"
    )
    return (
        RowsChart(
            "parts", "What a part of the maps finds", f"{how} Band: everything’s interval.",
            "mIoU", ("part of the maps",), _parts(table, heads, 0), whole,
        ),
        differences(
            "parts-difference",
            "A part against everything",
            f"mIoU of the part less that of everything, paired by noun. {how}",
            "difference of mIoU",
            _parts(table, heads, 1),
            ("part less everything",),
        ),
    )  # fmt: skip


def _parts(table: Table, heads: Mapping[str, str], column: int) -> tuple[Row, ...]:
    """A row per part: what it finds (column 0), or by how much that differs (1), with its p."""
    return tuple(
        Row(
            _part(str(name)),
            (_estimate(cells[column]) if cells[column] is not None else _SAME,),
            str(name),
            tuple(
                Point(str(head), _estimate(of_head[column]).value)
                for head, *of_head in table.rows
                if heads.get(str(head)) == name
            ),
            note=p_value(cells[2], "Holm") if column else "",
            strong=name == table.rows[0][0],
        )
        for name, *cells in table.rows
        if name not in heads
    )


def _methods(main: Table, sweep: Table, tau: float) -> tuple[Row, ...]:
    """The heat map at the τ asked for, then every row of the table that is no heat map."""
    ours = [_estimate(row[1]) for row in sweep.rows if row[0] == tau]
    named = [(f"heat map, τ = {tau}", one) for one in ours]
    named += [(str(row[0]), _estimate(row[1])) for row in main.rows]
    return tuple(
        Row(name.removesuffix(f", τ = {tau}"), (one,), name, strong=not place)
        for place, (name, one) in enumerate(named)
        if place == 0 or not name.startswith("heat map")
    )


def _part(name: str) -> str:
    """ "up 1, attention 0, block 0" for diffusers' name of a layer, and shorter words."""
    name = name.removesuffix(" only").removesuffix(" (the paper's sum)")
    found = _LAYER.search(name)
    if not found:
        return name.removeprefix("layer ")
    block, number, attention, transformer = found.groups()
    return f"{block} {number or ''}".strip() + f", attention {attention}, block {transformer}"


def _short(measure: str) -> str:
    """Without what stands in brackets."""
    return re.sub(r" \(.*\)", "", measure)


def _estimate(cell: Cell) -> Estimate:
    return cell if isinstance(cell, Estimate) else MISSING


def _number(cell: Cell) -> float:
    assert isinstance(cell, (int, float))  # noqa: S101
    return float(cell)


def _n(cell: Cell) -> int:
    return _estimate(cell).n
