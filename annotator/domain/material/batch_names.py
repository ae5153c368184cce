"""What tells a study's files of prompts apart: two uploads may have the same name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import count

from annotator.models import Prompt, PromptBatch


def batch_names(batches: Iterable[PromptBatch]) -> dict[int, str]:
    """Each file's name by its key, no two alike, given all of a study's files.

    Files of one name are numbered in the order of their keys, past numbers that stand in the name
    of another file.
    """
    ordered = sorted(batches, key=lambda batch: batch.pk)
    total = Counter(batch.file_name for batch in ordered)
    taken = set(total)
    names: dict[int, str] = {}
    for batch in ordered:
        name = batch.file_name
        if total[name] > 1:
            numbered = (f"{name} ({number})" for number in count(1))
            name = next(free for free in numbered if free not in taken)
            taken.add(name)
        names[batch.pk] = name
    return names


def file_of(prompt: Prompt) -> str:
    """The name of the file that it came in, among all files of its study."""
    return batch_names(PromptBatch.objects.filter(study=prompt.study_id))[prompt.batch_id]
