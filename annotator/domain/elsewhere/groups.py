"""Groups of tasks: for each of them results are given. Pure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from annotator.domain.elsewhere.cells import Cells, Codes
from annotator.errors import UploadRefused

# Every group has intervals of its own: about a second of computing for a million ratings.
MOST_GROUPS = 50


def split_by_group(cells: Cells) -> tuple[Cells, int]:
    """One task per group for those that stand in several; and how many tasks those were.

    Answers without a worker or a label are nobody's, and put a task into no group.
    UploadRefused for more groups than results are given for.
    """
    n_groups = len(cells.group.names)
    if n_groups > MOST_GROUPS:
        raise UploadRefused(
            f"The column of groups has {n_groups:,} different ones, and results are given for at "
            f"most {MOST_GROUPS}. Choose another column below, or none."
        )
    pairs = cells.task.codes.astype(np.int64) * n_groups + cells.group.codes
    found, code = np.unique(pairs, return_inverse=True)
    task, group = np.divmod(found, max(n_groups, 1))
    nobodys = cells.worker.blank | (cells.label.blank & cells.opt_out.blank)
    somebodys = np.bincount(code, weights=~nobodys) > 0
    several = np.bincount(task[somebodys], minlength=len(cells.task.names)) > 1
    if not several.any():
        return cells, 0
    names = tuple(
        f"{cells.task.names[t]} / {cells.group.names[g]}" if several[t] else cells.task.names[t]
        for t, g in zip(task.tolist(), group.tolist(), strict=True)
    )
    return replace(cells, task=Codes(code.astype(np.int32), names)), int(several.sum())
