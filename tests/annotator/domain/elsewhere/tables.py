"""Files of ratings made elsewhere, read and imported, and what became of their lines."""

from __future__ import annotations

from typing import Any

import numpy as np
from django.contrib.auth.models import User

from annotator.domain.elsewhere import files
from annotator.domain.elsewhere.choices import Choices
from annotator.domain.elsewhere.inspection import Inspection, inspect
from annotator.models import ImportedRatings


def inspected(text: str, **choices: Any) -> Inspection:
    return inspect(text.encode(), Choices(**choices))


def ratings(found: Inspection) -> list[tuple[str, str, int]]:
    """Task, worker and point of what is kept, in the order of the file."""
    cells, kept = found.cells, found.judged.kept
    return [
        (
            cells.task.names[cells.task.codes[row]],
            cells.worker.names[cells.worker.codes[row]],
            int(found.judged.point[row]),
        )
        for row in np.flatnonzero(kept)
    ]


def refusals(found: Inspection) -> list[tuple[int, str]]:
    return [(line, why) for line, _, why in found.refusals()]


def kept(user: User, text: str | bytes, **choices: Any) -> ImportedRatings:
    content = text if isinstance(text, bytes) else text.encode()
    imported = files.keep_file(user=user, name="x", file_name="x.csv", content=content)
    files.choose(imported=imported, choices=Choices(**choices))
    return imported


def imported(user: User, text: str, **choices: Any) -> ImportedRatings:
    file = kept(user, text, **choices)
    files.request_import(imported=file)
    file.refresh_from_db()
    return file
