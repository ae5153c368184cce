"""Studies with the very answers a test wants, in the database without the detour of drawing."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import F

from annotator.domain.rating import tally
from annotator.enums import AssignmentPurpose, ItemKind
from annotator.models import Assignment, HeatMap, Item, Rater, Rating, Study
from tests import factories

MORNING = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
Answers = Sequence[int | str]

# Of each part of speech the answers of some items: a score, or the reason for none.
SMALL: Mapping[str, Sequence[Answers]] = {
    "NOUN": [[4, 5, 4], [3, 3], [5, "image_too_poor"]],
    "VERB": [[2, "word_too_abstract"]],
}


def make_rated_study(owner: User, answers: Mapping[str, Sequence[Answers]] = SMALL) -> Study:
    study = factories.make_open_study(
        owner, parts_of_speech=["NOUN", "VERB", "ADJ"], ratings_per_item=3
    )
    raters = [factories.make_rater(study) for _ in range(3)]
    for pos, rows in answers.items():
        items = study.items.filter(pos=pos).order_by("position")
        for item, row in zip(items, rows, strict=False):
            for rater, answer in zip(raters, row, strict=False):
                give(item, rater, answer)
    return study


def make_control(study: Study, kind: ItemKind, rows: Sequence[Answers]) -> None:
    """Items of a control kind with these answers, by the raters there are."""
    maps = HeatMap.objects.filter(generation__study=study).order_by("pk")
    raters = list(study.raters.order_by("number"))
    for heat_map, row in zip(maps, rows, strict=False):
        item = Item.objects.create(
            study=study,
            heat_map=heat_map,
            kind=kind,
            pos=heat_map.word.pos,
            position=100 + study.items.count(),
            ratings_wanted=3,
            free_slots=0,
        )
        for rater, answer in zip(raters, row, strict=False):
            give(item, rater, answer)


def give(
    item: Item, rater: Rater, answer: int | str, purpose: str = AssignmentPurpose.RATING
) -> Rating:
    counts = purpose == AssignmentPurpose.RATING
    trial = rater.assignments.count()
    assignment = Assignment.objects.create(
        item=item,
        rater=rater,
        status="submitted",
        purpose=purpose,
        slot=item.assignments.count() if counts else None,
        slots=item.ratings_wanted if counts else None,
        trial=trial,
        drawn_at=MORNING + timedelta(minutes=trial),
        deadline=MORNING + timedelta(hours=1),
    )
    is_score = isinstance(answer, int)
    rating = Rating.objects.create(
        assignment=assignment,
        answer_id=uuid.uuid4(),
        score=answer if is_score else None,
        opt_out="" if is_score else answer,
        painted_at=assignment.drawn_at + timedelta(milliseconds=250),
        submitted_at=assignment.drawn_at + timedelta(seconds=5),
        reaction_ms=4750,
        input_method="keyboard",
    )
    tally.count(assignment=assignment, given=rating)
    Rater.objects.filter(pk=rater.pk).update(answers_stored=F("answers_stored") + 1)
    return rating
