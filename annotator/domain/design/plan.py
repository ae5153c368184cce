"""What is judged: the study's strata, part of speech × kind, filled from the maps at hand.

A draw is a function of the study's seed and of the words (their prompts' texts and seeds and their
places), not of database keys or of the order in which pictures were finished: the same prompts and
the same seed give the same items and the same controls anywhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from django.db.models import Max

from annotator import files
from annotator.domain.material import control_maps, generations, pictures
from annotator.domain.rating import presence
from annotator.enums import CONTROL_KINDS, GenerationStatus, ItemKind, Task
from annotator.models import HeatMap, Item, Prompt, Study, Word


@dataclass(frozen=True)
class Shown:
    """The map that a control shows: a row of a stored file, and how it came about."""

    map_file: str
    map_row: int
    made_from: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Choice:
    """A word to be judged, and which map is shown for it."""

    heat_map: HeatMap
    kind: ItemKind


def percent_of(study: Study, kind: ItemKind) -> int:
    return int(getattr(study, f"{kind}_percent"))


def wanted(study: Study, kind: ItemKind) -> int:
    """How many items of this kind each part of speech has; one at least where any are wanted."""
    if kind == ItemKind.REAL:
        return study.items_per_part_of_speech
    hundredths = study.items_per_part_of_speech * percent_of(study, kind)
    return max(1, round(hundredths / 100)) if hundredths else 0


# -- choosing ------------------------------------------------------------------------------------


def missing_choices(study: Study) -> list[Choice]:
    """What the plan lacks and the maps at hand allow.

    A control takes a word that no other item judges, as long as there are such words.
    """
    choices: list[Choice] = []
    for pos in study.parts_of_speech:
        candidates = _candidates(study, pos)
        taken = {
            kind: set(study.items.filter(pos=pos, kind=kind).values_list("heat_map_id", flat=True))
            for kind in ItemKind
        }
        for kind in (ItemKind.REAL, *CONTROL_KINDS):
            used = set().union(*taken.values())
            found = _lowest_tickets(
                study,
                [one for one in candidates if one.pk not in taken[kind] and _allows(one, kind)],
                kind,
                last=used,
            )[: max(0, wanted(study, kind) - len(taken[kind]))]
            taken[kind] |= {heat_map.pk for heat_map in found}
            choices += [Choice(heat_map, kind) for heat_map in found]
    return choices


def _candidates(study: Study, pos: str) -> list[HeatMap]:
    gold = Item.objects.filter(study=study, kind=ItemKind.GOLD).values("heat_map")
    found = (
        HeatMap.objects.filter(generation__study=study, word__pos=pos)
        .filter(word__prompt__control_of=None)
        .exclude(pk__in=gold)
        .select_related("word__prompt", "generation")
    )
    if _is_presence(study):
        # One question of a picture, asked at the first of its nouns.
        first = {one.generation_id: one for one in found.order_by("-word__index")}
        return list(first.values())
    return list(found)


def _is_presence(study: Study) -> bool:
    return study.task == Task.PRESENCE


def _allows(heat_map: HeatMap, kind: ItemKind) -> bool:
    """Another word's map needs another word; an absent word's exists where it was asked for."""
    if kind == ItemKind.ABSENT_WORD:
        return bool(heat_map.generation.absent_map_file)
    return kind != ItemKind.SHUFFLED_WORD or " " in heat_map.word.prompt.text.strip()


def _lowest_tickets(
    study: Study, candidates: Sequence[HeatMap], kind: ItemKind, *, last: Collection[int]
) -> list[HeatMap]:
    purpose = "draw" if kind == ItemKind.REAL else f"draw {kind}"
    return sorted(candidates, key=lambda one: (one.pk in last, _ticket(study, one, purpose)))


def _ticket(study: Study, heat_map: HeatMap, purpose: str) -> bytes:
    """A uniform number of this word's own: hashing makes the draw independent of listing order."""
    word, prompt = heat_map.word, heat_map.word.prompt
    text = f"{study.seed}\0{purpose}\0{prompt.text}\0{prompt.seed}\0{word.index}"
    return hashlib.sha256(text.encode()).digest()


# -- pictures that only controls need ------------------------------------------------------------


def request_other_seeds(study: Study, choices: Sequence[Choice]) -> int:
    """Ask for the second pictures that these choices need and that nobody asked for yet.

    A second picture is a prompt of its own, with another seed, that belongs to the first.
    """
    prompts = {
        choice.heat_map.word.prompt.pk: choice.heat_map.word.prompt
        for choice in choices
        if choice.kind == ItemKind.OTHER_SEED
    }
    known = Prompt.objects.filter(control_of__in=prompts).values_list("control_of", flat=True)
    twins = [_twin(study, prompts[key]) for key in sorted(prompts.keys() - set(known))]
    generations.request_generations(study=study, prompts=twins)
    return len(twins)


def _twin(study: Study, prompt: Prompt) -> Prompt:
    digest = hashlib.sha256(f"{study.seed}\0other seed\0{prompt.text}\0{prompt.seed}".encode())
    twin = Prompt.objects.create(
        study=study,
        batch=prompt.batch,
        line=prompt.line,
        text=prompt.text,
        seed=int.from_bytes(digest.digest()[:4]) // 2,
        control_of=prompt,
    )
    words = list(prompt.words.all())
    for word in words:
        word.pk, word.prompt, word._state.adding = None, twin, True
    Word.objects.bulk_create(words)
    return twin


# -- making --------------------------------------------------------------------------------------


def draw_items(*, study: Study) -> int:
    """Fill every stratum of the plan up to its size. Within a transaction. Returns how many came.

    A control whose map cannot be made (its second picture failed) is left out.
    """
    with files.Draft() as draft:
        made = [
            (choice, shown)
            for choice in missing_choices(study)
            if (shown := _shown(study, choice, draft)) is not None
        ]
        last = study.items.aggregate(last=Max("position"))["last"]
        first = 0 if last is None else last + 1
        made.sort(key=lambda one: _ticket(study, one[0].heat_map, f"order{one[0].kind}"))
        Item.objects.bulk_create(
            [_item(study, *one, place) for place, one in enumerate(made, start=first)],
            batch_size=500,
        )
        draft.keep()
    return len(made)


def _item(study: Study, choice: Choice, shown: Shown, position: int) -> Item:
    return Item(
        study=study,
        heat_map=choice.heat_map,
        kind=choice.kind,
        pos=choice.heat_map.word.pos,
        position=position,
        ratings_wanted=study.ratings_per_item,
        free_slots=study.ratings_per_item,
        **vars(shown),
    )


def _shown(study: Study, choice: Choice, draft: files.Draft) -> Shown | None:
    heat_map = choice.heat_map
    if choice.kind == ItemKind.REAL:
        asked = {"objects": presence.choose_objects(heat_map)} if _is_presence(study) else {}
        return Shown("", 0, asked)
    if choice.kind == ItemKind.SHUFFLED_WORD:
        return _another_words(study, heat_map)
    if choice.kind == ItemKind.OTHER_SEED:
        return _other_seeds(heat_map)
    if choice.kind == ItemKind.ABSENT_WORD:
        made = heat_map.generation
        return Shown(made.absent_map_file, 0, {"word": made.absent_word})
    own = pictures.stored_map(heat_map.generation.maps_file, heat_map.row)
    if choice.kind == ItemKind.BLANK:
        return Shown(draft.write_maps(control_maps.blank(own)), 0)
    seed = int.from_bytes(_ticket(study, heat_map, "blob")[:8])
    blob = control_maps.random_blob(own, np.random.default_rng(seed))
    return Shown(draft.write_maps(blob), 0, {"seed": str(seed)})


def _another_words(study: Study, heat_map: HeatMap) -> Shown | None:
    """Of another word of the same prompt, of the study's parts of speech where there is one."""
    word = heat_map.word
    others = HeatMap.objects.filter(generation=heat_map.generation_id).exclude(
        word__lemma__iexact=word.lemma
    )
    judged = others.filter(word__pos__in=study.parts_of_speech)
    found = list((judged if judged.exists() else others).select_related("word__prompt"))
    if not found:
        return None
    other = min(found, key=lambda one: _ticket(study, one, f"shuffled {word.index}"))
    return _row_of(other, word_index=other.word.index, word=other.word.text)


def _other_seeds(heat_map: HeatMap) -> Shown | None:
    """Of the same word in the prompt's second picture."""
    other = (
        HeatMap.objects.filter(
            word__prompt__control_of=heat_map.word.prompt_id,
            word__index=heat_map.word.index,
            generation__status=GenerationStatus.DONE,
        )
        .select_related("generation", "word__prompt")
        .first()
    )
    return None if other is None else _row_of(other, seed=other.word.prompt.seed)


def _row_of(heat_map: HeatMap, **made_from: Any) -> Shown:
    return Shown(heat_map.generation.maps_file, heat_map.row, made_from)
