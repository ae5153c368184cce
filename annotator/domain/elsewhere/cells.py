"""The answers of a file as arrays: a name that occurs often is held once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Codes:
    """Names of which each is held once; entry i of a column of rows is `names[codes[i]]`."""

    codes: NDArray[np.int32]
    names: tuple[str, ...]

    @classmethod
    def nothing(cls, n: int) -> Codes:
        """A column that is not there: `n` empty entries."""
        return cls(np.zeros(n, dtype=np.int32), ("",))

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
    known: Codes
    round: Codes
    # When each was given, milliseconds, UTC; not a time where that cannot be read.
    at: NDArray[np.datetime64]
    # Lines that are not ratings, and why.
    broken: tuple[tuple[int, str], ...]
    left_out: Counter[str]

    def label_counts(self) -> dict[str, int]:
        counts = np.bincount(self.label.codes, minlength=len(self.label.names))
        return dict(zip(self.label.names, counts.tolist(), strict=True))
