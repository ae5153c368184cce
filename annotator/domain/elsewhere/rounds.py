"""Several ratings of a task by one worker: repeats in rounds, or a line there twice. Pure."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from annotator.domain.elsewhere.cells import Cells
from annotator.domain.results.scale import number
from annotator.enums import AssignmentPurpose

_Rows = NDArray[np.bool_]
_FIRST = ("", "false", "no", AssignmentPurpose.RATING.value)
_SECOND = ("true", "yes", AssignmentPurpose.REPEAT.value)


def have_no_round(cells: Cells) -> _Rows:
    """What stands there is neither a number nor *yes* or *no*: (answer,)."""
    return np.isnan(_numbers(cells))[cells.round.codes]


def rounds_of(cells: Cells) -> NDArray[np.int64]:
    """The place of each answer's round among the file's, from 0: (answer,)."""
    _, place = np.unique(_numbers(cells), return_inverse=True)
    return place[cells.round.codes]


def _numbers(cells: Cells) -> NDArray[np.float64]:
    """Of the names of rounds: nothing and *no* are 0, *yes* is 1, nan for what is no number."""
    return np.array([_round(name.lower()) for name in cells.round.names], dtype=np.float64)


def _round(name: str) -> float:
    if name in _FIRST:
        return 0
    if name in _SECOND:
        return 1
    found = number(name)
    return math.nan if found is None else found


def _of_one(cells: Cells, rows: NDArray[np.intp]) -> NDArray[np.int64]:
    """The same number for the same task and worker: (row,)."""
    return (
        cells.task.codes[rows].astype(np.int64) * len(cells.worker.names)
        + (cells.worker.codes[rows])
    )


def duplicates(cells: Cells, usable: _Rows) -> tuple[_Rows, _Rows]:
    """Usable answers of a task by one worker in one round of which there are several: all of them,
    and those that are not the last, by time, or by line where times are equal or unknown: (answer,)
    each.
    """
    rows = np.flatnonzero(usable)
    rows = rows[np.argsort(cells.at[rows].astype(np.int64), kind="stable")]
    keys = _of_one(cells, rows) * len(cells.round.names) + rounds_of(cells)[rows]
    _, last, number, count = np.unique(
        keys[::-1], return_index=True, return_inverse=True, return_counts=True
    )
    several, replaced = np.zeros((2, len(usable)), dtype=bool)
    several[rows] = (count[number] > 1)[::-1]
    replaced[rows] = several[rows]
    replaced[rows[len(rows) - 1 - last]] = False
    return several, replaced


def repeats(cells: Cells, kept: _Rows) -> _Rows:
    """Kept answers of a later round than another one of this worker and task: (answer,)."""
    again = np.zeros(len(kept), dtype=bool)
    if len(cells.round.names) > 1:
        rows = np.flatnonzero(kept)
        rows = rows[np.argsort(rounds_of(cells)[rows], kind="stable")]
        again[rows] = True
        again[rows[np.unique(_of_one(cells, rows), return_index=True)[1]]] = False
    return again
