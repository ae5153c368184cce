"""A table of ratings into arrays, a row at a time: a million rows are some 30 MB. Pure.

Every row ends in exactly one of three: a rating, refused with its line and the reason, or left out
because the file itself says so (a check, a repeat, an excluded rater).
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, repeat

import numpy as np
from numpy.typing import NDArray

from annotator.domain.elsewhere import columns
from annotator.domain.elsewhere.columns import Layout, Question, Table
from annotator.domain.material.prompt_rows import readable
from annotator.errors import UploadRefused

# Told how many lines are read.
Report = Callable[[int], object]

MOST_ANSWERS = 2_000_000
# Few enough to stay in the processor's cache: three times faster than ten thousand.
_PIECE = 200


@dataclass(frozen=True)
class Choices:
    """What a person decided about a file. Empty, and None: what was recognised.

    `scale` is its labels, worst first if `ordered`; `opt_outs` labels that mean “no score”;
    of several ratings of a task by one worker the last is kept if `keep_last`, otherwise all are
    refused.
    """

    task: str = ""
    worker: str = ""
    group: str | None = None
    question: str = ""
    scale: tuple[str, ...] = ()
    ordered: bool | None = None
    opt_outs: tuple[str, ...] = ()
    keep_last: bool = False
    keep_names: bool = False


@dataclass(frozen=True)
class Codes:
    """Names of which each is held once; entry i of a column of rows is `names[codes[i]]`."""

    codes: NDArray[np.int32]
    names: tuple[str, ...]

    @property
    def blank(self) -> NDArray[np.bool_]:
        """Which entries say nothing: (entry,)."""
        return np.array([not name for name in self.names], dtype=bool)[self.codes]


@dataclass(frozen=True)
class Cells:
    """The read rows, in the order of the file: one entry per answer."""

    line: NDArray[np.int32]
    task: Codes
    worker: Codes
    label: Codes
    group: Codes
    opt_out: Codes
    kind: Codes
    simulated: Codes
    # Lines that are not ratings, and why.
    broken: tuple[tuple[int, str], ...]
    left_out: Counter[str]

    def label_counts(self) -> dict[str, int]:
        counts = np.bincount(self.label.codes, minlength=len(self.label.names))
        return dict(zip(self.label.names, counts.tolist(), strict=True))


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


def recognised(table: Table, choices: Choices) -> Choices:
    """The choices with what was recognised in place of what was not chosen."""
    questions = [question.name for question in table.questions]
    return replace(
        choices,
        task=choices.task or table.task,
        worker=choices.worker or table.worker,
        group=table.group if choices.group is None else choices.group,
        question=choices.question or (questions[0] if questions else ""),
    )


def completed(table: Table, choices: Choices) -> Choices:
    """As `recognised`. Raises `UploadRefused` naming what cannot be told from the header."""
    chosen = recognised(table, choices)
    wanted = {"task": chosen.task, "worker": chosen.worker, "label": chosen.question}
    missing = [name for name, column in wanted.items() if not column]
    if missing:
        raise UploadRefused(
            f"No column for the {' and the '.join(missing)} was found among "
            f"{', '.join(map(readable, table.header[:20]))}. Name the columns task, worker and "
            "label, or choose them here."
        )
    return chosen


def read_cells(
    table: Table,
    rows: Iterator[tuple[int, list[str]]],
    choices: Choices,
    report: Report | None = None,
) -> Cells:
    """All answers of the file to the chosen question; `choices` are `completed`.

    UploadRefused without a row, and for more than `MOST_ANSWERS`: memory is bounded by them.
    """
    question = _question(table, choices.question)
    lines, broken, left_out = array("i"), list[tuple[int, str]](), Counter[str]()
    task, worker, label, *others = (_Column() for _ in range(7))
    names = (choices.group or "", columns.OPT_OUT, columns.KIND, columns.SIMULATED)
    n_read = 0
    while piece := list(islice(rows, _PIECE)):
        n_read += len(piece)
        _check_size(len(lines) + len(broken))
        if report is not None:
            report(n_read)
        kept = [row for row in piece if not _set_apart(row, table, broken, left_out)]
        cells = [
            [cell.strip() for cell in column]
            for column in zip(*(row for _, row in kept), strict=True)
        ]
        if not kept:
            continue
        tasks = cells[_place(table, choices.task)]
        for end, labels in _answers(question, cells):
            lines.extend(line for line, _ in kept)
            task.extend(f"{name}{end}" for name in tasks) if end else task.extend(tasks)
            worker.extend(cells[_place(table, choices.worker)])
            label.extend(labels)
            for column, name in zip(others, names, strict=True):
                place = table.column(name)
                column.extend(repeat("", len(kept)) if place is None else cells[place])
    if not n_read:
        raise UploadRefused("The file has a header and no rating below it. Upload one with both.")
    group, opt_out, kind, simulated = others
    return Cells(
        line=np.array(lines, dtype=np.int32),
        task=task.finished(),
        worker=worker.finished(),
        label=label.finished(),
        group=group.finished(),
        opt_out=opt_out.finished(),
        kind=kind.finished(),
        simulated=simulated.finished(),
        broken=tuple(broken),
        left_out=left_out,
    )


def _check_size(n_answers: int) -> None:
    if n_answers > MOST_ANSWERS:
        raise UploadRefused(
            f"The file has more than {MOST_ANSWERS:,} answers to this question. Split it, and "
            "import the parts one by one."
        )


def _set_apart(
    numbered: tuple[int, list[str]],
    table: Table,
    broken: list[tuple[int, str]],
    left_out: Counter[str],
) -> bool:
    """Whether this row is no rating, or none that counts; it is then put with its kind."""
    line, row = numbered
    if len(row) != len(table.header):
        broken.append((line, f"This row has {len(row)} fields and the header {len(table.header)}."))
        return True
    why = table.left_out_by(row)
    if why:
        left_out[why] += 1
    return bool(why)


def _place(table: Table, name: str) -> int:
    place = table.column(name)
    if place is None:
        raise UploadRefused(f"There is no column “{readable(name)}”. Choose another one.")
    return place


def _question(table: Table, name: str) -> Question:
    """One that was recognised, or any column by its name."""
    for question in table.questions:
        if question.name == name:
            return question
    return Question(name, Layout.ONE, (("", _place(table, name)),))


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
