"""Imported ratings as arrays, written once. `stored` reads them for every result."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import secrets
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.domain.elsewhere.choices import Choices
from annotator.domain.elsewhere.inspection import Inspection
from annotator.domain.elsewhere.judging import are_simulated, kinds_of
from annotator.domain.elsewhere.rounds import rounds_of
from annotator.domain.results.scale import Scale, scale_from
from annotator.models import ImportedRatings

_PSEUDONYM_LETTERS = 12


def packed(found: Inspection) -> bytes:
    """The kept ratings as an .npz, oldest first: what `stored` reads."""
    cells, judged = found.cells, found.judged
    kept = np.flatnonzero(judged.kept)
    kept = kept[np.argsort(cells.at[kept].astype(np.int64), kind="stable")]
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
        at=cells.at[kept].astype(np.int64),
        known=judged.known[kept],
        round=rounds_of(cells)[kept].astype(np.int32),
        again=judged.again[kept],
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
