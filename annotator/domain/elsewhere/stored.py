"""Imported ratings, read back: the answers, repeats and known answers that results are made of."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.domain.elsewhere.arrays import choices_of, scale_of
from annotator.domain.elsewhere.times import NO_TIME
from annotator.domain.results.answers import Answers, Category, KnownAnswers, Repeats
from annotator.domain.results.scale import Scale
from annotator.models import ImportedRatings


@dataclass(frozen=True)
class Stored:
    """`columns` as `arrays.packed` has written them; `item` and `rater` number `tasks` and
    `raters`. Tasks with a known answer are in no `answers` if `checks_apart`.
    """

    columns: Mapping[str, NDArray]
    tasks: tuple[str, ...]
    raters: tuple[str, ...]
    scale: Scale
    checks_apart: bool

    @cached_property
    def score(self) -> NDArray[np.float64]:
        """nan for an opt-out: (answer,)."""
        values = np.array([np.nan, *self.scale.values])  # an opt-out has the place 0
        return np.where(self.columns["opt_out"] == 0, values[self.columns["score"]], np.nan)

    @property
    def answers(self) -> Answers:
        """What every result is computed from. A task's group stands for its part of speech.

        Nothing is known of prompts: every task is its own.
        """
        rows, columns, n = ~self.again, self.columns, len(self.tasks)
        nothing = Category(np.zeros(n, dtype=np.int32), ("",))
        found = Answers(
            item=columns["item"][rows],
            rater=columns["rater"][rows],
            score=self.score[rows],
            opt_out=columns["opt_out"][rows],
            submitted_at=self.at[rows],
            item_keys=np.array(self.tasks, dtype=object),
            prompt=np.arange(n, dtype=np.int32),
            judged=np.arange(n, dtype=np.int32),
            pos=Category(columns["group"], tuple(columns["groups"].tolist())),
            kind=Category(columns["kind"], tuple(columns["kinds"].tolist())),
            **dict.fromkeys(("condition", "word", "lemma", "batch", "model"), nothing),
            raters=self.raters,
            # What was imported before this column was read has none.
            simulated=columns.get("simulated", np.zeros(len(self.raters), dtype=bool)),
            scale=self.scale,
        )
        return found.of_items(~self._is_check) if self.checks_apart else found

    @property
    def repeats(self) -> Repeats:
        """Every later round beside the first, where both have a score."""
        again = np.flatnonzero(self.again)
        first = np.flatnonzero(~self.again)
        key = self.columns["item"].astype(np.int64) * len(self.raters) + self.columns["rater"]
        first = first[np.argsort(key[first])]
        before = first[np.searchsorted(key[first], key[again])]
        scored = ~np.isnan(self.score[before]) & ~np.isnan(self.score[again])
        before, again = before[scored], again[scored]
        return Repeats(self.columns["rater"][again], self.score[before], self.score[again])

    @property
    def known_answers(self) -> KnownAnswers:
        """Of first rounds."""
        rows = (self.known > 0) & ~self.again
        right = np.array([np.nan, *self.scale.values])[self.known[rows]]
        return KnownAnswers(self.columns["rater"][rows], self.score[rows], right)

    @property
    def at(self) -> NDArray[np.datetime64]:
        """When each was given; not a time where that is not known: (answer,)."""
        return self._column("at", NO_TIME).astype("datetime64[ms]")

    @property
    def again(self) -> NDArray[np.bool_]:
        """Of a later round than another one: (answer,)."""
        return self._column("again", 0).astype(bool)

    @property
    def known(self) -> NDArray[np.integer]:
        """The place on the scale that is right, 0 where that is not known: (answer,)."""
        return self._column("known", 0)

    @property
    def _is_check(self) -> NDArray[np.bool_]:
        items = self.columns["item"][self.known > 0]
        return np.bincount(items, minlength=len(self.tasks)) > 0

    def _column(self, name: str, nothing: int) -> NDArray[Any]:
        """Filled with `nothing` where it was imported before this column was read: (answer,)."""
        found = self.columns.get(name)
        return np.full(len(self.columns["item"]), nothing) if found is None else found


def stored(imported: ImportedRatings) -> Stored:
    with np.load(io.BytesIO(bytes(imported.arrays)), allow_pickle=False) as found:
        columns = {name: found[name] for name in found.files}
    tasks, raters = (tuple(json.loads(columns[name].tobytes())) for name in ("tasks", "raters"))
    checks_apart = choices_of(imported).checks_apart
    return Stored(columns, tasks, raters, scale_of(imported), checks_apart)
