"""What a person sees of a file before its ratings are imported. Stored, so that a page is quick."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from annotator.domain.elsewhere.choices import Choices
from annotator.domain.elsewhere.columns import Table
from annotator.domain.elsewhere.inspection import Inspection

SHOWN_REFUSALS = 50
# Of a label or a column's name: somebody may have chosen a column of comments.
_SHOWN_LETTERS = 60


@dataclass(frozen=True)
class Counted:
    """How often something occurs: a label, or a reason."""

    name: str
    n: int


@dataclass(frozen=True)
class Refusal:
    line: int
    label: str
    why: str


@dataclass(frozen=True)
class Preview:
    """The columns, and what was found under `choices`; only columns and a `problem` in a file that
    cannot be read under them. `refused` and `left_out` count by their reason. `n_known` ratings are
    of `n_checks` tasks with a known answer; `since` and `until` are in UTC.
    """

    header: tuple[str, ...]
    questions: tuple[str, ...]
    choices: Choices
    problem: str = ""
    n_ratings: int = 0
    n_tasks: int = 0
    n_workers: int = 0
    n_split: int = 0
    n_repeats: int = 0
    n_known: int = 0
    n_checks: int = 0
    since: str = ""
    until: str = ""
    n_timeless: int = 0
    n_refused: int = 0
    refused: tuple[Counted, ...] = ()
    first_refused: tuple[Refusal, ...] = ()
    left_out: tuple[Counted, ...] = ()
    labels: tuple[Counted, ...] = ()
    unused: tuple[str, ...] = ()
    followed: tuple[str, ...] = ()


def without_rows(table: Table, choices: Choices, problem: str = "") -> Preview:
    return Preview(table.header, _questions(table), choices, problem)


def preview_of(found: Inspection) -> Preview:
    since, until = found.span
    return Preview(
        header=found.table.header,
        questions=_questions(found.table),
        choices=found.choices,
        n_ratings=found.n_ratings,
        n_tasks=found.n_tasks,
        n_workers=found.n_workers,
        n_split=found.n_split,
        n_repeats=found.n_repeats,
        n_known=found.n_known,
        n_checks=int(found.is_check.sum()),
        since=since,
        until=until,
        n_timeless=found.n_timeless,
        n_refused=found.n_refused,
        refused=_counted(found.refused_by_reason()),
        first_refused=tuple(
            Refusal(line, label[:_SHOWN_LETTERS], why)
            for line, label, why in islice(found.refusals(), SHOWN_REFUSALS)
        ),
        left_out=_counted(found.left_out),
        labels=tuple(Counted(name[:_SHOWN_LETTERS], n) for name, n in found.label_counts()),
        unused=tuple(found.unused),
        followed=tuple(found.table.followed),
    )


def _questions(table: Table) -> tuple[str, ...]:
    return tuple(question.name for question in table.questions)


def _counted(counts: dict[str, int]) -> tuple[Counted, ...]:
    return tuple(Counted(name, n) for name, n in counts.items())
