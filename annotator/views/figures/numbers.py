"""The numbers behind a figure, as a table at full precision. An empty cell is undefined."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from typing import Any

from annotator.domain.results.rater_results import RaterNumbers
from annotator.domain.results.resampling import BOOTSTRAP_SEED, CONFIDENCE, PERMUTATIONS, RESAMPLES
from annotator.domain.results.scale import Scale
from annotator.domain.results.summary import Results, Summary
from annotator.enums import OptOut
from annotator.statistics import Contrast, Estimate

Row = list[Any]

_GROUP = ["pos", "n_items", "n_raters", "k_fewest", "k_most"]
_HOW = ["confidence", "resamples", "bootstrap_seed"]
_HOW_CELLS = [CONFIDENCE, RESAMPLES, BOOTSTRAP_SEED]


def numbers_of(name: str, scale: Scale, results: Results) -> list[Row]:
    """A header, then a row per row of the figure: all parts of speech together come first."""
    header, rows = TABLES[name]
    header = [
        name for column in header for name in (_points(scale) if column == _POINTS else [column])
    ]
    return [header, *([_cell(value) for value in row] for row in rows(results))]


def _points(scale: Scale) -> list[str]:
    """A column per point, by its number; names without an order are columns themselves."""
    if not scale.ordered:
        return [f"label_{label}" for label in scale.labels]
    return [f"score_{value:g}" for value in scale.values]


def _cell(value: Any) -> Any:
    return "" if isinstance(value, float) and math.isnan(value) else value


def _group(summary: Summary) -> Row:
    return [
        summary.pos or "ALL",
        summary.n_items,
        summary.n_raters,
        summary.fewest,
        summary.most,
    ]


def _numbers(estimate: Estimate) -> Row:
    return [estimate.value, estimate.low, estimate.high]


def _opinion(results: Results) -> Iterator[Row]:
    for row in results.rows:
        mos, paper, fair = row.mos, row.paper, row.fair
        cells = [mos.n, *_numbers(mos), paper.n, *_numbers(paper), *_numbers(fair)]
        yield [*_group(row), *cells, *_HOW_CELLS]


def _agreement(results: Results) -> Iterator[Row]:
    for row in results.rows:
        for found in row.agreement:
            cells = [found.name, found.estimate.n, *_numbers(found.estimate), found.note]
            yield [*_group(row), *cells, *_HOW_CELLS]


def _distribution(results: Results) -> Iterator[Row]:
    for row in results.rows:
        yield [*_group(row), row.n_ratings, *row.scores, *row.opt_outs]


def _controls(results: Results) -> Iterator[Row]:
    for row in results.comparisons:
        group = [row.kind, row.n_items, row.mos.n, row.n_opt_outs]
        yield [*group, *_numbers(row.mos), *_contrast(row.contrast)]


def _contrast(contrast: Contrast) -> Row:
    p = [contrast.test.p, contrast.p_holm, contrast.test.exact, PERMUTATIONS]
    return [*_numbers(contrast.difference), *_numbers(contrast.delta), *p, *_HOW_CELLS]


def _conditions(results: Results) -> Iterator[Row]:
    for row in results.conditions:
        cells = [row.name, row.n_items, row.mos.n, row.n_opt_outs, *_numbers(row.mos)]
        yield [*cells, row.paper.n, *_numbers(row.paper), *_HOW_CELLS]


def _pairings(results: Results) -> Iterator[Row]:
    for row in results.pairings:
        yield [row.one, row.other, row.contrast.difference.n, *_contrast(row.contrast)]


def _splits(results: Results) -> Iterator[Row]:
    for row in results.splits:
        yield [row.by, row.one, row.other, row.contrast.difference.n, *_contrast(row.contrast)]


def _effects(results: Results) -> Iterator[Row]:
    found = results.effects
    for row in found.effects if found else ():
        cells = [row.by, row.name, row.reference, row.logit.n, *_numbers(row.logit)]
        yield [*cells, *_numbers(row.odds_ratio), row.p, CONFIDENCE]


def _raters(results: Results) -> Iterator[Row]:
    for rater in results.raters.raters:
        yield [getattr(rater, field.name) for field in fields(rater)]


def _reliability(results: Results) -> Iterator[Row]:
    raters = results.raters
    named = {"self_agreement": raters.self_agreement, "known_answers": raters.accuracy}
    for what, measures in named.items():
        for found in measures:
            cells = [found.estimate.n, *_numbers(found.estimate), found.note]
            yield [what, found.name, *cells, *_HOW_CELLS]


def _with_ends(*names: str) -> list[str]:
    return [column for name in names for column in (name, f"{name}_low", f"{name}_high")]


# Stands for as many columns as the scale has points.
_POINTS = "points"
_TEST = ["p", "p_holm", "exact", "permutations"]
TABLES: dict[str, tuple[list[str], Callable[[Results], Iterable[Row]]]] = {
    "mos": (
        [
            *(*_GROUP, "n_scores", *_with_ends("mos"), "n_items_without_opt_out"),
            *(*_with_ends("mos_paper_rule", "share_fair_or_better"), *_HOW),
        ],
        _opinion,
    ),
    "agreement": (
        [*_GROUP, "measure", "n_paired_scores", *_with_ends("value"), "note", *_HOW],
        _agreement,
    ),
    "controls": (
        [
            *("kind", "n_items", "n_scores", "n_opt_outs", *_with_ends("mos")),
            *(*_with_ends("real_is_higher_by", "cliffs_delta"), *_TEST, *_HOW),
        ],
        _controls,
    ),
    "conditions": (
        [
            *("condition", "n_items", "n_scores", "n_opt_outs", *_with_ends("mos")),
            *("n_items_without_opt_out", *_with_ends("mos_paper_rule"), *_HOW),
        ],
        _conditions,
    ),
    "pairings": (
        [
            *("first", "second", "n_pairs"),
            *(*_with_ends("first_is_higher_by", "cliffs_delta_within_pairs"), *_TEST, *_HOW),
        ],
        _pairings,
    ),
    "splits": (
        [
            *("compared", "first", "second", "n_items"),
            *(*_with_ends("first_is_higher_by", "cliffs_delta"), *_TEST, *_HOW),
        ],
        _splits,
    ),
    "effects": (
        [
            *("family", "group", "reference", "n_scores", *_with_ends("logit", "odds_ratio")),
            *("p_wald", "confidence"),
        ],
        _effects,
    ),
    "raters": ([field.name for field in fields(RaterNumbers)], _raters),
    "reliability": (
        ["what", "measure", "n_answers", *_with_ends("value"), "note", *_HOW],
        _reliability,
    ),
    "distribution": (
        [*_GROUP, "n_ratings", _POINTS, *OptOut.values],
        _distribution,
    ),
}
