"""Gold items: words whose right scores the researcher knows, mixed in to see who looks."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Prefetch

from annotator.domain.study_log import log
from annotator.enums import ItemKind
from annotator.errors import WrongStatus
from annotator.models import Generation, HeatMap, Item, Study, Word


@transaction.atomic
def add_gold(
    *,
    study: Study,
    user: AbstractBaseUser,
    heat_map: HeatMap,
    accepted: tuple[int, int],
    feedback: str = "",
) -> Item:
    """Make this word a gold item with the scores from the lower to the higher of `accepted`.

    Raises `WrongStatus` where the word is in the study already: nobody is to see it twice.
    """
    Study.objects.select_for_update().get(pk=study.pk)
    word = heat_map.word
    if study.items.filter(heat_map__word=word).exists():
        raise WrongStatus(f"“{word}” of this picture is an item already. Choose another word.")
    low, high = sorted(accepted)
    item = Item.objects.create(
        study=study,
        heat_map=heat_map,
        kind=ItemKind.GOLD,
        pos=word.pos,
        accepted_low=low,
        accepted_high=high,
        feedback=feedback,
        ratings_wanted=0,
        free_slots=0,
    )
    text = f"Gold item “{word}” of “{word.prompt}”: {low} to {high}"
    log(study=study, user=user, text=text[:500], item=str(item.public_id))
    return item


@transaction.atomic
def remove_gold(*, item: Item, user: AbstractBaseUser) -> None:
    """Take a gold item out again, as long as no rater was given it."""
    if item.kind != ItemKind.GOLD:
        raise WrongStatus("Only gold items can be removed: the others are drawn by the plan.")
    if item.assignments.exists():
        raise WrongStatus("Raters have seen this gold item: it stays, so that results can be told.")
    log(study=item.study, user=user, text=f"Gold item “{item.heat_map.word}” removed")
    item.delete()


def words_with_gold(*, generation: Generation) -> list[tuple[Word, HeatMap | None]]:
    """The words of a picture's prompt in their order, each with its map there, if any; and that
    with its gold item, if it is one, as `gold`."""
    gold = Item.objects.filter(study=generation.study_id, kind=ItemKind.GOLD)
    maps = generation.heat_maps.prefetch_related(Prefetch("items", queryset=gold, to_attr="gold"))
    by_word = {heat_map.word_id: heat_map for heat_map in maps}
    return [(word, by_word.get(word.pk)) for word in generation.prompt.words.all()]
