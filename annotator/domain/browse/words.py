"""What is known of every word, whatever picture it is in: maps, ratings, opinion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan, sqrt

import numpy as np
from django.db.models import Count, Prefetch, Q, Sum, TextChoices, Value
from django.db.models.functions import Lower
from django.db.models.query import QuerySet
from django.utils.translation import gettext_lazy as _

from annotator import statistics
from annotator.domain.results.resampling import RESAMPLES, rng
from annotator.enums import ItemKind, PartOfSpeech
from annotator.models import HeatMap, Item, Study
from annotator.models.study import SCORES
from annotator.statistics import Estimate


class WordSort(TextChoices):
    RATINGS = "ratings", _("most ratings")
    MAPS = "maps", _("most maps")
    LOWEST = "lowest", _("lowest MOS")
    HIGHEST = "highest", _("highest MOS")
    SPREAD = "spread", _("largest SD")
    WORD = "word", _("alphabet")


@dataclass(frozen=True)
class WordRow:
    """All words of one lemma. `n_scores`, `mos` and `spread` are of real maps' scores only.

    `spread` is the standard deviation of all those scores; nan with fewer than two, as `mos` is
    without any. Opt-outs are in `n_ratings` and in nothing else.
    """

    lemma: str
    n_maps: int
    n_ratings: int
    n_scores: int
    mos: float
    spread: float


@dataclass(frozen=True)
class WordTable:
    """One row per lemma that has a map, in no order."""

    rows: tuple[WordRow, ...]

    def chosen(self, *, search: str = "", sort: WordSort = WordSort.RATINGS) -> list[WordRow]:
        """The rows whose lemma contains `search`, in any case."""
        wanted = search.lower()
        return sorted((row for row in self.rows if wanted in row.lemma.lower()), key=_KEYS[sort])


# -- the table -----------------------------------------------------------------------------------


def table(*, study: Study) -> WordTable:
    """From every word of the study: of a large one it is stored (`domain.analyses`)."""
    numbers = dict(_maps(study).order_by().values_list("word__lemma").annotate(Count("pk")))
    rated = _sums(study)
    return WordTable(
        tuple(_row(lemma, n, *rated.get(lemma, (0, 0, 0, 0))) for lemma, n in numbers.items())
    )


def _maps(study: Study) -> QuerySet[HeatMap]:
    """Those of second pictures are maps of the same words once more."""
    return HeatMap.objects.filter(generation__study=study, word__prompt__control_of=None)


def _sums(study: Study) -> dict[str, tuple[int, int, int, int]]:
    """Of each rated lemma: opt-outs, and of the scores their number, sum and sum of squares."""
    items = study.items.filter(kind=ItemKind.REAL).filter(Q(n_scores__gt=0) | Q(n_opt_outs__gt=0))
    counts = [Sum(f"count_{score}") for score in SCORES]
    rows = (
        items.order_by().values_list("heat_map__word__lemma").annotate(Sum("n_opt_outs"), *counts)
    )
    points = np.array(SCORES)
    return {
        lemma: (opt_outs, sum(numbers), int(of_each @ points), int(of_each @ points**2))
        for lemma, opt_outs, *numbers in rows
        for of_each in (np.array(numbers),)
    }


def _row(lemma: str, n_maps: int, opt_outs: int, n: int, total: int, squares: int) -> WordRow:
    return WordRow(
        lemma=lemma,
        n_maps=n_maps,
        n_ratings=n + opt_outs,
        n_scores=n,
        mos=total / n if n else nan,
        spread=sqrt((n * squares - total**2) / (n * (n - 1))) if n > 1 else nan,
    )


def _last(value: float) -> float:
    """What is undefined comes last, in either direction."""
    return value if value == value else float("inf")


_KEYS = {
    WordSort.RATINGS: lambda row: (-row.n_ratings, -row.n_maps, row.lemma),
    WordSort.MAPS: lambda row: (-row.n_maps, row.lemma),
    WordSort.LOWEST: lambda row: (_last(row.mos), row.lemma),
    WordSort.HIGHEST: lambda row: (_last(-row.mos), row.lemma),
    WordSort.SPREAD: lambda row: (_last(-row.spread), row.lemma),
    WordSort.WORD: lambda row: row.lemma.lower(),
}


# -- one word ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class WordPart:
    """The real maps of a word as one part of speech; all of them where `pos` is empty.

    The interval of `mos` resamples items; nan where it is not defined (see `mean_opinion_score`).
    """

    pos: str
    n_items: int
    n_opt_outs: int
    mos: Estimate

    @property
    def label(self) -> str:
        return str(PartOfSpeech(self.pos).label) if self.pos in PartOfSpeech else self.pos


@dataclass(frozen=True)
class ChosenWord:
    """A word by its lemma, or by how it stands in the prompts; in any case."""

    lemma: str = ""
    text: str = ""

    def __str__(self) -> str:
        return self.lemma or self.text


def maps_of(*, study: Study, word: ChosenWord) -> QuerySet[HeatMap]:
    """Its map in every picture, oldest first, each with its real item, if any, as `real_items`:
    one that shows this very map, where conditions show others."""
    column = "lemma" if word.lemma else "text"
    maps = _maps(study).alias(same=Lower(f"word__{column}")).filter(same=Lower(Value(str(word))))
    real = Item.objects.filter(study=study, kind=ItemKind.REAL, map_file="")
    return (
        maps.select_related("word__prompt", "generation")
        .prefetch_related(Prefetch("items", queryset=real, to_attr="real_items"))
        .order_by("pk")
    )


def parts_of(*, study: Study, word: ChosenWord) -> list[WordPart]:
    """All together, then by part of speech where there are several. Empty without an item."""
    items = study.items.filter(
        kind=ItemKind.REAL, heat_map__in=maps_of(study=study, word=word).order_by().values("pk")
    )
    columns = [f"count_{score}" for score in SCORES]
    # Items with the same counts are one row: a frequent word has many items and few of these.
    rows = items.order_by().values_list("pos", *columns, "n_opt_outs").annotate(n=Count("pk"))
    table = [(pos, np.array(counts), opt_outs, n) for pos, *counts, opt_outs, n in rows]
    present = [pos for pos in PartOfSpeech.values if any(row[0] == pos for row in table)]
    parts = [_part(pos, [row for row in table if row[0] == pos]) for pos in present]
    return [_part("", table), *(parts if len(parts) > 1 else ())] if table else []


def _part(pos: str, rows: Sequence[tuple[str, np.ndarray, int, int]]) -> WordPart:
    times = [n for *_, n in rows]
    counts = np.repeat([counts for _, counts, _, _ in rows], times, axis=0)  # (item, point)
    return WordPart(
        pos=pos,
        n_items=sum(times),
        n_opt_outs=sum(opt_outs * n for _, _, opt_outs, n in rows),
        mos=statistics.mean_opinion_score(
            counts @ np.array(SCORES),
            counts.sum(axis=1),
            rng=rng(),
            n=RESAMPLES,
        ),
    )
