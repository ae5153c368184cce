"""The plan is filled: items are made of what was chosen and of the maps at hand."""

from __future__ import annotations

import hashlib

from django.db.models import Max

from annotator import files
from annotator.domain.design.choices import Choice, missing_choices, ticket, wanted
from annotator.domain.design.item_maps import Shown, shown
from annotator.domain.material import generations
from annotator.domain.rating import presence
from annotator.enums import ItemKind, Task
from annotator.models import Item, Prompt, Study, Word

# -- pictures that only controls need ------------------------------------------------------------


def request_other_seeds(study: Study) -> int:
    """Ask for the second pictures that the plan needs and that nobody asked for yet.

    A second picture is a prompt of its own, with another seed, that belongs to the first.
    """
    if not wanted(study, ItemKind.OTHER_SEED):
        return 0
    prompts = {
        choice.heat_map.word.prompt.pk: choice.heat_map.word.prompt
        for choice in missing_choices(study)
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
    nouns = presence.nouns_of(study) if study.task == Task.PRESENCE else []
    with files.Draft() as draft:
        made = [
            (choice, found)
            for choice in missing_choices(study)
            if (found := shown(study, choice, draft, nouns)) is not None
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
    return ticket(study, choice.heat_map, f"order{choice.kind}{choice.condition_name}")


def _item(study: Study, choice: Choice, found: Shown, position: int) -> Item:
    return Item(
        study=study,
        heat_map=choice.heat_map,
        kind=choice.kind,
        condition=choice.condition_name,
        pos=choice.heat_map.word.pos,
        position=position,
        ratings_wanted=study.ratings_per_item,
        free_slots=study.ratings_per_item,
        **vars(found),
    )
