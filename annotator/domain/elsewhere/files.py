"""Files of ratings in the database: kept while they are looked at, then their arrays alone."""

from __future__ import annotations

import hashlib
import hmac
import io
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from annotator.domain.elsewhere.columns import OPT_OUT, Table
from annotator.domain.elsewhere.groups import split_by_group
from annotator.domain.elsewhere.judging import REASONS, Judged, judge, kinds_of
from annotator.domain.elsewhere.reading import Cells, Choices, completed, open_table, read_cells
from annotator.domain.results.answers import Answers, Category
from annotator.domain.results.scale import Scale, scale_from
from annotator.errors import UploadRefused, WrongStatus
from annotator.models import ImportedRatings

SHOWN_REFUSALS = 50
SHOWN_LABELS = 20
_PSEUDONYM_LETTERS = 12


@dataclass(frozen=True)
class Inspection:
    """What is in a file under some choices. `refused` and `left_out` count by their reason, and
    `n_split` the tasks that stand in several groups.
    """

    table: Table
    choices: Choices
    cells: Cells
    judged: Judged
    n_split: int

    @property
    def n_ratings(self) -> int:
        return int(self.judged.kept.sum())

    @property
    def n_tasks(self) -> int:
        return len(np.unique(self.cells.task.codes[self.judged.kept]))

    @property
    def n_workers(self) -> int:
        return len(np.unique(self.cells.worker.codes[self.judged.kept]))

    @property
    def n_refused(self) -> int:
        return len(self.cells.broken) + int((~self.judged.kept).sum())

    @property
    def left_out(self) -> dict[str, int]:
        return dict(self.cells.left_out)

    @property
    def unused(self) -> list[str]:
        chosen = self.choices
        return self.table.unused(chosen.task, chosen.worker, chosen.group or "", chosen.question)

    def label_counts(self) -> list[tuple[str, int]]:
        """The commonest labels and how often each occurs, before anything is refused."""
        counts = self.cells.label_counts()
        return sorted(counts.items(), key=lambda found: -found[1])[:SHOWN_LABELS]

    def refused_by_reason(self) -> dict[str, int]:
        counts = np.bincount(self.judged.reason, minlength=len(REASONS)).tolist()
        found = {why: count for why, count in zip(REASONS[1:], counts[1:], strict=True) if count}
        for _, why in self.cells.broken:
            found[why] = found.get(why, 0) + 1
        return found

    def refusals(self) -> Iterator[tuple[int, str, str]]:
        """Line, label and reason of everything that cannot be used, in the order of the file."""
        label = self.cells.label
        rows = np.flatnonzero(~self.judged.kept)
        judged = (
            (int(self.cells.line[row]), label.names[label.codes[row]], self._why(int(row)))
            for row in rows
        )
        broken = ((line, "", why) for line, why in self.cells.broken)
        yield from sorted((*judged, *broken), key=lambda refusal: refusal[0])

    def _why(self, row: int) -> str:
        return REASONS[self.judged.reason[row]]


# -- while it is looked at -----------------------------------------------------------------------


def keep_file(*, user: User, name: str, file_name: str, content: bytes) -> ImportedRatings:
    """Take a file in. Raises `UploadRefused` where nothing of it could ever be used."""
    if len(content) > settings.MAX_UPLOAD_BYTES:
        limit = settings.MAX_UPLOAD_BYTES // 1024**2
        raise UploadRefused(
            f"The file is larger than {limit} MB, which is room for about a million ratings of "
            "three short columns. Leave out columns that are not needed, or split the file."
        )
    open_table(content)
    return ImportedRatings.objects.create(
        owner=user, name=name, file_name=file_name[-200:], content=content
    )


def table_of(imported: ImportedRatings) -> Table:
    return open_table(bytes(imported.content))[0]


def inspect(imported: ImportedRatings) -> Inspection:
    """Raises `UploadRefused`, saying which column is to be chosen."""
    table, rows = open_table(bytes(imported.content))
    choices = completed(table, choices_of(imported))
    cells, n_split = split_by_group(read_cells(table, rows, choices))
    judged = judge(cells, choices)
    scale = judged.scale
    chosen = replace(choices, scale=scale.labels, ordered=scale.ordered)
    return Inspection(table, chosen, cells, judged, n_split)


def refusals_of(imported: ImportedRatings) -> Iterator[tuple[int, str, str]]:
    """As `Inspection.refusals`. None once it is imported: the file is no longer there."""
    return iter(()) if imported.imported_at else inspect(imported).refusals()


def choices_of(imported: ImportedRatings) -> Choices:
    stored: dict[str, Any] = dict(imported.choices)
    for name in ("scale", "opt_outs"):
        stored[name] = tuple(stored.get(name, ()))
    return Choices(**stored)


def choose(*, imported: ImportedRatings, choices: Choices) -> None:
    """Have the file read this way. Nothing else happens until it is imported."""
    waiting = ImportedRatings.objects.filter(pk=imported.pk, imported_at=None)
    waiting.update(choices=asdict(choices))


def forget(*, imported: ImportedRatings) -> None:
    imported.delete()


# -- imported ------------------------------------------------------------------------------------


@transaction.atomic
def import_ratings(*, imported: ImportedRatings) -> None:
    """Keep the ratings and what was refused in numbers; the file itself is forgotten.

    Asked twice, it is done once. Raises `WrongStatus` where no rating can be used.
    """
    waiting = ImportedRatings.objects.select_for_update().get(pk=imported.pk)
    if waiting.imported_at:
        return
    found = inspect(waiting)
    if not found.n_ratings:
        raise WrongStatus("No line of this file is a rating that can be used.")
    waiting.choices = asdict(found.choices)
    waiting.summary = {
        "ratings": found.n_ratings,
        "refused": found.refused_by_reason(),
        "left_out": found.left_out,
        "unused": found.unused,
        "split": found.n_split,
        "reasons": found.table.column(OPT_OUT) is not None,
    }
    waiting.arrays = _packed(found)
    waiting.content = b""
    waiting.imported_at = timezone.now()
    waiting.save()


def _packed(found: Inspection) -> bytes:
    """The kept ratings as an .npz: what `answers_of` reads."""
    cells, judged = found.cells, found.judged
    kept = judged.kept
    task_names, task = np.unique(cells.task.codes[kept], return_inverse=True)
    workers, worker = np.unique(cells.worker.codes[kept], return_inverse=True)
    first = np.unique(task, return_index=True)[1]
    names = [cells.worker.names[code] for code in workers]
    file = io.BytesIO()
    np.savez_compressed(
        file,
        item=task.astype(np.int32),
        rater=worker.astype(np.int32),
        score=judged.point[kept],
        opt_out=judged.opt_out[kept],
        tasks=np.array([cells.task.names[code] for code in task_names]),
        raters=np.array(names if found.choices.keep_names else _pseudonyms(names)),
        group=cells.group.codes[kept][first],
        groups=np.array(cells.group.names),
        kind=cells.kind.codes[kept][first],
        kinds=np.array(kinds_of(cells)),
    )
    return file.getvalue()


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
    tasks, scale = columns["tasks"], scale_of(imported)
    values = np.array([np.nan, *scale.values])  # an opt-out has the place 0
    nothing = Category(np.zeros(len(tasks), dtype=np.int32), ("",))
    return Answers(
        item=columns["item"],
        rater=columns["rater"],
        score=np.where(columns["opt_out"] == 0, values[columns["score"]], np.nan),
        opt_out=columns["opt_out"],
        submitted_at=np.full(len(columns["item"]), np.datetime64("NaT", "ms")),
        item_keys=tasks,
        prompt=np.arange(len(tasks), dtype=np.int32),
        pos=Category(columns["group"], tuple(columns["groups"].tolist())),
        kind=Category(columns["kind"], tuple(columns["kinds"].tolist())),
        word=nothing,
        lemma=nothing,
        batch=nothing,
        model=nothing,
        raters=tuple(columns["raters"].tolist()),
        simulated=np.zeros(len(columns["raters"]), dtype=bool),
        scale=scale,
    )


def scale_of(imported: ImportedRatings) -> Scale:
    """The scale that was confirmed."""
    chosen = choices_of(imported)
    return scale_from(chosen.scale, ordered=chosen.ordered is not False)
