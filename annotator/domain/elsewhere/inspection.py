"""A whole file read and judged under some choices."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, replace
from operator import itemgetter

import numpy as np

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

    @property
    def n_ratings(self) -> int:
        return int(self.judged.kept.sum())

    @property
    def n_tasks(self) -> int:
        return len(np.unique(self.cells.task.codes[self.judged.kept]))

    @property
    def n_workers(self) -> int:
        return len(np.unique(self.cells.worker.codes[self.judged.kept]))

    @property
    def n_refused(self) -> int:
        return len(self.cells.broken) + int((~self.judged.kept).sum())

    @property
    def left_out(self) -> dict[str, int]:
        return dict(self.cells.left_out)

    @property
    def unused(self) -> list[str]:
        chosen = self.choices
        return self.table.unused(chosen.task, chosen.worker, chosen.group or "", chosen.question)

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
