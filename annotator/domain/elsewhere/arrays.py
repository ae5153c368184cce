"""Imported ratings as arrays: written once, read for every result."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import secrets
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.domain.elsewhere.choices import Choices
from annotator.domain.elsewhere.columns import KIND, OPT_OUT, SIMULATED
from annotator.domain.elsewhere.inspection import Inspection
from annotator.domain.elsewhere.judging import are_simulated, kinds_of
from annotator.domain.export import guard_cell
from annotator.domain.results.answers import Answers, Category
from annotator.domain.results.scale import Scale, number, scale_from
from annotator.enums import OptOut
from annotator.models import ImportedRatings

_PSEUDONYM_LETTERS = 12


def packed(found: Inspection) -> bytes:
    """The kept ratings as an .npz: what `answers_of` reads."""
    cells, judged = found.cells, found.judged
    kept = judged.kept
    task_names, task = np.unique(cells.task.codes[kept], return_inverse=True)
    workers, worker = np.unique(cells.worker.codes[kept], return_inverse=True)
    first = np.unique(task, return_index=True)[1]
    names = [cells.worker.names[code] for code in workers]
    simulated = np.bincount(worker, weights=are_simulated(cells)[kept]) > 0
    file = io.BytesIO()
    np.savez_compressed(
        file,
        item=task.astype(np.int32),
        rater=worker.astype(np.int32),
        score=judged.point[kept],
        opt_out=judged.opt_out[kept],
        tasks=_texts([cells.task.names[code] for code in task_names]),
        raters=_texts(names if found.choices.keep_names else _pseudonyms(names)),
        simulated=simulated,
        group=cells.group.codes[kept][first],
        groups=np.array(cells.group.names),
        kind=cells.kind.codes[kept][first],
        kinds=np.array(kinds_of(cells)),
    )
    return file.getvalue()


def _texts(names: list[str]) -> NDArray[np.uint8]:
    """As JSON: in an array of texts, every one would take the place of the longest."""
    return np.frombuffer(json.dumps(names).encode(), dtype=np.uint8)


def _pseudonyms(names: list[str]) -> list[str]:
    """Under a key that is thrown away: nobody can tell afterwards whose they were."""
    key = secrets.token_bytes(32)
    return [
        hmac.new(key, name.encode(), hashlib.sha256).hexdigest()[:_PSEUDONYM_LETTERS]
        for name in names
    ]


def answers_of(imported: ImportedRatings) -> Answers:
    """The ratings as every result is computed from. A task's group stands for its part of speech.

    When they were given is not known, and neither are prompts: every task is its own.
    """
    with np.load(io.BytesIO(bytes(imported.arrays)), allow_pickle=False) as stored:
        columns = {name: stored[name] for name in stored.files}
    tasks, raters = (json.loads(columns[name].tobytes()) for name in ("tasks", "raters"))
    scale = scale_of(imported)
    values = np.array([np.nan, *scale.values])  # an opt-out has the place 0
    nothing = Category(np.zeros(len(tasks), dtype=np.int32), ("",))
    return Answers(
        item=columns["item"],
        rater=columns["rater"],
        score=np.where(columns["opt_out"] == 0, values[columns["score"]], np.nan),
        opt_out=columns["opt_out"],
        submitted_at=np.full(len(columns["item"]), np.datetime64("NaT", "ms")),
        item_keys=np.array(tasks, dtype=object),
        prompt=np.arange(len(tasks), dtype=np.int32),
        judged=np.arange(len(tasks), dtype=np.int32),
        pos=Category(columns["group"], tuple(columns["groups"].tolist())),
        kind=Category(columns["kind"], tuple(columns["kinds"].tolist())),
        condition=nothing,
        word=nothing,
        lemma=nothing,
        batch=nothing,
        model=nothing,
        raters=tuple(raters),
        # What was imported before this column was read has none.
        simulated=columns.get("simulated", np.zeros(len(raters), dtype=bool)),
        scale=scale,
    )


def tidy_rows(imported: ImportedRatings) -> Iterator[tuple[Any, ...]]:
    """A header, then a line per rating, which `columns` recognises. Formulas are guarded."""
    answers, scale = answers_of(imported), scale_of(imported)
    labels = [label if number(label) is not None else guard_cell(label) for label in scale.labels]
    by_value = dict(zip(scale.values, labels, strict=True))
    tasks = [guard_cell(task) for task in answers.item_keys.tolist()]
    workers = [guard_cell(worker) for worker in answers.raters]
    groups = [guard_cell(group) for group in answers.pos.names]
    simulated = ["true" if one else "false" for one in answers.simulated]
    reasons = ("", *OptOut.values)
    yield ("task", "worker", "label", "group", OPT_OUT, KIND, SIMULATED)
    for item, rater, score, opt_out in zip(
        answers.item, answers.rater, answers.score, answers.opt_out, strict=True
    ):
        yield (
            tasks[item],
            workers[rater],
            "" if opt_out else by_value[float(score)],
            groups[answers.pos.codes[item]],
            reasons[opt_out],
            answers.kind.names[answers.kind.codes[item]],
            simulated[rater],
        )


def scale_of(imported: ImportedRatings) -> Scale:
    """The scale that was confirmed."""
    chosen = choices_of(imported)
    return scale_from(chosen.scale, ordered=chosen.ordered is not False)


def choices_of(imported: ImportedRatings) -> Choices:
    """By which the file is read."""
    stored: dict[str, Any] = dict(imported.choices)
    for name in ("scale", "opt_outs"):
        stored[name] = tuple(stored.get(name, ()))
    return Choices(**stored)
