"""A study in which every item has its ratings, as unlike each other as those of people."""

from __future__ import annotations

from typing import Any

from benchmarks.load.rows import Sql, case, insert, next_key, settle

PER_ITEM, WORDS, AT_A_TIME, PER_RATER = 3, 4, 50, 60
PARTS_OF_SPEECH = ("ADJ", "NOUN", "VERB", "ADV")
TEXTS = ("red", "small", "blue", "large")
PROVENANCE = (
    '{"model": "stabilityai/stable-diffusion-2-base", "scheduler": "DDIMScheduler", "steps": 30, '
    '"guidance": 7.5, "engine_version": "0.1.0", "normalisation": "none", "seed": '
)


def make_rated_study(ratings: int) -> int:
    """So many ratings: 3 per item, 4 words per picture, 50 raters at a time who answer 60 items
    each. Returns the study's key.
    """
    from django.contrib.auth.models import User
    from django.db import transaction

    from annotator.models import Invitation, Study

    user, _ = User.objects.get_or_create(username="benchmark")
    study = Study.objects.create(owner=user, name=f"{ratings} ratings", ratings_per_item=PER_ITEM)
    invitation = Invitation.objects.create(study=study)
    with transaction.atomic():
        first_item = _make_items(study, words=-(-ratings // PER_ITEM))
        _make_ratings(invitation, ratings, first_item)
    settle()
    return int(study.pk)


def _make_items(study: Any, words: int) -> int:
    """Of every word of as many pictures as that takes. Returns the first item's key."""
    from annotator.models import Generation, HeatMap, Item, Prompt, PromptBatch, Word

    first = {model: next_key(model) for model in (Prompt, Generation, Word, HeatMap, Item)}
    prompts = -(-words // WORDS)
    batch = PromptBatch.objects.create(study=study, file_name="prompts.csv", sha256="0" * 64)
    insert(
        Prompt,
        prompts,
        study_id=study.pk,
        batch_id=batch.pk,
        line="i + 1",
        text=Sql("'a small red circle above a large blue square, number ' || i || ', painted'"),
        seed="i",
    )
    insert(
        Word,
        words,
        prompt_id=f"{first[Prompt]} + i / {WORDS}",
        index=f"i % {WORDS}",
        text=case(TEXTS),
        lemma=case(TEXTS),
        start=0,
        end=5,
        pos=case(PARTS_OF_SPEECH),
        dependency="amod",
        head_index=0,
    )
    insert(
        Generation,
        prompts,
        study_id=study.pk,
        prompt_id=f"{first[Prompt]} + i",
        status="done",
        width=512,
        height=512,
        provenance=_as_json(f"'{PROVENANCE}' || i || '}}'"),
    )
    insert(
        HeatMap,
        words,
        generation_id=f"{first[Generation]} + i / {WORDS}",
        word_id=f"{first[Word]} + i",
        row=f"i % {WORDS}",
        peak=0.5,
        floor=0.1,
    )
    insert(
        Item,
        words,
        study_id=study.pk,
        heat_map_id=f"{first[HeatMap]} + i",
        kind="real",
        pos=case(PARTS_OF_SPEECH),
        position="i",
        ratings_wanted=PER_ITEM,
        free_slots=0,
    )
    return first[Item]


def _make_ratings(invitation: Any, ratings: int, first_item: int) -> None:
    from annotator.models import Assignment, Rater, Rating

    first = {model: next_key(model) for model in (Rater, Assignment)}
    group, words = AT_A_TIME * PER_RATER, -(-ratings // PER_ITEM)
    insert(
        Rater,
        -(-ratings // group) * AT_A_TIME,
        study_id=invitation.study_id,
        invitation_id=invitation.pk,
        pseudonym=Sql(f"substr('{invitation.study_id:02}' || (1000000 + i), 1, 12)"),
        number="i",
        consented_at=_second(0),
        phase="rating",
    )
    insert(
        Assignment,
        ratings,
        # A step that meets every item once in `words` steps, far from the one before.
        item_id=f"{first_item} + (i * 7919) % {words}",
        rater_id=f"{first[Rater]} + i / {group} * {AT_A_TIME} + i % {AT_A_TIME}",
        status="submitted",
        purpose="rating",
        slot=f"i / {words}",
        slots=PER_ITEM,
        trial=f"i % {group} / {AT_A_TIME}",
        drawn_at=_second(0),
        deadline=_second(1800),
    )
    insert(
        Rating,
        ratings,
        assignment_id=f"{first[Assignment]} + i",
        score="CASE WHEN i % 20 > 0 THEN 1 + (i % 7919) % 5 END",
        opt_out=Sql("CASE WHEN i % 20 = 0 THEN 'image_too_poor' ELSE '' END"),
        painted_at=_second(1),
        submitted_at=_second(5),
        reaction_ms="1000 + i % 4000",
        opacity_initial=0.8,
        opacity_final=Sql("(50 + i % 51) / 100.0"),
        map_toggles="i % 3",
        colour_map="turbo",
        contour_tau=0.4,
        picture_width=560,
        picture_height=560,
        viewport_width=1280,
        viewport_height=f"800 + (i / {group}) % 9",
        pixel_ratio=1.5,
        pinch_zoom=1.0,
        side_by_side=True,
        language="en",
        input_method="keyboard",
    )


def _second(later: int) -> Sql:
    """A moment of its own for every row."""
    from django.db import connection

    if connection.vendor == "postgresql":
        start = "timestamptz '2026-03-01 00:00:00.123456Z'"
        return Sql(f"{start} + (i + {later}) * interval '1 second'")
    return Sql(f"strftime('%Y-%m-%d %H:%M:%S.123456', '2026-03-01', (i + {later}) || ' seconds')")


def _as_json(text: str) -> Sql:
    from django.db import connection

    return Sql(f"({text})::jsonb" if connection.vendor == "postgresql" else text)
