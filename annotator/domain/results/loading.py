"""A study's answers from the database into arrays, a row at a time: memory is what arrays hold.

A million ratings are some 20 MB. What a row costs is the time to make its tuple, so the database
is asked for numbers only, and for names once per item.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from django.db.models import BigIntegerField, Case, F, Func, OuterRef, Subquery, Value, When
from django.db.models.functions import Coalesce
from numpy.typing import NDArray

from annotator.domain.material.batch_names import batch_names
from annotator.domain.results.answers import NO_OPT_OUT, OPT_OUT_CODES, Answers, Category, Repeats
from annotator.domain.results.filters import Filter
from annotator.enums import AssignmentPurpose
from annotator.models import Rater, Rating, Study
from annotator.models.rating import RatingQuerySet

_CHUNK = 10_000
_KEYS = ("key", "item", "rater", "at")
_RATING = np.dtype([*((name, "i8") for name in _KEYS), ("score", "f4"), ("opt_out", "i1")])
_NAMES = {
    "pos": "pos",
    "kind": "kind",
    "condition": "condition",
    "word": "heat_map__word__text",
    "lemma": "heat_map__word__lemma",
    "batch": "heat_map__word__prompt__batch",
    "model": "heat_map__generation__provenance__model",
}

_NUMBERED = {"prompt": "heat_map__word__prompt", "judged": "heat_map__word"}
_ITEM = np.dtype(
    [("key", "i8"), *((name, "i8") for name in _NUMBERED), *((name, "i4") for name in _NAMES)]
)


class _Milliseconds(Func):
    """Since 1970, as a number: turning a million texts into dates in Python takes seconds."""

    output_field = BigIntegerField()
    template = "CAST(EXTRACT(EPOCH FROM %(expressions)s) * 1000 AS bigint)"

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        days = "julianday(%(expressions)s) - 2440587.5"
        template = f"CAST(ROUND(({days}) * 86400000) AS INTEGER)"
        return super().as_sql(compiler, connection, template=template, **context)


def load_answers(*, study: Study, filter: Filter) -> Answers:
    """Every current answer that passes, with its items of all kinds. Four queries."""
    # A drawing, or things seen, are answers to other tasks: they have no score.
    answered = filter.ratings(study).filter(mask__isnull=True, seen__isnull=True)
    rows = _ratings(answered.for_items())
    item_keys, item = np.unique(rows["item"], return_inverse=True)
    rater_keys, rater = np.unique(rows["rater"], return_inverse=True)
    people = _raters(rater_keys)
    return Answers(
        item=item.astype(np.int32),
        rater=rater.astype(np.int32),
        score=np.where(rows["opt_out"] == NO_OPT_OUT, rows["score"], np.nan).astype(np.float32),
        opt_out=rows["opt_out"],
        submitted_at=rows["at"].astype("datetime64[ms]"),
        raters=tuple(name for name, _ in people),
        simulated=np.array([simulated for _, simulated in people], dtype=bool),
        **_items(study, filter, item_keys),
    )


def load_repeats(*, study: Study, filter: Filter, raters: Iterable[str]) -> Repeats:
    """Both scores of every repeated item, by the number that a rater's name has in `raters`."""
    number = {name: index for index, name in enumerate(raters)}
    first = (
        Rating.objects.current()
        .for_items()
        .filter(
            assignment__item=OuterRef("assignment__item"),
            assignment__rater=OuterRef("assignment__rater"),
        )
    )
    repeated = (
        filter.ratings(study)
        .filter(assignment__purpose=AssignmentPurpose.REPEAT, score__isnull=False)
        .annotate(before=Subquery(first.values("score")[:1]))
        .filter(before__isnull=False)
        .order_by("pk")
        .values_list("assignment__rater__pseudonym", "before", "score")
    )
    known = [(number[name], before, score) for name, before, score in repeated if name in number]
    table = np.array(known, dtype=np.float32).reshape(-1, 3)
    return Repeats(table[:, 0].astype(np.int32), table[:, 1], table[:, 2])


def _ratings(ratings: RatingQuerySet) -> NDArray:
    """One record (`_RATING`) per rating, oldest first."""
    codes = [When(opt_out=reason, then=Value(code)) for reason, code in OPT_OUT_CODES.items()]
    found = ratings.order_by().values_list(
        "pk",
        "assignment__item",
        "assignment__rater",
        _Milliseconds(F("submitted_at")),
        Coalesce("score", Value(0)),
        Case(*codes, default=Value(NO_OPT_OUT)),
    )
    rows = np.fromiter(found.iterator(chunk_size=_CHUNK), dtype=_RATING)
    # Sorted here: the database would sort a million joined rows, and numpy sorts one column.
    return rows[np.argsort(rows["key"])]


def _items(study: Study, filter: Filter, keys: NDArray[np.int64]) -> dict[str, Any]:
    """The columns of the items that have these keys, which ascend."""
    found = filter.items(study).order_by("pk")
    rows = found.values_list("pk", *_NUMBERED.values(), *_NAMES.values())
    # Conditions are told in the study's order, the rest as they come.
    in_order = {"condition": ["", *(one.name for one in study.compared)]}
    numbers = [{name: n for n, name in enumerate(in_order.get(of, ()))} for of in _NAMES]

    def records() -> Iterator[tuple[int, ...]]:
        for key, prompt, judged, *names in rows.iterator(chunk_size=_CHUNK):
            codes = (
                known.setdefault(name or "", len(known))
                for known, name in zip(numbers, names, strict=True)
            )
            yield (key, prompt, judged, *codes)

    table = np.fromiter(records(), dtype=_ITEM)
    files: dict[Any, str] = {"": "", **batch_names(study.batches.all())}
    told: dict[str, Callable[[Any], str]] = {"batch": files.__getitem__}
    table = table[np.searchsorted(table["key"], keys)]
    named = {
        column: Category(table[column], tuple(map(told.get(column, str), known)))
        for column, known in zip(_NAMES, numbers, strict=True)
    }
    numbered = {
        column: np.unique(table[column], return_inverse=True)[1].astype(np.int32)
        for column in _NUMBERED
    }
    return {"item_keys": keys, **numbered, **named}


def _raters(keys: NDArray[np.int64]) -> list[tuple[str, bool]]:
    """Pseudonym and whether simulated, of the raters that have these keys, which ascend."""
    people: list[tuple[str, bool]] = []
    # In pieces: SQLite takes some thousand values in a query.
    for start in range(0, len(keys), 5000):
        piece = Rater.objects.filter(pk__in=keys[start : start + 5000].tolist())
        people += piece.order_by("pk").values_list("pseudonym", "simulated")
    return people
