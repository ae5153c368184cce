"""Which map an item shows: its word's own, or one that is wrong by construction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from annotator import files
from annotator.domain.design.choices import Choice, maps_file_of, ticket, with_all_needed
from annotator.domain.material import control_maps, pictures
from annotator.domain.rating import presence
from annotator.enums import GenerationStatus, ItemKind, Task
from annotator.models import HeatMap, Study


@dataclass(frozen=True)
class Shown:
    """The map that a control shows: a row of a stored file, and how it came about."""

    map_file: str
    map_row: int
    made_from: dict[str, Any] = field(default_factory=dict)


def shown(study: Study, choice: Choice, draft: files.Draft, nouns: Sequence[str]) -> Shown | None:
    """What the item of this choice shows; None where its map cannot be made.

    New maps are written to `draft`. `nouns` are those that raters may be asked about.
    """
    heat_map = choice.heat_map
    if choice.kind == ItemKind.REAL:
        return _own(study, choice, nouns)
    if choice.kind == ItemKind.SHUFFLED_WORD:
        return _another_words(study, choice)
    if choice.kind == ItemKind.OTHER_SEED:
        return _other_seeds(choice)
    if choice.kind == ItemKind.ABSENT_WORD:
        made = heat_map.generation
        return Shown(made.absent_map_file, 0, {"word": made.absent_word})
    own = pictures.stored_map(choice.maps_file, heat_map.row)
    if choice.kind == ItemKind.BLANK:
        return Shown(draft.write_maps(control_maps.blank(own)), 0)
    seed = int.from_bytes(ticket(study, heat_map, "blob")[:8])
    blob = control_maps.random_blob(own, np.random.default_rng(seed))
    return Shown(draft.write_maps(blob), 0, {"seed": str(seed)})


def _own(study: Study, choice: Choice, nouns: Sequence[str]) -> Shown:
    if study.task == Task.PRESENCE:
        return Shown("", 0, {"objects": presence.choose_objects(choice.heat_map, nouns)})
    if choice.condition is None or choice.condition.is_whole:
        return Shown("", 0)
    return Shown(choice.maps_file, choice.heat_map.row)


def _another_words(study: Study, choice: Choice) -> Shown | None:
    """Of another word of the same prompt, of the study's parts of speech where there is one."""
    heat_map, word = choice.heat_map, choice.heat_map.word
    others = HeatMap.objects.filter(generation=heat_map.generation_id).exclude(
        word__lemma__iexact=word.lemma
    )
    judged = others.filter(word__pos__in=study.parts_of_speech)
    found = list(with_all_needed(judged if judged.exists() else others))
    if not found:
        return None
    other = min(found, key=lambda one: ticket(study, one, f"shuffled {word.index}"))
    return _row_of(choice, other, word_index=other.word.index, word=other.word.text)


def _other_seeds(choice: Choice) -> Shown | None:
    """Of the same word in the prompt's second picture."""
    heat_map = choice.heat_map
    second = HeatMap.objects.filter(
        word__prompt__control_of=heat_map.word.prompt_id,
        word__index=heat_map.word.index,
        generation__status=GenerationStatus.DONE,
        generation__model=heat_map.generation.model,
    )
    other = with_all_needed(second).first()
    return None if other is None else _row_of(choice, other, seed=other.word.prompt.seed)


def _row_of(choice: Choice, other: HeatMap, **made_from: Any) -> Shown:
    """The other map, made as the condition has it."""
    return Shown(maps_file_of(other.generation, choice.condition), other.row, made_from)
