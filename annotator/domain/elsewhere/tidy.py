"""Imported ratings as a table to take away, which an import reads again as they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from annotator.domain.elsewhere.columns import KIND, OPT_OUT, SIMULATED
from annotator.domain.elsewhere.stored import Stored, stored
from annotator.domain.export import guard_cell
from annotator.domain.results.scale import number
from annotator.enums import OptOut
from annotator.models import ImportedRatings


def tidy_rows(imported: ImportedRatings) -> Iterator[tuple[Any, ...]]:
    """A header, then a line per rating, which `columns` recognises. Formulas are guarded."""
    found = stored(imported)
    columns = _always(found) | _optional(found)
    yield tuple(columns)
    yield from zip(*columns.values(), strict=True)


def _always(found: Stored) -> dict[str, Iterable[Any]]:
    item, rater = found.columns["item"], found.columns["rater"]
    opt_out = found.columns["opt_out"]
    reasons = ["", *OptOut.values]
    return {
        "task": _named([guard_cell(task) for task in found.tasks], item),
        "worker": _named([guard_cell(name) for name in found.raters], rater),
        "label": _named(_labels(found), np.where(opt_out == 0, found.columns["score"], 0)),
        "group": _named(
            [guard_cell(group) for group in found.columns["groups"].tolist()],
            found.columns["group"][item],
        ),
        OPT_OUT: _named(reasons, opt_out),
        KIND: _named(found.columns["kinds"].tolist(), found.columns["kind"][item]),
        SIMULATED: _named(["true" if one else "false" for one in found.answers.simulated], rater),
    }


def _optional(found: Stored) -> dict[str, Iterable[Any]]:
    """Times, known answers and rounds, where there are any."""
    columns: dict[str, Iterable[Any]] = {}
    if not np.isnat(found.at).all():
        columns["submitted_at"] = map(_told, found.at.tolist())
    if found.known.any():
        columns["expected"] = _named(_labels(found), found.known)
    if found.again.any():
        columns["round"] = (found.columns["round"] + 1).tolist()
    return columns


def _labels(found: Stored) -> list[str]:
    """By the place on the scale; 0 is none. Numbers are no formulas, though −2 begins like one."""
    labels = found.scale.labels
    return ["", *(label if number(label) is not None else guard_cell(label) for label in labels)]


def _named(names: list[str], places: Any) -> Iterable[str]:
    return map(names.__getitem__, places.tolist())


def _told(at: Any) -> str:
    return "" if at is None else f"{at.isoformat(timespec='milliseconds')}Z"
