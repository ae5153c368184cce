"""What a rater has had so far: all that a draw needs to know of them, from one query."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.db import connection
from django.db.models import F, QuerySet

from annotator.enums import AssignmentPurpose
from annotator.models import Item, Rater, Study


@dataclass(frozen=True)
class Choice:
    """What a rater is to be given: an item, locked where it is for one of its ratings.

    `slots` is how many of those it has, and `word` what it is about; None where it takes none.
    """

    item: int
    picture: int
    purpose: AssignmentPurpose
    slots: int | None = None
    word: int | None = None


@dataclass(frozen=True)
class Past:
    """What a rater has had. `ever` and `steps` count what was given back too, the rest does not.

    `open` is not answered yet, and of that `overdue` might be given to somebody else by now.
    """

    rater: Rater
    open: int
    overdue: int
    ever: int
    steps: int
    planned: int
    gold: int
    repeats: int
    size: int
    last_picture: int | None
    session_from: int
    # Chosen in this draw and not stored yet.
    chosen: tuple[int, ...] = ()
    words: tuple[int, ...] = ()

    @property
    def session_is_over(self) -> bool:
        most = self.rater.study.items_per_session
        held = self.planned + self.gold + self.repeats
        return bool(most) and held >= self.session_from + most

    def with_one_more(self, choice: Choice) -> Past:
        planned = choice.purpose == AssignmentPurpose.RATING
        return replace(
            self,
            ever=self.ever + 1,
            steps=self.steps + planned,
            planned=self.planned + planned,
            gold=self.gold + (choice.purpose == AssignmentPurpose.GOLD),
            repeats=self.repeats + (choice.purpose == AssignmentPurpose.REPEAT),
            last_picture=choice.picture,
            chosen=(*self.chosen, choice.item),
            words=self.words if choice.word is None else (*self.words, choice.word),
        )


# Written out: the database answers this in a tenth of a millisecond, and Django's ORM took two to
# put it together, at every draw.
_PAST = """
    SELECT rater.session_from,
        count(CASE WHEN given.status = 'open' THEN 1 END) AS open,
        count(CASE WHEN given.status = 'open' AND given.deadline < %(now)s THEN 1 END) AS overdue,
        count(given.id) AS ever,
        count(CASE WHEN given.purpose = 'rating' THEN 1 END) AS steps,
        count(CASE WHEN held AND given.purpose = 'rating' THEN 1 END) AS planned,
        count(CASE WHEN held AND given.purpose = 'gold' THEN 1 END) AS gold,
        count(CASE WHEN held AND given.purpose = 'repeat' THEN 1 END) AS repeats,
        coalesce((
            SELECT item.position + 1 FROM annotator_item item
            WHERE item.study_id = rater.study_id AND item.position IS NOT NULL
            ORDER BY item.position DESC LIMIT 1
        ), 0) AS size,
        (
            SELECT heat_map.generation_id FROM annotator_assignment given
            JOIN annotator_item item ON item.id = given.item_id
            JOIN annotator_heatmap heat_map ON heat_map.id = item.heat_map_id
            WHERE given.rater_id = rater.id AND given.status IN ('open', 'submitted')
            ORDER BY given.trial DESC LIMIT 1
        ) AS last_picture
    FROM annotator_rater rater LEFT JOIN (
        SELECT *, status IN ('open', 'submitted') AS held FROM annotator_assignment
    ) given ON given.rater_id = rater.id
    WHERE rater.id = %(rater)s GROUP BY rater.id
"""


def past_of(rater: Rater, now: datetime) -> Past:
    at = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        cursor.execute(_PAST, {"rater": rater.pk, "now": at})
        names = [column[0] for column in cursor.description]
        return Past(rater=rater, **dict(zip(names, cursor.fetchone(), strict=True)))


def last_places(study: Study) -> QuerySet[Item, int]:
    """One past the last place of the order, as a query of at most one row."""
    placed = Item.objects.filter(study=study, position__isnull=False).order_by("-position")
    return placed.values_list(F("position") + 1, flat=True)[:1]
