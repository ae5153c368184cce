"""Single items as a researcher looks through them: filtered, sorted, a page at a time.

A page is found from the last row of the one before, not by counting rows from the start: the last
page of a million is as near as the first, and nothing is shown twice while raters go on. The
columns sorted by are the items' own, with an index each (see `domain.rating.tally`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any
from urllib.parse import urlencode

from django.db.models import F, Q, TextChoices, Value
from django.db.models.functions import Lower
from django.db.models.query import QuerySet
from django.utils.translation import gettext_lazy as _

from annotator.domain.results.filters import Filter
from annotator.enums import CONTROL_KINDS, ItemKind
from annotator.models import Assignment, Generation, Item, Study, Word
from annotator.models.item import ItemQuerySet

# What is shown of an item.
SHOWN = ("heat_map__word__prompt", "heat_map__generation")
PAGE_SIZE = 24
# Counting all rows of a filter takes as long as there are rows; beyond this it tells nobody more.
COUNT_UP_TO = 10_000
CONTROLS = "controls"
_LARGEST_KEY = 2**53


class Sort(TextChoices):
    # First, so that a form shows it where nothing was said.
    ORDER = "order", _("the study’s order")
    DISAGREEMENT = "disagreement", _("disagreement")
    LOWEST = "lowest", _("lowest mean")
    HIGHEST = "highest", _("highest mean")
    OPT_OUTS = "opt-outs", _("opt-outs")


# As `order_by` has it. An item without scores has no mean, and with one no disagreement: it is not
# among those sorted by it.
_COLUMNS = {
    Sort.DISAGREEMENT: "-score_variance",
    Sort.LOWEST: "mean_score",
    Sort.HIGHEST: "-mean_score",
    Sort.OPT_OUTS: "-n_opt_outs",
    Sort.ORDER: "pk",
}


@dataclass(frozen=True)
class Selection:
    """Which items, in which order. What is empty does not matter.

    `kind` is an item's, or `CONTROLS` for all of theirs; `word` a word's text or lemma, in any
    case; `rated` the least number of answers, opt-outs among them.
    """

    sort: Sort = Sort.ORDER
    pos: str = ""
    kind: str = ""
    condition: str = ""
    word: str = ""
    batch: int | None = None
    rated: int = 0

    @property
    def query(self) -> str:
        """The part of an address that says this; "" or ending in “&”, so that more can follow."""
        said = {name: value for name, value in vars(self).items() if value != getattr(ALL, name)}
        return "".join(f"{urlencode({name: value})}&" for name, value in said.items())

    @property
    def column(self) -> str:
        return _COLUMNS[self.sort].removeprefix("-")

    @property
    def descends(self) -> bool:
        return _COLUMNS[self.sort].startswith("-")


ALL = Selection()


@dataclass(frozen=True)
class Place:
    """Where a page begins or ends: a row's value of what is sorted by, and its key."""

    value: float
    key: int

    def __str__(self) -> str:
        return f"{self.value!r}~{self.key}"

    @classmethod
    def read(cls, text: str) -> Place | None:
        """None where it is no place."""
        value, _, key = text.partition("~")
        try:
            place = cls(float(value), int(key))
        except ValueError:
            return None
        return place if isfinite(place.value) and abs(place.key) < _LARGEST_KEY else None


@dataclass(frozen=True)
class ItemPage:
    """Some items, and where the pages before and after them are; None where there is none."""

    items: Sequence[Item]
    before: Place | None
    after: Place | None


# -- choosing ------------------------------------------------------------------------------------


def select(*, study: Study, selection: Selection) -> ItemQuerySet:
    """In no order. Of those that have what the selection sorts by."""
    items: ItemQuerySet = study.items.order_by()
    if selection.pos:
        items = items.filter(pos=selection.pos)
    if selection.kind == CONTROLS:
        items = items.filter(kind__in=CONTROL_KINDS)
    elif selection.kind:
        items = items.filter(kind=selection.kind)
    if selection.condition:
        items = items.filter(condition=selection.condition)
    if selection.word:
        items = items.filter(heat_map__word__in=_words(study, selection.word))
    if selection.batch is not None:
        items = items.filter(heat_map__generation__prompt__batch=selection.batch)
    if selection.rated:
        items = items.filter(n_scores__gte=selection.rated - F("n_opt_outs"))
    return items.filter(**{f"{selection.column}__isnull": False})


def _words(study: Study, text: str) -> QuerySet[Word]:
    # The database lowers both sides: SQLite leaves letters beyond ASCII as they are.
    same = Lower(Value(text))
    words = Word.objects.alias(lower_text=Lower("text"), lower_lemma=Lower("lemma"))
    found = words.filter(Q(lower_text=same) | Q(lower_lemma=same), prompt__study=study)
    return found.order_by()


def count(*, study: Study, selection: Selection) -> int:
    """How many there are; one more than `COUNT_UP_TO` for any number beyond it."""
    return select(study=study, selection=selection)[: COUNT_UP_TO + 1].count()


# -- going through -------------------------------------------------------------------------------


def page(
    *,
    study: Study,
    selection: Selection,
    place: Place | None = None,
    backwards: bool = False,
    size: int = PAGE_SIZE,
) -> ItemPage:
    """The first `size` items after a place, or the last before it; from the start without one."""
    rows = _from(study, selection, place, backwards=backwards)
    found = list(rows.select_related(*SHOWN)[: size + 1])
    more, shown = len(found) > size, found[:size]
    if backwards:
        shown.reverse()
    if not shown:
        return ItemPage([], None, None)
    first, last = (_place_of(item, selection) for item in (shown[0], shown[-1]))
    has_before = more if backwards else place is not None
    return ItemPage(shown, first if has_before else None, last if more or backwards else None)


def neighbours(*, item: Item, selection: Selection) -> tuple[Item | None, Item | None]:
    """The item before this one and the item after it."""
    if getattr(item, selection.column) is None:
        return None, None
    place = _place_of(item, selection)
    before, after = (
        _from(item.study, selection, place, backwards=backwards).first()
        for backwards in (True, False)
    )
    return before, after


def _place_of(item: Item, selection: Selection) -> Place:
    return Place(getattr(item, selection.column), item.pk)


def _from(
    study: Study, selection: Selection, place: Place | None, *, backwards: bool
) -> ItemQuerySet:
    """All items beyond a place, the nearest first."""
    items = select(study=study, selection=selection)
    column, down = selection.column, selection.descends != backwards
    if place is not None:
        beyond = "lt" if down else "gt"
        # The first condition is one that an index can begin at; the second alone is not.
        items = items.filter(
            Q(**{f"{column}__{beyond}": place.value}) | Q(**{f"pk__{beyond}": place.key}),
            **{f"{column}__{beyond}e": place.value},
        )
    sign = "-" if down else ""
    return items.order_by(f"{sign}{column}", f"{sign}pk")


# -- one item ------------------------------------------------------------------------------------


def answers(*, item: Item) -> QuerySet[Assignment]:
    """Every answered assignment of this item in the order of drawing, with rater and ratings."""
    answered = Assignment.objects.filter(item=item, ratings__is_current=True)
    return answered.select_related("rater").prefetch_related("ratings").order_by("drawn_at", "pk")


def of_same_picture(*, item: Item) -> QuerySet[Item]:
    """The other items that show this item's picture, in the order of their words."""
    same = item.study.items.filter(heat_map__generation=item.heat_map.generation_id)
    others = same.exclude(pk=item.pk).select_related(*SHOWN)
    return others.order_by("heat_map__word__index", "pk")


def second_picture(*, item: Item) -> Generation | None:
    """That of an item which shows another picture's map: the picture whose map it is."""
    if item.kind != ItemKind.OTHER_SEED:
        return None
    own = item.heat_map
    seconds = Generation.objects.filter(
        prompt__control_of=own.word.prompt_id, model=own.generation.model
    )
    return seconds.select_related("prompt").first()


# -- what to look at first -----------------------------------------------------------------------


@dataclass(frozen=True)
class Look:
    """Items for one reason, and the selection that goes on with them."""

    reason: Any
    selection: Selection
    items: Sequence[Item]


_WORTH = (
    (_("Most disagreement"), Selection(Sort.DISAGREEMENT, kind=ItemKind.REAL)),
    (_("Lowest real maps"), Selection(Sort.LOWEST, kind=ItemKind.REAL)),
    (_("Highest controls"), Selection(Sort.HIGHEST, kind=CONTROLS)),
)


def selection_of(filter: Filter) -> Selection | None:
    """What a filter of ratings asks of items; None where it asks what their own counts cannot tell.

    They count all raters who are not excluded, whenever and from wherever these came.
    """
    pos, *others = filter.pos or ("",)
    told = Filter(pos=filter.pos, batch=filter.batch)
    return Selection(pos=pos, batch=filter.batch) if filter == told and not others else None


def worth_a_look(*, study: Study, within: Selection = ALL, size: int = 2) -> list[Look]:
    """What a researcher should see with their own eyes; reasons without an item are left out.

    With one rating of several an item says little, so two are asked for where there will be two.
    """
    rated = min(2, study.ratings_per_item)
    looks = []
    for reason, selection in _WORTH:
        wanted = replace(selection, rated=rated, pos=within.pos, batch=within.batch)
        found = page(study=study, selection=wanted, size=size)
        if found.items:
            looks.append(Look(reason, wanted, found.items))
    return looks
