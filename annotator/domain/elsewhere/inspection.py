"""A whole file read and judged under some choices."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from annotator.domain.elsewhere.cells import Cells
from annotator.domain.elsewhere.choices import Choices, completed
from annotator.domain.elsewhere.columns import Table
from annotator.domain.elsewhere.groups import split_by_group
from annotator.domain.elsewhere.judging import REASONS, Judged, judge
from annotator.domain.elsewhere.opening import open_table
from annotator.domain.elsewhere.reading import Report, read_cells

SHOWN_LABELS = 20


@dataclass(frozen=True)
class Inspection:
    """What is in a file under some choices. `refused` and `left_out` count by their reason, and
    `n_split` the tasks that stand in several groups.
    """

    table: Table
    choices: Choices
    cells: Cells
    judged: Judged
    n_split: int

    @cached_property
    def ratings(self) -> NDArray[np.bool_]:
        """Those that the results are computed from, without repeats and checks: (answer,)."""
        kept = self.judged.kept & ~self.judged.again
        if self.choices.checks_apart:
            kept &= ~self.is_check[self.cells.task.codes]
        return kept

    @cached_property
    def is_check(self) -> NDArray[np.bool_]:
        """Which tasks have a known answer on any line: (task,)."""
        known = self.judged.kept & (self.judged.known > 0)
        return np.bincount(self.cells.task.codes[known], minlength=len(self.cells.task.names)) > 0

    @property
    def n_ratings(self) -> int:
        return int(self.ratings.sum())

    @property
    def n_tasks(self) -> int:
        return len(np.unique(self.cells.task.codes[self.ratings]))

    @property
    def n_workers(self) -> int:
        return len(np.unique(self.cells.worker.codes[self.ratings]))

    @property
    def n_repeats(self) -> int:
        return int(self.judged.again.sum())

    @property
    def n_known(self) -> int:
        """Ratings that can be compared with a known answer."""
        judged = self.judged
        return int((judged.kept & ~judged.again & (judged.known > 0)).sum())

    @property
    def n_timeless(self) -> int:
        """Kept answers without a time that can be read."""
        return int(np.isnat(self.cells.at[self.judged.kept]).sum())

    @property
    def span(self) -> tuple[str, str]:
        """The first and the last time of a kept answer, in UTC to the minute; empty without any."""
        at = self.cells.at[self.judged.kept]
        at = at[~np.isnat(at)]
        if not len(at):
            return "", ""
        first, last = np.datetime_as_string(np.array([at.min(), at.max()]), unit="m").tolist()
        return first.replace("T", " "), last.replace("T", " ")

    @property
    def n_refused(self) -> int:
        return len(self.cells.broken) + int((~self.judged.kept).sum())

    @property
    def left_out(self) -> dict[str, int]:
        return dict(self.cells.left_out)

    @property
    def unused(self) -> list[str]:
        return self.table.unused(*self.choices.columns, self.choices.question)

    def label_counts(self) -> list[tuple[str, int]]:
        """The commonest labels and how often each occurs, before anything is refused."""
        counts = self.cells.label_counts()
        return sorted(counts.items(), key=lambda found: -found[1])[:SHOWN_LABELS]

    def refused_by_reason(self) -> dict[str, int]:
        counts = np.bincount(self.judged.reason, minlength=len(REASONS)).tolist()
        found = {why: count for why, count in zip(REASONS[1:], counts[1:], strict=True) if count}
        for _, why in self.cells.broken:
            found[why] = found.get(why, 0) + 1
        return found

    def refusals(self) -> Iterator[tuple[int, str, str]]:
        """Line, label and reason of everything that cannot be used, in the order of the file."""
        label, line = self.cells.label, self.cells.line
        rows = np.flatnonzero(~self.judged.kept)
        judged = (
            (int(line[row]), label.names[label.codes[row]], self._why(int(row)))
            for row in rows[np.argsort(line[rows], kind="stable")]
        )
        broken = ((line, "", why) for line, why in self.cells.broken)
        yield from heapq.merge(judged, broken, key=itemgetter(0))

    def _why(self, row: int) -> str:
        return REASONS[self.judged.reason[row]]


def inspect(content: bytes, choices: Choices, report: Report | None = None) -> Inspection:
    """Raises `UploadRefused`, saying what is to be chosen or mended."""
    table, rows = open_table(content)
    completed_choices = completed(table, choices)
    cells, n_split = split_by_group(read_cells(table, rows, completed_choices, report))
    judged = judge(cells, completed_choices)
    scale = judged.scale
    chosen = replace(completed_choices, scale=scale.labels, ordered=scale.ordered)
    return Inspection(table, chosen, cells, judged, n_split)
