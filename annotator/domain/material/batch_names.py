"""What tells a study's files of prompts apart: two uploads may have the same name. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from annotator.models import PromptBatch


def batch_names(batches: Iterable[PromptBatch]) -> dict[int, str]:
    """Each file's name by its key; files of one name are numbered in the order of their keys."""
    ordered = sorted(batches, key=lambda batch: batch.pk)
    total = Counter(batch.file_name for batch in ordered)
    seen: Counter[str] = Counter()
    names: dict[int, str] = {}
    for batch in ordered:
        name = batch.file_name
        seen[name] += 1
        names[batch.pk] = name if total[name] == 1 else f"{name} ({seen[name]})"
    return names
