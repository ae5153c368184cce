"""The numbers of the results page for a snapshot, so that a paper cites them with their data.

`results.csv` has one row per number; `results.json` says how they were made, and holds all that
the page computes. Nothing is rounded.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from annotator import __version__
from annotator.domain.export.bundles import Entry
from annotator.domain.export.columns import Column, Row
from annotator.domain.export.formats import FORMATS
from annotator.domain.rating import masks, presence, presence_agreement, presence_arms
from annotator.domain.rating.presence import Seen
from annotator.domain.results.computing import compute
from annotator.domain.results.filters import Filter
from annotator.domain.results.resampling import (
    BOOTSTRAP_SEED,
    CONFIDENCE,
    PERMUTATIONS,
    RESAMPLES,
)
from annotator.domain.results.stored_numbers import to_json
from annotator.domain.results.summary import Results, Summary
from annotator.enums import Task
from annotator.models import Study
from annotator.statistics import Contrast, Estimate

RESULT_COLUMNS = (
    Column(
        "about",
        "",
        "code",
        "whose number it is: of all real maps, a part of speech, a control or a condition, of "
        "two models or files of prompts beside each other, or an effect in the mixed model",
        allowed="all | pos | control | condition | model | batch | effect",
    ),
    Column("group", "", "text", "its name; of two, the first"),
    Column("other", "", "text", "what it is compared with, where it is compared"),
    Column("measure", "", "text", "what was measured, by its name in docs/results.md and the API"),
    Column("n", "", "integer", "how many scores or items it is of, as the results page counts"),
    Column("value", "", "number", "the number; empty: not defined"),
    Column("low", "", "number", "lower end of its interval; empty: there is none"),
    Column("high", "", "number", "upper end of its interval"),
    Column(
        "p",
        "",
        "number",
        "two-sided, of a permutation test; of things seen, of Fisher's exact test; of an effect, "
        "Wald's",
        allowed="0 to 1",
    ),
    Column("p_holm", "", "number", "the same, adjusted for all comparisons", allowed="0 to 1"),
    Column("note", "", "text", "why there is no number, or no interval"),
)

_COUNTED = "the last answer of every rater who is not excluded"
_RESAMPLED = {"confidence": CONFIDENCE, "resamples": RESAMPLES, "seed": BOOTSTRAP_SEED}
_RULE = {
    "counted": f"{_COUNTED}, to real maps unless it says otherwise; no gold checks, no repeats",
    "intervals": "percentiles of bootstrap resamples of items; of prompts where two conditions are "
    "compared word by word",
    "tests": "permutation of items, and signs of prompts flipped where two conditions are compared "
    "word by word; two-sided, adjusted by Holm",
    **_RESAMPLED,
    "permutations": PERMUTATIONS,
}
_RULE_OF_MASKS = {
    "counted": f"{_COUNTED}; things of which two masks are compared, one of which shows it",
    "intervals": "percentiles of bootstrap resamples of pictures, each with all its things",
    **_RESAMPLED,
}
_RULE_OF_THINGS = {
    "counted": f"{_COUNTED}; pictures that somebody could judge",
    "intervals": "percentiles of bootstrap resamples of pictures; of sets of named things where "
    "two files are compared",
    "tests": "Fisher's exact test, two-sided, adjusted by Holm",
    **_RESAMPLED,
}


CSV, JSON = "results.csv", "results.json"


def entries_of(study: Study) -> Iterator[Entry]:
    """Of all there is at this moment."""
    if study.task == Task.SEGMENTATION:
        return of_masks(masks.agreement(masks.drawn_items(study=study)))
    if study.task == Task.PRESENCE:
        return of_things(presence.seen_items(study=study))
    return of_ratings(compute(study=study, filter=Filter()))


def of_ratings(results: Results) -> Iterator[Entry]:
    return _entries(list(_rows(results)), to_json(results), _RULE)


def of_masks(agreement: Estimate) -> Iterator[Entry]:
    return _listed([_row("all", "", "mean_iou", agreement)], _RULE_OF_MASKS)


def of_things(items: Sequence[Seen]) -> Iterator[Entry]:
    return _listed(list(_seen(items)), _RULE_OF_THINGS)


def _listed(rows: list[Row], rule: Mapping[str, Any]) -> Iterator[Entry]:
    """With the rows themselves as the numbers."""
    names = [column.name for column in RESULT_COLUMNS]
    return _entries(rows, [dict(zip(names, row, strict=True)) for row in rows], rule)


def _entries(rows: list[Row], numbers: Any, rule: Mapping[str, Any]) -> Iterator[Entry]:
    told = {"daam-annotator": __version__, "rule": rule, "numbers": numbers}
    text = json.dumps(told, indent=1, ensure_ascii=False, allow_nan=False)
    yield Entry(CSV, FORMATS["csv"].write(RESULT_COLUMNS, rows))
    yield Entry(JSON, [f"{text}\n".encode()])


def _row(
    about: str, group: str, measure: str, found: Estimate, *, note: str = "", other: str = "",
    p: tuple[float, float] = (math.nan, math.nan),
) -> Row:  # fmt: skip
    numbers = (found.value, found.low, found.high, *p)
    cells = [None if math.isnan(number) else number for number in numbers]
    return [about, group, other, measure, found.n, *cells, note]


# -- of rated maps -------------------------------------------------------------------------------


def _rows(results: Results) -> Iterator[Row]:
    for summary in results.rows:
        yield from _of_group(summary)
    for control in results.comparisons:
        yield _row("control", control.kind, "mos", control.mos)
        yield from _compared("control", results.kind, control.kind, control.contrast)
    for condition in results.conditions:
        yield _row("condition", condition.name, "mos", condition.mos)
        yield _row("condition", condition.name, "mos_of_medians", condition.paper)
    for pair in results.pairings:
        yield from _compared("condition", pair.one, pair.other, pair.contrast)
    for effect in results.effects.effects if results.effects else ():
        p = (effect.p, math.nan)
        yield _row("effect", effect.name, "logit", effect.logit, other=effect.reference, p=p)
    for split in results.splits:
        yield from _compared(split.by, split.one, split.other, split.contrast)


def _of_group(summary: Summary) -> Iterator[Row]:
    group = ("pos" if summary.pos else "all", summary.pos)
    yield _row(*group, "mos", summary.mos, note=summary.mos_note)
    yield _row(*group, "mos_of_medians", summary.paper, note=summary.paper_note)
    yield _row(*group, "share_fair_or_better", summary.fair)
    for found in summary.agreement:
        yield _row(*group, found.name, found.estimate, note=found.note)


def _compared(about: str, one: str, other: str, contrast: Contrast) -> Iterator[Row]:
    p = (contrast.test.p, contrast.p_holm)
    yield _row(about, one, "difference", contrast.difference, other=other, p=p)
    yield _row(about, one, "cliffs_delta", contrast.delta, other=other)


# -- of things seen ------------------------------------------------------------------------------


def _seen(items: Sequence[Seen]) -> Iterator[Row]:
    yield _row("all", "", "share_right", presence.accuracy(items))
    for name, found in presence.by_batch(items):
        yield _row("batch", name, "share_right", found)
    for two in presence_arms.contrasts(items):
        p = (two.p, two.p_holm)
        yield _row("batch", two.first, "difference", two.difference, other=two.second, p=p)
    yield _row("all", "", "alpha_nominal", presence_agreement.alpha(items))
