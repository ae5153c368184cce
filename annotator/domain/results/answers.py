"""The current answers of a study as arrays: what every number on the results page is made of.

Nothing here knows where they come from: `domain.results.loading` reads them from the database, and
whoever has ratings in a file can build the same arrays.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from annotator import statistics
from annotator.domain.results.scale import FIVE_POINTS, Scale
from annotator.enums import OptOut
from annotator.statistics import CrossedRatings

# Codes of `Answers.opt_out`: 0 is a score, then the reasons in the order of `OptOut`.
NO_OPT_OUT = 0
OPT_OUT_CODES = {reason.value: code for code, reason in enumerate(OptOut, start=1)}

Rows = NDArray[np.bool_]


@dataclass(frozen=True)
class Category:
    """One name per item, each name held once: item i is called `names[codes[i]]`."""

    codes: NDArray[np.int32]  # (item,)
    names: tuple[str, ...]

    @classmethod
    def of(cls, values: Iterable[str]) -> Category:
        """Names are numbered in the order in which they first occur."""
        numbers: dict[str, int] = {}
        codes = np.fromiter((numbers.setdefault(v, len(numbers)) for v in values), np.int32)
        return cls(codes, tuple(numbers))

    def among(self, *names: str) -> Rows:
        """Which items have one of these names: (item,)."""
        known = [code for code, name in enumerate(self.names) if name in names]
        return np.isin(self.codes, known)

    def present(self) -> list[str]:
        """The names that an item has, in the order of `names`."""
        found = np.bincount(self.codes, minlength=len(self.names)) > 0
        return [name for name, here in zip(self.names, found, strict=True) if here]

    def where(self, items: Rows | NDArray[np.intp]) -> Category:
        return Category(self.codes[items], self.names)


@dataclass(frozen=True)
class Answers:
    """Current answers to the ratings that items want: no gold check, no repeat.

    One entry per rating, oldest first: `item` and `rater` number the tables below, `score` is nan
    for an opt-out and `opt_out` its code. One entry per item that has a rating, in the order of
    `item_keys`: part of speech, kind, condition, and where it comes from; `prompt` numbers the
    prompts, for resampling them; `judged` the words, by which items of several conditions are
    paired. One entry per rater: name, and whether a program or a person.
    """

    item: NDArray[np.int32]
    rater: NDArray[np.int32]
    score: NDArray[np.floating]
    opt_out: NDArray[np.int8]
    submitted_at: NDArray[np.datetime64]  # milliseconds, UTC

    item_keys: NDArray
    prompt: NDArray[np.int32]
    judged: NDArray[np.int32]
    pos: Category
    kind: Category
    condition: Category
    word: Category
    lemma: Category
    batch: Category
    model: Category

    raters: tuple[str, ...]
    simulated: Rows

    scale: Scale = FIVE_POINTS

    @property
    def n_ratings(self) -> int:
        return len(self.item)

    @property
    def n_items(self) -> int:
        return len(self.item_keys)

    @property
    def n_scores(self) -> int:
        return int(self.scored.sum())

    @property
    def n_raters(self) -> int:
        """Of these answers; the table of raters may hold more."""
        return len(np.unique(self.rater))

    @property
    def scored(self) -> Rows:
        return self.opt_out == NO_OPT_OUT

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """How many ratings each item has at each point of the scale: (item, point)."""
        rows = self.scored
        return statistics.count_table(
            self.item[rows], self.score[rows], self.scale.values, self.n_items
        )

    @cached_property
    def opt_outs(self) -> NDArray[np.int64]:
        """How many opt-outs each item has, by reason: (item, 2)."""
        rows = ~self.scored
        codes = list(OPT_OUT_CODES.values())
        return statistics.count_table(self.item[rows], self.opt_out[rows], codes, self.n_items)

    @cached_property
    def crossed(self) -> CrossedRatings:
        """The scores by item and rater; its labels are the numbers used here."""
        rows = self.scored
        return statistics.crossed_ratings(self.item[rows], self.rater[rows], self.score[rows])

    @property
    def sums(self) -> NDArray[np.float64]:
        """Of the scores of each item: (item,)."""
        return self.counts @ np.array(self.scale.values)

    def of_items(self, chosen: Rows) -> Answers:
        """The answers to these items, (item,), which are numbered anew; raters keep theirs."""
        rows = chosen[self.item]
        number = np.cumsum(chosen, dtype=np.int32) - np.int32(1)
        kept = {name: getattr(self, name)[rows] for name in _PER_RATING}
        tables = {name: _where(getattr(self, name), chosen) for name in _PER_ITEM}
        return replace(self, **(kept | tables | {"item": number[self.item[rows]]}))

    def of_pos(self, *parts: str) -> Answers:
        return self.of_items(self.pos.among(*parts))

    def of_kind(self, *kinds: str) -> Answers:
        return self.of_items(self.kind.among(*kinds))

    def of_condition(self, name: str) -> Answers:
        return self.of_items(self.condition.among(name))


_PER_RATING = ("rater", "score", "opt_out", "submitted_at")
_PER_ITEM = (
    *("item_keys", "prompt", "judged"),
    *("pos", "kind", "condition", "word", "lemma", "batch", "model"),
)


@dataclass(frozen=True)
class Repeats:
    """Items that a rater was shown again: the rater, and both scores. Opt-outs are left out."""

    rater: NDArray[np.int32]
    first: NDArray[np.floating]
    second: NDArray[np.floating]


@dataclass(frozen=True)
class KnownAnswers:
    """Ratings of items whose answer is known: the rater, their score, nan for an opt-out, and the
    score that is right.
    """

    rater: NDArray[np.int32]
    score: NDArray[np.floating]
    right: NDArray[np.floating]


_NOBODY, _NOTHING = np.zeros(0, np.int32), np.zeros(0, np.float32)
NO_REPEATS = Repeats(_NOBODY, _NOTHING, _NOTHING)
NO_KNOWN_ANSWERS = KnownAnswers(_NOBODY, _NOTHING, _NOTHING)


def _where(table: NDArray | Category, items: Rows) -> NDArray | Category:
    return table.where(items) if isinstance(table, Category) else table[items]
