"""What a person decided about a file, and what is recognised in place of the rest. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from annotator.domain.elsewhere.columns import Table
from annotator.domain.material.prompt_rows import readable
from annotator.errors import UploadRefused


@dataclass(frozen=True)
class Choices:
    """What a person decided about a file. Empty, and None: what was recognised.

    `scale` is its labels, worst first if `ordered`; `opt_outs` labels that mean “no score”;
    of several ratings of a task by one worker the last is kept if `keep_last`, otherwise all are
    refused.
    """

    task: str = ""
    worker: str = ""
    group: str | None = None
    question: str = ""
    scale: tuple[str, ...] = ()
    ordered: bool | None = None
    opt_outs: tuple[str, ...] = ()
    keep_last: bool = False
    keep_names: bool = False


def recognised(table: Table, choices: Choices) -> Choices:
    """The choices with what was recognised in place of what was not chosen."""
    questions = [question.name for question in table.questions]
    return replace(
        choices,
        task=choices.task or table.task,
        worker=choices.worker or table.worker,
        group=table.group if choices.group is None else choices.group,
        question=choices.question or (questions[0] if questions else ""),
    )


def completed(table: Table, choices: Choices) -> Choices:
    """As `recognised`. Raises `UploadRefused` naming what cannot be told from the header."""
    chosen = recognised(table, choices)
    wanted = {"task": chosen.task, "worker": chosen.worker, "label": chosen.question}
    missing = [name for name, column in wanted.items() if not column]
    if missing:
        raise UploadRefused(
            f"No column for the {' and the '.join(missing)} was found among "
            f"{', '.join(map(readable, table.header[:20]))}. Name the columns task, worker and "
            "label, or choose them here."
        )
    return chosen
