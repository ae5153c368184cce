"""Which column of a table of ratings is what. Pure.

Recognised: any table with a task, a worker and a label per row, under the names in use; this site's
own export; and Mechanical Turk's result files, whose answers are one column, one column per item of
a HIT (`Answer.faithful.1`, `.2`, …), or one column per point of the scale with *true* in one of
them (`Answer.rating.1.on`, …). Beside them may stand when a rating was given, a known answer, and
which round of the same worker's it is of.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from annotator.enums import AssignmentPurpose

TASKS = ("task", "task_id", "item", "item_id", "unit", "unit_id", "hitid")
WORKERS = (
    "worker",
    "worker_id",
    "workerid",
    "rater",
    "rater_id",
    "annotator",
    "annotator_id",
    "participant",
    "participant_id",
    "participant id",
    "prolific_pid",
)
LABELS = ("label", "score", "rating", "response", "value", "answer")
GROUPS = ("group", "pos", "category", "condition")
TIMES = (
    *("submitted_at", "submittime", "submit_time", "submission_time", "completed_at"),
    "timestamp",
)
KNOWN = (
    *("gold", "expected", "gold_label", "gold_answer", "known_answer", "expected_answer"),
    *("correct_answer", "ground_truth", "input.gold", "input.expected"),
)
ROUNDS = ("round", "repeat", "repetition", "is_repeat")
_MTURK = "answer."
# `Answer.<question>.<number>`, with or without the `.on` of a crowd-html check box.
_NUMBERED = re.compile(r"(?P<stem>answer\..+?)\.(?P<number>[^.]+?)(\.on)?", re.IGNORECASE)
_TRUTHS = frozenset({"true", "false", ""})


class Layout(StrEnum):
    """How the answers to one question lie in their columns."""

    ONE = "one"  # one column, one label in it
    PER_ITEM = "per_item"  # one column per item of the row's task
    PER_POINT = "per_point"  # one column per point of the scale, *true* in the chosen one


@dataclass(frozen=True)
class Question:
    """Something that was asked: the columns with its answers, by the end of each one's name."""

    name: str
    layout: Layout
    columns: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Table:
    """What was recognised in a header; an empty name: no such column."""

    task: str
    worker: str
    group: str
    time: str
    known: str
    round: str
    questions: tuple[Question, ...]
    header: tuple[str, ...]

    def column(self, name: str) -> int | None:
        """The place of a column; None where there is none of this name."""
        return self.header.index(name) if name in self.header else None

    @property
    def followed(self) -> list[str]:
        """The columns of this site's own export that there are."""
        return [name for name in self.header if name in OWN_COLUMNS]

    def left_out_by(self, row: Sequence[str]) -> str:
        """Why this site's own export marks a row as none that counts; empty: it counts."""
        purpose, excluded = self._marks
        if excluded is not None and row[excluded]:
            return "excluded rater"
        found = "" if purpose is None else row[purpose]
        return "" if found in _COUNTED else found

    @cached_property
    def _marks(self) -> tuple[int | None, int | None]:
        return self.column(PURPOSE), self.column(EXCLUDED)

    def question(self, name: str) -> Question | None:
        """The one that was recognised under this name."""
        return next((one for one in self.questions if one.name == name), None)

    def unused(self, *used: str) -> list[str]:
        """The columns that are not read when these are, columns or questions."""
        chosen = (question.columns for question in self.questions if question.name in used)
        read = {self.header[place] for columns in chosen for _, place in columns}
        return [name for name in self.header if name not in read.union(used, OWN_COLUMNS)]


_COUNTED = ("", AssignmentPurpose.RATING, AssignmentPurpose.REPEAT)
# Of this site's own export; what they say is followed.
OPT_OUT, KIND, SIMULATED, PURPOSE, EXCLUDED = (
    "opt_out_code",
    "heat_map_kind",
    "simulated",
    "purpose",
    "rater_excluded_at",
)
OWN_COLUMNS = (OPT_OUT, KIND, SIMULATED, PURPOSE, EXCLUDED)


def recognise(header: Sequence[str], sample: Iterable[Sequence[str]]) -> Table:
    """`sample`, the first rows, tells columns of *true* and *false* from columns of labels."""
    rows = list(sample)
    return Table(
        task=_named(header, TASKS),
        worker=_named(header, WORKERS),
        group=_named(header, GROUPS),
        time=_named(header, TIMES),
        known=_known(header, rows),
        round=_named(header, (*ROUNDS, PURPOSE)),
        questions=(*_plain_questions(header), *_mturk_questions(header, rows)),
        header=tuple(header),
    )


def _named(header: Sequence[str], names: Sequence[str]) -> str:
    """The column under the first of these names that there is."""
    lower = [name.lower() for name in header]
    return next((header[lower.index(name)] for name in names if name in lower), "")


def _known(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A column that only says whether an answer is known, by *true* or *false*, holds none."""
    name = _named(header, KNOWN)
    place = header.index(name) if name else len(header)
    cells = {row[place].strip().lower() for row in rows if place < len(row)}
    return "" if cells <= _TRUTHS and cells != {""} else name


def _plain_questions(header: Sequence[str]) -> list[Question]:
    lower = [name.lower() for name in header]
    places = [(name, lower.index(name)) for name in LABELS if name in lower]
    return [Question(header[place], Layout.ONE, (("", place),)) for _, place in places]


def _mturk_questions(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[Question]:
    together: dict[str, list[tuple[str, int]]] = {}
    for place, name in enumerate(header):
        if not name.lower().startswith(_MTURK):
            continue
        found = _NUMBERED.fullmatch(name)
        stem, end = (found["stem"], found["number"]) if found else (name, "")
        together.setdefault(stem, []).append((end, place))
    return [_question(stem, tuple(columns), rows) for stem, columns in together.items()]


def _question(
    stem: str, columns: tuple[tuple[str, int], ...], rows: Sequence[Sequence[str]]
) -> Question:
    if columns == ((("", columns[0][1])),):
        return Question(stem, Layout.ONE, columns)
    cells = {row[place].strip().lower() for row in rows for _, place in columns if place < len(row)}
    layout = Layout.PER_POINT if cells <= _TRUTHS and cells != {""} else Layout.PER_ITEM
    return Question(stem, layout, columns)
