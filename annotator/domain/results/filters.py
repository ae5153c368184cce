"""Which answers a number is about."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Q

from annotator.enums import ItemKind
from annotator.models import Rating, Study
from annotator.models.item import ItemQuerySet
from annotator.models.rating import RatingQuerySet


@dataclass(frozen=True)
class Filter:
    """What is left in; empty lets everything through, excluded raters only by `everybody`.

    `kind` is the kind of map that the opinion is about; controls stay beside it for comparison.
    `raters` are pseudonyms, `batch` and `invitation` keys, `panel` a `Panel` that raters came from;
    `people` leaves simulated raters out. Days are UTC's, both ends included.
    """

    pos: tuple[str, ...] = ()
    kind: str = ItemKind.REAL.value
    batch: int | None = None
    model: str = ""
    condition: str = ""
    raters: tuple[str, ...] = ()
    invitation: int | None = None
    panel: str = ""
    people: bool = False
    since: date | None = None
    until: date | None = None
    everybody: bool = False

    @property
    def key(self) -> str:
        """The same for the same choice, whatever the order in which it was made."""
        ordered = replace(self, pos=tuple(sorted(self.pos)), raters=tuple(sorted(self.raters)))
        return json.dumps(asdict(ordered), default=str, sort_keys=True)

    @property
    def chooses(self) -> bool:
        """Whether anything is left out that is not left out by rule."""
        return replace(self, everybody=False) != Filter()

    def ratings(self, study: Study) -> RatingQuerySet:
        """The current answers of the study that pass, whatever they were given for."""
        found = Rating.objects.current().in_study(study)
        if not self.everybody:
            found = found.of_included_raters()
        if self.raters:
            found = found.filter(assignment__rater__pseudonym__in=self.raters)
        if self.invitation is not None:
            found = found.filter(assignment__rater__invitation=self.invitation)
        if self.panel:
            found = found.filter(assignment__rater__invitation__panel_link__panel=self.panel)
        if self.people:
            found = found.filter(assignment__rater__simulated=False)
        if self.since is not None:
            found = found.filter(submitted_at__gte=_midnight(self.since))
        if self.until is not None:
            found = found.filter(submitted_at__lt=_midnight(self.until + timedelta(days=1)))
        return found.filter(self._about("assignment__item__"))

    def items(self, study: Study) -> ItemQuerySet:
        """The items of the study that pass, rated or not."""
        found: ItemQuerySet = study.items.filter(self._about(""))
        return found

    def _about(self, item: str) -> Q:
        """What is asked of an item; `item` is the path to it."""
        asked = Q()
        if self.pos:
            asked &= Q(**{f"{item}pos__in": self.pos})
        if self.batch is not None:
            asked &= Q(**{f"{item}heat_map__word__prompt__batch": self.batch})
        if self.model:
            asked &= Q(**{f"{item}heat_map__generation__provenance__model": self.model})
        if self.condition:
            asked &= Q(**{f"{item}condition": self.condition})
        return asked


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
