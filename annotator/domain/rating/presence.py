"""Which things raters see in a picture, of those its prompt names and as many that it does not."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import TypeVar

import numpy as np
from django.db.models import Exists, OuterRef, QuerySet

from annotator import statistics
from annotator.domain.material.batch_names import batch_names
from annotator.domain.results.resampling import rng
from annotator.enums import PartOfSpeech
from annotator.models import HeatMap, Item, Rating, Study, Word
from annotator.models.rating import RatingQuerySet
from annotator.statistics import Estimate

NOUNS = (PartOfSpeech.NOUN, PartOfSpeech.PROPN)


def objects_of(item: Item) -> list[str]:
    """What is asked about, in the order it is shown."""
    return list(item.made_from.get("objects", ()))


def named_in(words: Sequence[Word]) -> list[str]:
    """The nouns of a prompt, each once, as it names them."""
    return list(dict.fromkeys(word.text for word in words if word.pos in NOUNS))


def nouns_of(study: Study) -> list[str]:
    """The nouns of all its prompts, each once."""
    words = Word.objects.filter(prompt__study=study, pos__in=NOUNS)
    return list(words.order_by().values_list("text", flat=True).distinct())


def choose_objects(heat_map: HeatMap, nouns: Sequence[str]) -> list[str]:
    """The prompt's nouns and as many nouns of the study's other prompts, in an order by chance.

    `nouns` are all of the study's (`nouns_of`), read once for all its pictures. A function of the
    study's seed and the texts alone: the same study asks the same anywhere.
    """
    prompt = heat_map.word.prompt
    named = named_in(list(prompt.words.all()))
    spellings = {name.casefold() for name in named}
    elsewhere = [text for text in nouns if text.casefold() not in spellings]

    def ticket(name: str) -> bytes:
        text = f"{prompt.study.seed}\0object\0{prompt.text}\0{prompt.seed}\0{name}"
        return hashlib.sha256(text.encode()).digest()

    return sorted([*named, *sorted(elsewhere, key=ticket)[: len(named)]], key=ticket)


# -- what was found ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Seen:
    """How many of a picture's `n` raters saw each thing that was asked about.

    `batch` is the name of its prompt's file, as `batch_names` tells it from others.
    """

    batch: str
    named: Sequence[str]
    counts: Mapping[str, int]
    n: int

    @property
    def correct(self) -> bool:
        """Paper §5: a picture is right where every thing its prompt names is seen (by most)."""
        return all(2 * self.counts[name] > self.n for name in self.named)

    @property
    def imagined(self) -> list[str]:
        """Things that most saw though the prompt does not name them."""
        return [
            name
            for name, count in self.counts.items()
            if name not in self.named and 2 * count > self.n
        ]


@dataclass(frozen=True)
class SeenItem(Seen):
    """The same, with what was judged."""

    item: Item
    n_opt_outs: int


S = TypeVar("S", bound=Seen)


def judged_items(*, study: Study) -> QuerySet[Item]:
    """Those of `seen_items`, in its order, without reading an answer."""
    judged = _answers(study).filter(seen__isnull=False, assignment__item=OuterRef("pk"))
    return study.items.filter(Exists(judged.order_by())).order_by("position")


def seen_items(*, study: Study, among: Iterable[Item] | None = None) -> list[SeenItem]:
    """In the study's order; pictures that nobody could judge are left out."""
    answers = _answers(study)
    if among is not None:
        answers = answers.filter(assignment__item__in=list(among))
    ratings = (
        answers.order_by("assignment__item__position", "pk")
        .select_related(
            "assignment__item__heat_map__word__prompt",
            "assignment__item__heat_map__generation",
        )
        .prefetch_related("assignment__item__heat_map__word__prompt__words")
    )
    batches = batch_names(study.batches.all())
    found = [_seen_item(answers, batches) for answers in ratings.by_item()]
    return [one for one in found if one.n]


def _answers(study: Study) -> RatingQuerySet:
    """Excluded raters do not count."""
    return Rating.objects.current().in_study(study).for_items().of_included_raters()


def _seen_item(answers: Sequence[Rating], batches: Mapping[int, str]) -> SeenItem:
    item = answers[0].assignment.item
    prompt = item.heat_map.word.prompt
    seen = [answer.seen for answer in answers if answer.seen is not None]
    counted = Counter(name for names in seen for name in names)
    return SeenItem(
        item=item,
        batch=batches[prompt.batch_id],
        named=named_in(list(prompt.words.all())),
        counts={name: counted[name] for name in objects_of(item)},
        n=len(seen),
        n_opt_outs=len(answers) - len(seen),
    )


def accuracy(items: Sequence[Seen]) -> Estimate:
    """Share of pictures that are right, pictures resampled."""
    right = np.array([one.correct for one in items], dtype=float)
    interval = statistics.bootstrap_interval(right, np.ones(len(right)), rng=rng())
    value = float(right.mean()) if len(right) else float("nan")
    return Estimate(value, *interval, n=len(right))


def by_batch(items: Sequence[Seen]) -> list[tuple[str, Estimate]]:
    """The same for every file of prompts, in the order of `arms_of`."""
    return [(name, accuracy(arm)) for name, arm in arms_of(items)]


def arms_of(items: Sequence[S]) -> list[tuple[str, list[S]]]:
    """By file of prompts: the arms of an experiment are uploaded as files of their own.

    In the order of the files' names.
    """
    arms: dict[str, list[S]] = {}
    for one in items:
        arms.setdefault(one.batch, []).append(one)
    return sorted(arms.items(), key=itemgetter(0))
