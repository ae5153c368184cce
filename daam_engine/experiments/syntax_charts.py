"""The charts of syntax: overlaps of every relation, which side dominates, and what partners add."""

from __future__ import annotations

from collections.abc import Sequence

from daam_engine.analysis.intervals import Estimate
from daam_engine.analysis.syntax import ALL, OTHER, SAME, RelationOverlap
from daam_engine.experiments.chart import Chart, Row, RowsChart, differences, p_value
from daam_engine.experiments.charts import INTERVALS

_SHORT = {ALL: "any relation", SAME: "one thing", OTHER: "two things"}
_PERMUTED = (
    "Permuted: the maps shuffled among the words of their prompt, which must show nothing. "
    + INTERVALS.format(units="prompts")
)

Rows = Sequence[RelationOverlap]


def of_syntax(rows: Rows, permuted: Rows, tau: float) -> tuple[Chart, ...]:
    """Both overlaps of every relation, and the two differences beside those of permuted maps."""
    by_chance = {row.relation: row for row in permuted}
    return (
        _overlaps(rows, tau),
        differences(
            "dominance",
            "Which of the two dominates",
            f"mIoD − mIoH: above 0 the head dominates, below 0 the dependent. {_PERMUTED}",
            "mIoD − mIoH",
            [_row(row, row.difference, by_chance[row.relation].difference, row.p) for row in rows],
            ("maps", "permuted maps"),
        ),
        differences(
            "partners",
            "Do words overlap more with their partner?",
            "mIoU of the pairs, less that of either word with others of its partner's part of "
            f"speech in the prompt that have nothing to do with it. {_PERMUTED}",
            "difference of mIoU",
            [
                _row(
                    row,
                    row.exchanged.difference,
                    by_chance[row.relation].exchanged.difference,
                    row.exchanged.p,
                )
                for row in rows
                if row.exchanged.first.n
            ],
            ("maps", "permuted maps"),
        ),
    )


def _overlaps(rows: Rows, tau: float) -> Chart:
    return RowsChart(
        "overlaps",
        "How far maps lie in each other",
        "Mean shares of the dependent's hard map that lie in its head's (mIoD) and of the "
        f"head's in the dependent's (mIoH), at τ = {tau}; n pairs of words. The head's map is "
        "the wider one where mIoD is the larger.",
        "share of the map",
        ("mIoD, of the dependent's map", "mIoH, of the head's map"),
        tuple(Row(_name(row), (row.miod, row.mioh), row.relation) for row in rows),
        joined=True,
    )


def _row(row: RelationOverlap, found: Estimate, by_chance: Estimate, p: float) -> Row:
    return Row(_name(row), (found, by_chance), row.relation, note=p_value(p, "Holm"))


def _name(row: RelationOverlap) -> str:
    return _SHORT.get(row.relation, row.relation)
