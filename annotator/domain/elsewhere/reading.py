"""A table of ratings into arrays, a row at a time: a million rows are some 30 MB. Pure.

Every row ends in exactly one of three: a rating, refused with its line and the reason, or left out
because the file itself says so (a check, an excluded rater).
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from annotator.domain.elsewhere.cells import Cells, Codes
from annotator.domain.elsewhere.choices import Choices
from annotator.domain.elsewhere.columns import KIND, OPT_OUT, SIMULATED, Layout, Question, Table
from annotator.domain.elsewhere.times import NO_TIME, milliseconds_of
from annotator.domain.material.prompt_rows import readable
from annotator.errors import UploadRefused

# Told how many lines are read.
Report = Callable[[int], object]
# A line's number and its fields.
Row = tuple[int, list[str]]

MOST_ANSWERS = 2_000_000
# Few enough to stay in the processor's cache: three times faster than ten thousand.
_PIECE = 200


def read_cells(
    table: Table, rows: Iterator[Row], choices: Choices, report: Report | None = None
) -> Cells:
    """All answers of the file to the chosen question; `choices` are `completed`.

    UploadRefused without a row, and for more than `MOST_ANSWERS`: memory is bounded by them.
    """
    reader, n_read = _Reader(table, choices), 0
    while piece := list(islice(rows, _PIECE)):
        n_read += len(piece)
        if report is not None:
            report(n_read)
        reader.add(piece)
    if not n_read:
        raise UploadRefused("The file has a header and no rating below it. Upload one with both.")
    return reader.finished()


class _Column:
    """A column being read: a name gets its number when it is first seen."""

    def __init__(self) -> None:
        self._codes = array("i")
        self._numbers: defaultdict[str, int] = defaultdict()
        self._numbers.default_factory = self._numbers.__len__

    def extend(self, names: Iterable[str]) -> None:
        self._codes.extend(map(self._numbers.__getitem__, names))

    def finished(self) -> Codes:
        return Codes(np.array(self._codes, dtype=np.int32), tuple(self._numbers))


class _Times:
    """A column of times being read. A number each: hardly one occurs twice."""

    def __init__(self) -> None:
        self._milliseconds = array("q")

    def extend(self, texts: Iterable[str]) -> None:
        self._milliseconds.extend(map(milliseconds_of, texts))

    def finished(self, n: int) -> NDArray[np.datetime64]:
        """Of `n` answers; none is a time where there is no such column."""
        found = np.array(self._milliseconds, dtype=np.int64)
        return (found if n == len(found) else np.full(n, NO_TIME)).astype("datetime64[ms]")


class _Reader:
    """The answers of the rows added so far, a few rows at a time."""

    def __init__(self, table: Table, choices: Choices) -> None:
        self._table = table
        self._question = _question(table, choices.question)
        self._task = _place(table, choices.task)
        names = {
            "worker": choices.worker,
            "group": choices.group,
            "known": choices.known,
            "round": choices.round,
            "opt_out": OPT_OUT,
            "kind": KIND,
            "simulated": SIMULATED,
        }
        # Where the cells of a row stand that all its answers share.
        self._shared = _places(table, names)
        self._missing = names.keys() - self._shared.keys()
        self._time = _places(table, {"at": choices.time})
        self._lines, self._at = array("i"), _Times()
        self._columns = {name: _Column() for name in ("task", "label", *self._shared)}
        self._broken: list[tuple[int, str]] = []
        self._left_out: Counter[str] = Counter()

    def add(self, piece: Iterable[Row]) -> None:
        _check_size(len(self._lines) + len(self._broken))
        kept = [row for row in piece if not self._is_set_apart(row)]
        if not kept:
            return
        lines = [line for line, _ in kept]
        columns = zip(*(row for _, row in kept), strict=True)
        cells = [[cell.strip() for cell in column] for column in columns]
        tasks = cells[self._task]
        for end, labels in _answers(self._question, cells):
            self._lines.extend(lines)
            self._columns["task"].extend([f"{name}{end}" for name in tasks] if end else tasks)
            self._columns["label"].extend(labels)
            for name, place in self._shared.items():
                self._columns[name].extend(cells[place])
            for place in self._time.values():
                self._at.extend(cells[place])

    def _is_set_apart(self, numbered: Row) -> bool:
        """Whether this row is no rating, or none that counts; it is then put with its kind."""
        line, row = numbered
        if len(row) != (wanted := len(self._table.header)):
            why = f"This row has {len(row)} fields and the header {wanted}."
            if breaks := sum(cell.count("\n") for cell in row):
                why += f" It runs to line {line + breaks}: a quotation mark may never be closed."
            self._broken.append((line, why))
            return True
        why = self._table.left_out_by(row)
        if why:
            self._left_out[why] += 1
        return bool(why)

    def finished(self) -> Cells:
        n = len(self._lines)
        return Cells(
            line=np.array(self._lines, dtype=np.int32),
            at=self._at.finished(n),
            broken=tuple(self._broken),
            left_out=self._left_out,
            **{name: column.finished() for name, column in self._columns.items()},
            **{name: Codes.nothing(n) for name in self._missing},
        )


def _check_size(n_answers: int) -> None:
    if n_answers > MOST_ANSWERS:
        raise UploadRefused(
            f"The file has more than {MOST_ANSWERS:,} answers to this question. Split it, and "
            "import the parts one by one."
        )


def _places(table: Table, names: Mapping[str, str | None]) -> dict[str, int]:
    """Of the columns that are named, by what they are read for; this site's own may be missing."""
    found = {role: table.column(name) for role, name in names.items() if name}
    return {role: place for role, place in found.items() if place is not None}


def _place(table: Table, name: str) -> int:
    place = table.column(name)
    if place is None:
        raise UploadRefused(f"There is no column “{readable(name)}”. Choose another one.")
    return place


def _question(table: Table, name: str) -> Question:
    """One that was recognised, or any column by its name."""
    return table.question(name) or Question(name, Layout.ONE, (("", _place(table, name)),))


def _answers(
    question: Question, cells: Sequence[Sequence[str]]
) -> Iterator[tuple[str, Iterable[str]]]:
    """What is added to the tasks' names, and the labels: (row,)."""
    if question.layout is Layout.ONE:
        yield "", cells[question.columns[0][1]]
    elif question.layout is Layout.PER_ITEM:
        for end, place in question.columns:
            yield f"/{end}", cells[place]
    else:
        ends = [end for end, _ in question.columns]
        points = zip(*(cells[place] for _, place in question.columns), strict=True)
        yield "", (_chosen(ends, cells) for cells in points)


def _chosen(ends: Sequence[str], cells: Sequence[str]) -> str:
    """The point with *true* in its column; two points are a label that is on no scale."""
    return " and ".join(
        end for end, cell in zip(ends, cells, strict=True) if cell.lower() == "true"
    )
