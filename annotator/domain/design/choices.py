"""Which words are judged: drawn from each part of speech × kind until the plan is full.

A draw is a function of the study's seed and of the words (their prompts' texts and seeds and their
places), not of database keys or of the order in which pictures were finished: the same prompts and
the same seed give the same items and the same controls anywhere.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from annotator.enums import CONTROL_KINDS, ItemKind, Task
from annotator.models import Generation, HeatMap, Item, Study
from annotator.models.condition import Condition


@dataclass(frozen=True)
class Choice:
    """A word to be judged, which map is shown for it, and under which condition, if any."""

    heat_map: HeatMap
    kind: ItemKind
    condition: Condition | None = None

    @property
    def maps_file(self) -> str:
        """The condition's maps of the word's picture."""
        return maps_file_of(self.heat_map.generation, self.condition)

    @property
    def condition_name(self) -> str:
        return self.condition.name if self.condition else ""


def maps_file_of(generation: Generation, condition: Condition | None) -> str:
    if condition is None or condition.is_whole:
        return generation.maps_file
    return str(generation.condition_files[condition.name])


def wanted(study: Study, kind: ItemKind) -> int:
    """How many items of this kind each part of speech has; one at least where any are wanted."""
    if kind == ItemKind.REAL:
        return study.items_per_part_of_speech
    hundredths = study.items_per_part_of_speech * int(getattr(study, f"{kind}_percent"))
    return max(1, round(hundredths / 100)) if hundredths else 0


def missing_choices(study: Study) -> list[Choice]:
    """What the plan lacks and the maps at hand allow.

    A control takes a word that no other item judges, as long as there are such words. A word is
    drawn for all conditions at once, so that each of its items has a counterpart in the others.
    """
    choices: list[Choice] = []
    for pos in study.parts_of_speech:
        candidates = _candidates(study, pos)
        taken = _judged_words(study, pos)
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


def _judged_words(study: Study, pos: str) -> dict[str, set[int]]:
    """The words that have an item already, by the item's kind."""
    words: dict[str, set[int]] = {kind: set() for kind in ItemKind}
    for kind, word in study.items.filter(pos=pos).values_list("kind", "heat_map__word"):
        words[kind].add(word)
    return words


def _under_all_conditions(
    study: Study, found: Sequence[HeatMap], kind: ItemKind
) -> Iterator[Choice]:
    """Each word under each condition, shown with the map of that condition's own picture."""
    if not study.conditions:
        yield from (Choice(heat_map, kind) for heat_map in found)
        return
    words = [heat_map.word_id for heat_map in found]
    maps = with_all_needed(HeatMap.objects.filter(generation__study=study, word__in=words))
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
    found = with_all_needed(maps.filter(word__prompt__control_of=None).exclude(word__in=gold))
    if study.task == Task.PRESENCE:
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


def with_all_needed(maps: QuerySet[HeatMap]) -> QuerySet[HeatMap]:
    """Each with its word, prompt and picture, in one query."""
    return maps.select_related("word__prompt", "generation__study")


def _has_maps_of_its_conditions(generation: Generation) -> bool:
    wanted_files = {one.name for one in generation.conditions if not one.is_whole}
    return wanted_files <= generation.condition_files.keys()


def _allows(heat_map: HeatMap, kind: ItemKind) -> bool:
    """Another word's map needs another word; an absent word's exists where it was asked for."""
    if kind == ItemKind.ABSENT_WORD:
        return bool(heat_map.generation.absent_map_file)
    return kind != ItemKind.SHUFFLED_WORD or " " in heat_map.word.prompt.text.strip()


def _lowest_tickets(
    study: Study, candidates: Sequence[HeatMap], kind: ItemKind, *, last: Collection[int]
) -> list[HeatMap]:
    purpose = "draw" if kind == ItemKind.REAL else f"draw {kind}"
    return sorted(candidates, key=lambda one: (one.word_id in last, ticket(study, one, purpose)))


def ticket(study: Study, heat_map: HeatMap, purpose: str) -> bytes:
    """A uniform number of this word's own: hashing makes the draw independent of listing order."""
    word, prompt = heat_map.word, heat_map.word.prompt
    text = f"{study.seed}\0{purpose}\0{prompt.text}\0{prompt.seed}\0{word.index}"
    return hashlib.sha256(text.encode()).digest()
