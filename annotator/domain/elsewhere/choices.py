"""What a person decided about a file, and what is recognised in place of the rest. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from annotator.domain.elsewhere.columns import Layout, Table
from annotator.domain.material.prompt_rows import readable
from annotator.errors import UploadRefused


@dataclass(frozen=True)
class Choices:
    """What a person decided about a file. Empty, and None: what was recognised.

    `time`, `known` and `round` are columns that say when a rating was given, which answer is right
    and which of the worker's ratings of a task it is; tasks with a known answer are in no other
    number if `checks_apart`. `scale` is its labels, worst first if `ordered`; `opt_outs` labels
    that mean “no score”; of several ratings of a task by one worker in one round the last is kept
    if `keep_last`, otherwise all are refused.
    """

    task: str = ""
    worker: str = ""
    group: str | None = None
    time: str | None = None
    known: str | None = None
    round: str | None = None
    question: str = ""
    scale: tuple[str, ...] = ()
    ordered: bool | None = None
    opt_outs: tuple[str, ...] = ()
    keep_last: bool = False
    keep_names: bool = False
    checks_apart: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """Those that are read, but for the question's."""
        named = (self.task, self.worker, self.group, self.time, self.known, self.round)
        return tuple(name for name in named if name)


def recognised(table: Table, choices: Choices) -> Choices:
    """The choices with what was recognised in place of what was not chosen."""
    question = choices.question or (table.questions[0].name if table.questions else "")
    # A line with several tasks has one known answer: nobody can tell whose.
    known = "" if _has_several_tasks(table, question) else table.known
    return replace(
        choices,
        task=choices.task or table.task,
        worker=choices.worker or table.worker,
        group=table.group if choices.group is None else choices.group,
        time=table.time if choices.time is None else choices.time,
        known=known if choices.known is None else choices.known,
        round=table.round if choices.round is None else choices.round,
        question=question,
    )


def _has_several_tasks(table: Table, name: str) -> bool:
    question = table.question(name)
    return question is not None and question.layout is Layout.PER_ITEM


def completed(table: Table, choices: Choices) -> Choices:
    """As `recognised`. Raises `UploadRefused` naming what cannot be told from the header."""
    chosen = recognised(table, choices)
    wanted = {"task": chosen.task, "worker": chosen.worker, "label": chosen.question}
    missing = [name for name, column in wanted.items() if not column]
    if missing:
        raise UploadRefused(
            f"No column for the {' and the '.join(missing)} was found among "
            f"{', '.join(map(readable, table.header[:20]))}. Name the columns task, worker and "
            "label in the first line, with a line per rating below it, or choose them here."
        )
    if chosen.known and _has_several_tasks(table, chosen.question):
        raise UploadRefused(
            f"A line has answers to several tasks, and “{readable(chosen.known)}” cannot say to "
            "which of them it is the right one. Choose no column of known answers, or write a line "
            "per task."
        )
    return chosen
