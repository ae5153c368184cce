"""The charts of a corpus's words: every measure by part of speech, and the commonest lemmas."""

from __future__ import annotations

from collections.abc import Mapping

from daam_engine.analysis.word_statistics import WordStatistics
from daam_engine.experiments.chart import Chart, Row, RowsChart
from daam_engine.experiments.charts import INTERVALS

# name, field of `WordStatistics`, title, what the axis measures, what is said of it
_WORD_CHARTS = (
    ("area", "area", "How much of the picture", "share of the picture",
     "Share of the picture that the word's hard map covers."),
    ("effective-area", "effective_area", "How concentrated", "effective area, 1: everywhere alike",
     "Share of the picture that an even map of the same entropy covers, whatever τ."),
    ("word-spread", "spread", "How far spread", "spread, 1: everywhere alike",
     "Root mean squared distance of the word's attention from its centre; 1: of an even map."),
    ("head-overlap", "head_iou", "Overlap with the head", "IoU",
     "IoU of the word's hard map with its head's; roots have none."),
)  # fmt: skip
_MOST_LEMMAS = 20


def of_words(
    parts: Mapping[str, WordStatistics],
    permuted: Mapping[str, WordStatistics],
    lemmas: Mapping[tuple[str, str], WordStatistics],
    tau: float,
) -> tuple[Chart, ...]:
    """Every measure by part of speech, beside that of permuted maps; and the commonest lemmas."""
    how = (
        f"n occurrences; hard maps at τ = {tau}. Permuted: the maps shuffled among the words of "
        f"their prompt, which tells parts of speech apart no longer. "
        f"{INTERVALS.format(units='pictures')}"
    )
    by_part = [
        RowsChart(
            name,
            title,
            f"{what} {how}",
            measure,
            ("maps", "permuted maps"),
            tuple(
                Row(part, (getattr(one, field), getattr(permuted[part], field)))
                for part, one in parts.items()
            ),
        )
        for name, field, title, measure, what in _WORD_CHARTS
    ]
    common = list(lemmas.items())[:_MOST_LEMMAS]
    return (
        *by_part,
        RowsChart(
            "lemma-area",
            "Area of the most common words",
            f"Share of the picture that the word's hard map covers; n occurrences; τ = {tau}. "
            f"{INTERVALS.format(units='pictures')}",
            "share of the picture",
            ("maps",),
            tuple(Row(lemma, (one.area,), f"{lemma} ({part})") for (lemma, part), one in common),
        ),
    )
