"""What is judged: the study's strata, part of speech × kind, filled from the maps at hand.

A draw is a function of the study's seed and of the words (their prompts' texts and seeds and their
places), not of database keys or of the order in which pictures were finished: the same prompts and
the same seed give the same items and the same controls anywhere.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from django.db.models import Max, QuerySet

from annotator import files
from annotator.domain.material import control_maps, generations, pictures
from annotator.domain.rating import presence
from annotator.enums import CONTROL_KINDS, GenerationStatus, ItemKind, Task
from annotator.models import Generation, HeatMap, Item, Prompt, Study, Word
from annotator.models.condition import Condition


@dataclass(frozen=True)
class Shown:
    """The map that a control shows: a row of a stored file, and how it came about."""

    map_file: str
    map_row: int
    made_from: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Choice:
    """A word to be judged, which map is shown for it, and under which condition, if any."""

    heat_map: HeatMap
    kind: ItemKind
    condition: Condition | None = None

    @property
    def maps_file(self) -> str:
        """The condition's maps of the word's picture."""
        return _maps_file(self.heat_map.generation, self.condition)


def _maps_file(generation: Generation, condition: Condition | None) -> str:
    if condition is None or condition.is_whole:
        return generation.maps_file
    return str(generation.condition_files[condition.name])


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

    A control takes a word that no other item judges, as long as there are such words. A word is
    drawn for all conditions at once, so that each of its items has a counterpart in the others.
    """
    choices: list[Choice] = []
    for pos in study.parts_of_speech:
        candidates = _candidates(study, pos)
        items = study.items.filter(pos=pos)
        taken = {
            kind: set(items.filter(kind=kind).values_list("heat_map__word", flat=True))
            for kind in ItemKind
        }
        for kind in (ItemKind.REAL, *CONTROL_KINDS):
            used = set().union(*taken.values())
            found = _lowest_tickets(
                study,
                [
                    one
                    for one in candidates
                    if one.word_id not in taken[kind] and _allows(one, kind)
                ],
                kind,
                last=used,
            )[: max(0, wanted(study, kind) - len(taken[kind]))]
            taken[kind] |= {heat_map.word_id for heat_map in found}
            choices += _under_all_conditions(study, found, kind)
    return choices


def _under_all_conditions(
    study: Study, found: Sequence[HeatMap], kind: ItemKind
) -> Iterator[Choice]:
    """Each word under each condition, shown with the map of that condition's own picture."""
    if not study.conditions:
        yield from (Choice(heat_map, kind) for heat_map in found)
        return
    words = [heat_map.word_id for heat_map in found]
    maps = _with_all_needed(HeatMap.objects.filter(generation__study=study, word__in=words))
    by_picture = {(one.word_id, one.generation.model): one for one in maps}
    for condition in study.compared:
        model = condition.model_in(study.model)
        painter = "" if model == study.model else model
        # What is asked of a picture that lacks the word is asked of all its attention.
        if kind != ItemKind.ABSENT_WORD or condition.is_whole:
            yield from (Choice(by_picture[word, painter], kind, condition) for word in words)


def _candidates(study: Study, pos: str) -> list[HeatMap]:
    """A map of each word that can be judged under every condition: the first painter's."""
    gold = Item.objects.filter(study=study, kind=ItemKind.GOLD).values("heat_map__word")
    maps = HeatMap.objects.filter(generation__study=study, word__pos=pos)
    found = _with_all_needed(maps.filter(word__prompt__control_of=None).exclude(word__in=gold))
    if _is_presence(study):
        # One question of a picture, asked at the first of its nouns.
        first = {one.generation_id: one for one in found.order_by("-word__index")}
        return list(first.values())
    complete = [one for one in found if _has_maps_of_its_conditions(one.generation)]
    times = Counter(one.word_id for one in complete)
    painters = study.painters
    return [
        one
        for one in complete
        if one.generation.model == painters[0] and times[one.word_id] == len(painters)
    ]


def _with_all_needed(maps: QuerySet[HeatMap]) -> QuerySet[HeatMap]:
    return maps.select_related("word__prompt", "generation__study")


def _has_maps_of_its_conditions(generation: Generation) -> bool:
    wanted_files = {one.name for one in generation.conditions if not one.is_whole}
    return wanted_files <= generation.condition_files.keys()


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
    return sorted(candidates, key=lambda one: (one.word_id in last, _ticket(study, one, purpose)))


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
    nouns = presence.nouns_of(study) if _is_presence(study) else []
    with files.Draft() as draft:
        made = [
            (choice, shown)
            for choice in missing_choices(study)
            if (shown := _shown(study, choice, draft, nouns)) is not None
        ]
        last = study.items.aggregate(last=Max("position"))["last"]
        first = 0 if last is None else last + 1
        made.sort(key=lambda one: _place(study, one[0]))
        Item.objects.bulk_create(
            [_item(study, *one, place) for place, one in enumerate(made, start=first)],
            batch_size=500,
        )
        draft.keep()
    return len(made)


def _place(study: Study, choice: Choice) -> bytes:
    """Where an item comes in the study's order: conditions are mixed like everything else."""
    condition = choice.condition.name if choice.condition else ""
    return _ticket(study, choice.heat_map, f"order{choice.kind}{condition}")


def _item(study: Study, choice: Choice, shown: Shown, position: int) -> Item:
    return Item(
        study=study,
        heat_map=choice.heat_map,
        kind=choice.kind,
        condition=choice.condition.name if choice.condition else "",
        pos=choice.heat_map.word.pos,
        position=position,
        ratings_wanted=study.ratings_per_item,
        free_slots=study.ratings_per_item,
        **vars(shown),
    )


def _shown(study: Study, choice: Choice, draft: files.Draft, nouns: Sequence[str]) -> Shown | None:
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
    seed = int.from_bytes(_ticket(study, heat_map, "blob")[:8])
    blob = control_maps.random_blob(own, np.random.default_rng(seed))
    return Shown(draft.write_maps(blob), 0, {"seed": str(seed)})


def _own(study: Study, choice: Choice, nouns: Sequence[str]) -> Shown:
    if _is_presence(study):
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
    found = list(_with_all_needed(judged if judged.exists() else others))
    if not found:
        return None
    other = min(found, key=lambda one: _ticket(study, one, f"shuffled {word.index}"))
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
    other = _with_all_needed(second).first()
    return None if other is None else _row_of(choice, other, seed=other.word.prompt.seed)


def _row_of(choice: Choice, other: HeatMap, **made_from: Any) -> Shown:
    """The other map, made as the condition has it."""
    return Shown(_maps_file(other.generation, choice.condition), other.row, made_from)
