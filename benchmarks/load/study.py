"""A study of up to a million items, open for raters, written by the database itself in seconds.

Not by the plan: choosing a million items is done once, and is not what is measured here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from benchmarks.load.rows import Sql, case, insert, next_key, settle

WORDS_PER_PROMPT = 4
RATINGS_WANTED = 3
GOLD_ITEMS = 50
TEXT = "a red circle rolls"
# Of every ten items four are controls; of every four one is a verb, and so on.
KINDS = ("real",) * 6 + ("shuffled_word", "random_blob", "blank", "other_seed")
PARTS_OF_SPEECH = ("NOUN", "ADJ", "VERB", "ADV")
# Positions are a permutation of the items that leaves neighbours far apart.
_SCATTER = 617_283_949


@dataclass(frozen=True)
class Plan:
    """What a study has besides real maps of nouns."""

    strata: bool = False
    gold_percent: int = 0
    repeat_percent: int = 0


PLAIN = Plan()
RICH = Plan(strata=True, gold_percent=10, repeat_percent=10)


def make_study(items: int, plan: Plan = PLAIN, rated: float = 0.0) -> Any:
    """A study with so many items, each wanted three times; the share `rated` has all its ratings.

    Returns the study, with one invitation.
    """
    from django.contrib.auth.models import User
    from django.core.management import call_command

    from annotator.domain.design import studies
    from annotator.models import Study
    from tests import factories

    call_command("migrate", verbosity=0)
    owner, _ = User.objects.get_or_create(username="benchmark")
    study = factories.make_study(
        owner,
        parts_of_speech=list(PARTS_OF_SPEECH) if plan.strata else ["NOUN"],
        ratings_per_item=RATINGS_WANTED,
        gold_percent=plan.gold_percent,
        repeat_percent=plan.repeat_percent,
    )
    _make_items(study, items, plan)
    Study.objects.filter(pk=study.pk).update(status="open")
    invitation = studies.invite(study=study)
    if rated:
        _make_ratings(study, invitation, round(items * rated))
    settle()
    study.refresh_from_db()
    return study


# -- items ---------------------------------------------------------------------------------------


def _make_items(study: Any, items: int, plan: Plan) -> None:
    from annotator.models import Generation, HeatMap, Item, Prompt, Word
    from tests import factories

    prompts, per_prompt = items // WORDS_PER_PROMPT, WORDS_PER_PROMPT
    batch = factories.make_batch(study)
    picture, maps = factories.make_files("shared", words=per_prompt)
    first = {model: next_key(model) for model in (Prompt, Generation, Word, HeatMap)}
    prompt = f"{first[Prompt]} + i / {per_prompt}"
    generation = f"{first[Generation]} + i / {per_prompt}"
    starts = [TEXT.index(word) for word in TEXT.split()]
    ends = [start + len(word) for start, word in zip(starts, TEXT.split(), strict=True)]
    insert(Prompt, prompts, study_id=study.pk, batch_id=batch.pk, line="i", text=TEXT, seed="i")
    insert(
        Generation,
        prompts,
        study_id=study.pk,
        prompt_id=f"{first[Prompt]} + i",
        status="done",
        width=factories.SIDE,
        height=factories.SIDE,
        image_file=picture,
        maps_file=maps,
    )
    insert(
        Word,
        items,
        prompt_id=prompt,
        index=f"i % {per_prompt}",
        text=case(TEXT.split()),
        start=case(starts),
        end=case(ends),
        pos=case(PARTS_OF_SPEECH if plan.strata else ["NOUN"]),
        head_index=0,
    )
    insert(
        HeatMap,
        items,
        generation_id=generation,
        word_id=f"{first[Word]} + i",
        row=f"i % {per_prompt}",
        peak=1.0,
        floor=0.0,
    )
    insert(
        Item,
        items,
        study_id=study.pk,
        heat_map_id=f"{first[HeatMap]} + i",
        kind=case(KINDS if plan.strata else ["real"]),
        pos=case(PARTS_OF_SPEECH if plan.strata else ["NOUN"]),
        position=f"(i * {_SCATTER}) % {items}",
        ratings_wanted=RATINGS_WANTED,
        free_slots=RATINGS_WANTED,
    )
    if plan.gold_percent:
        insert(
            Item,
            GOLD_ITEMS,
            study_id=study.pk,
            heat_map_id=f"{first[HeatMap]} + i",
            kind="gold",
            pos="NOUN",
            accepted_low=4,
            accepted_high=5,
            ratings_wanted=0,
            free_slots=0,
        )


def _make_ratings(study: Any, invitation: Any, items: int) -> None:
    """All ratings of the study's first items, by as many raters as that takes at 60 each."""
    from annotator.models import Assignment, Item, Rater, Rating

    first_item = study.items.earliest("pk").pk
    ratings = items * RATINGS_WANTED
    raters = max(RATINGS_WANTED, ratings // 60)
    first = {model: next_key(model) for model in (Rater, Assignment)}
    insert(
        Rater,
        raters,
        study_id=study.pk,
        invitation_id=invitation.pk,
        pseudonym=Sql(f"'s{study.pk}-' || i"),
        number="i",
        phase="rating",
        answers_stored=ratings // raters,
    )
    # Consecutive ratings are of consecutive raters, so that an item's three are of three.
    insert(
        Assignment,
        ratings,
        item_id=f"{first_item} + i / {RATINGS_WANTED}",
        rater_id=f"{first[Rater]} + i % {raters}",
        status="submitted",
        slot=f"i % {RATINGS_WANTED}",
        slots=RATINGS_WANTED,
        trial=f"i / {raters}",
    )
    insert(Rating, ratings, assignment_id=f"{first[Assignment]} + i", score="1 + i % 5")
    Item.objects.filter(pk__gte=first_item, pk__lt=first_item + items).update(free_slots=0)
