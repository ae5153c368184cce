"""What a rater has had so far: all that a draw needs to know of them, from one query."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery

from annotator.enums import HOLDING, AssignmentPurpose
from annotator.models import Assignment, Item, Rater, Study


@dataclass(frozen=True)
class Choice:
    """What a rater is to be given: an item, locked where it is for one of its ratings."""

    item: int
    picture: int
    purpose: AssignmentPurpose


@dataclass(frozen=True)
class Past:
    """What a rater has had. `ever` and `steps` count what was given back too, the rest does not."""

    rater: Rater
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
        )


def past_of(rater: Rater) -> Past:
    def held(purpose: AssignmentPurpose) -> Count:
        mine = Q(assignments__purpose=purpose, assignments__status__in=HOLDING)
        return Count("assignments", filter=mine)

    before = Assignment.objects.filter(rater=OuterRef("pk"), status__in=HOLDING)
    last_picture = before.order_by("-trial").values("item__heat_map__generation")[:1]
    (found,) = (
        Rater.objects.filter(pk=rater.pk)
        .values("session_from")
        .annotate(
            ever=Count("assignments"),
            steps=Count("assignments", filter=Q(assignments__purpose=AssignmentPurpose.RATING)),
            planned=held(AssignmentPurpose.RATING),
            gold=held(AssignmentPurpose.GOLD),
            repeats=held(AssignmentPurpose.REPEAT),
            size=Subquery(last_places(rater.study)),
            last_picture=Subquery(last_picture),
        )
    )
    return Past(rater=rater, **(found | {"size": found["size"] or 0}))


def last_places(study: Study) -> QuerySet[Item, int]:
    """One past the last place of the order, as a query of at most one row."""
    placed = Item.objects.filter(study=study, position__isnull=False).order_by("-position")
    return placed.values_list(F("position") + 1, flat=True)[:1]
