"""The scores of a snapshot, read back from its tables: numbers of data that have changed since.

The arrays are those that `results.loading` makes of the database: the same rows in the same order
give the same numbers, to the last digit.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zipfile import ZipFile

import numpy as np
from numpy.typing import NDArray

from annotator.domain.export.formats import guard_cell
from annotator.domain.results.answers import NO_OPT_OUT, OPT_OUT_CODES, Answers, Category, Repeats
from annotator.domain.results.computing import analyse
from annotator.domain.results.summary import Results
from annotator.enums import AssignmentPurpose

_RATING = np.dtype(
    [("key", "i8"), ("item", "i8"), ("rater", "i4"), ("at", "M8[ms]"), ("score", "f4"),
     ("opt_out", "i1"), ("is_repeat", "?")]
)  # fmt: skip
_NAMES = {"pos": "pos", "kind": "heat_map_kind", "word": "word", "lemma": "lemma", "model": "model"}
_OF_RATINGS = (
    *("rating_id", "item_id", "rater_id", "rater_excluded_at", "simulated", "purpose"),
    *("submitted_at", "score", "opt_out_code"),
)
_OF_ITEMS = ("item_id", "prompt_id", "word_index", "condition", *_NAMES.values())
Cells = Mapping[str, str]


def results_of(archive: ZipFile, without: Collection[str]) -> Results:
    """Of a study that rates maps, without the ratings of these raters."""
    read = _Read(without)
    rows = np.fromiter(read.records(table(archive, "ratings", _OF_RATINGS)), dtype=_RATING)
    rows.sort(order="key")
    first = rows[~rows["is_repeat"]]
    return analyse(
        _answers(archive, first, read.raters),
        _repeats(first, rows[rows["is_repeat"]]),
        n_excluded=read.n_excluded,
    )


@dataclass
class _Read:
    """What is learnt while rows go by, of which there may be a million.

    `raters` of ratings that count, in the order they came: whether simulated. A table has them
    rater by rater, and of each an item before its repeat.
    """

    without: Collection[str]
    raters: dict[str, bool] = field(default_factory=dict)
    n_excluded: int = 0

    def records(self, table: Iterator[Cells]) -> Iterator[tuple[object, ...]]:
        """Of ratings that items want, and of repeats, by raters who are not excluded."""
        number: dict[str, int] = {}
        for row in table:
            name, purpose = row["rater_id"], row["purpose"]
            if name in self.without:
                continue
            if row["rater_excluded_at"]:
                self.n_excluded += 1
                continue
            if purpose == AssignmentPurpose.RATING:
                self.raters.setdefault(name, row["simulated"] == "true")
                number.setdefault(name, len(number))
            if name in number and purpose in (AssignmentPurpose.RATING, AssignmentPurpose.REPEAT):
                yield _record(row, number[name])


def _record(row: Cells, rater: int) -> tuple[object, ...]:
    return (
        int(row["rating_id"]),
        int(row["item_id"]),
        rater,
        np.datetime64(row["submitted_at"].removesuffix("Z"), "ms"),
        float(row["score"] or "nan"),
        OPT_OUT_CODES.get(row["opt_out_code"], NO_OPT_OUT),
        row["purpose"] == AssignmentPurpose.REPEAT,
    )


def table(archive: ZipFile, name: str, columns: Sequence[str]) -> Iterator[Cells]:
    """The rows, of these columns only: a million ratings have fifty each."""
    with archive.open(f"{name}.csv") as file:
        rows = csv.reader(io.TextIOWrapper(file, encoding="utf-8", newline=""))
        header = next(rows)
        places = [header.index(column) for column in columns]
        for row in rows:
            yield dict(zip(columns, [_unguarded(row[place]) for place in places], strict=True))


def _unguarded(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and guard_cell(cell[1:]) == cell else cell


def _answers(archive: ZipFile, rows: NDArray, raters: Mapping[str, bool]) -> Answers:
    items = list(table(archive, "items", _OF_ITEMS))
    keys, item = np.unique(rows["item"], return_inverse=True)
    places = np.searchsorted([int(row["item_id"]) for row in items], keys)
    prompts = table(archive, "prompts", ("prompt_id", "batch"))
    batches = {row["prompt_id"]: row["batch"] for row in prompts}
    # Conditions are told in the study's order, the rest as they come.
    conditions = ["", *_conditions(archive)]
    condition = Category.of([*conditions, *(row["condition"] for row in items)])
    words = [(int(row["prompt_id"]), int(row["word_index"])) for row in items]
    named: dict[str, Any] = {
        name: Category.of(row[column] for row in items).where(places)
        for name, column in _NAMES.items()
    }
    return Answers(
        item=item.astype(np.int32),
        rater=rows["rater"],
        score=rows["score"],
        opt_out=rows["opt_out"],
        submitted_at=rows["at"],
        item_keys=keys,
        prompt=_numbered([words[at][:1] for at in places]),
        judged=_numbered([words[at] for at in places]),
        condition=condition.where(places + len(conditions)),
        batch=Category.of(batches[row["prompt_id"]] for row in items).where(places),
        raters=tuple(raters),
        simulated=np.array(list(raters.values()), dtype=bool),
        **named,
    )


def _conditions(archive: ZipFile) -> list[str]:
    """As the numbers that were there before have them."""
    told = json.loads(archive.read("results.json"))
    return [one["name"] for one in told["numbers"]["conditions"]]


def _numbered(keys: list[tuple[int, ...]]) -> NDArray[np.int32]:
    """Each by its place among those that there are, in ascending order."""
    place = {key: number for number, key in enumerate(sorted(set(keys)))}
    return np.array([place[key] for key in keys], dtype=np.int32)


def _repeats(first: NDArray, again: NDArray) -> Repeats:
    wanted = set(zip(again["item"].tolist(), again["rater"].tolist(), strict=True))
    keys = zip(first["item"].tolist(), first["rater"].tolist(), strict=True)
    before = {
        key: score
        for key, score in zip(keys, first["score"].tolist(), strict=True)
        if key in wanted
    }
    pairs = [
        (row["rater"], before.get((int(row["item"]), int(row["rater"])), np.nan), row["score"])
        for row in again
    ]
    table = np.array(pairs, dtype=np.float32).reshape(-1, 3)
    table = table[~np.isnan(table).any(axis=1)]
    return Repeats(table[:, 0].astype(np.int32), table[:, 1], table[:, 2])
