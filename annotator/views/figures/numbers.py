"""The numbers behind a figure, as a table at full precision. An empty cell is undefined."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from annotator.domain.results import BOOTSTRAP_SEED, CONFIDENCE, RESAMPLES, Results, Summary
from annotator.enums import OptOut
from annotator.models.study import SCORES
from annotator.statistics import Estimate
from annotator.views.figures.layout import all_rows

Row = list[Any]

_GROUP = ["pos", "n_items", "n_raters"]
_INTERVAL = ["low", "high", "confidence", "resamples", "bootstrap_seed"]


def numbers_of(name: str, results: Results) -> list[Row]:
    """A header, then the row of all parts of speech together, then one for each."""
    header, cells = _NUMBERS[name]
    rows = ([*_group_cells(row), *cells(row)] for row in all_rows(results))
    return [[*_GROUP, *header], *rows]


def _group_cells(summary: Summary) -> Row:
    return [summary.pos or "ALL", summary.n_items, summary.n_raters]


def _estimate_cells(estimate: Estimate) -> Row:
    numbers = (estimate.value, estimate.low, estimate.high)
    defined = ["" if math.isnan(value) else value for value in numbers]
    return [estimate.n, *defined, CONFIDENCE, RESAMPLES, BOOTSTRAP_SEED]


_NUMBERS: dict[str, tuple[list[str], Callable[[Summary], Row]]] = {
    "mos": (["n_scores", "mos", *_INTERVAL], lambda summary: _estimate_cells(summary.mos)),
    "agreement": (
        ["n_paired_scores", "krippendorff_alpha_ordinal", *_INTERVAL],
        lambda summary: _estimate_cells(summary.alpha),
    ),
    "distribution": (
        ["n_ratings", *(f"score_{score}" for score in SCORES), *OptOut.values],
        lambda summary: [summary.n_ratings, *summary.scores, *summary.opt_outs],
    ),
}
