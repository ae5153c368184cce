"""What is unusual about a rater's answers, for a person to look at. Nobody is left out by it alone.

Excluding is a decision with a reason. It is logged, it can be taken back, and the ratings stay.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Count, Sum
from django.utils import timezone

from annotator import statistics
from annotator.domain.rating import tally
from annotator.domain.results.resampling import BOOTSTRAP_SEED, RESAMPLES
from annotator.domain.study_log import log
from annotator.enums import CONTROL_KINDS, AssignmentPurpose, Flag, ItemKind
from annotator.models import Rater, Rating, Study
from annotator.statistics import Estimate


@dataclass(frozen=True)
class Rule:
    """From how many observations on a flag is given, and beyond which value."""

    at_least: int
    limit: float


# Chosen so that a careful simulated rater is flagged rarely; they are shown beside every flag.
FAST_MS = 800
RULES: Mapping[Flag, Rule] = {
    Flag.TOO_FAST: Rule(10, 0.2),
    Flag.STRAIGHT_LINING: Rule(15, 0.9),
    Flag.FAILED_GOLD: Rule(2, 0.34),
    Flag.FAILED_CONTROLS: Rule(3, 0.0),
    Flag.LOW_AGREEMENT: Rule(10, 1.25),
    Flag.SELF_DISAGREEMENT: Rule(6, 0.8),
}


@dataclass(frozen=True)
class Answered:
    """One current answer of a rater, with what is needed to look at it."""

    item: int
    kind: str
    purpose: str
    score: int | None
    visible_ms: int | None
    accepted: tuple[int, int] | None


@dataclass(frozen=True)
class Measure:
    """A flag's quantity for one rater, and the number of observations it rests on."""

    flag: Flag
    value: float
    n: int

    @property
    def raised(self) -> bool:
        rule = RULES[self.flag]
        if self.n < rule.at_least:
            return False
        # Of controls it is how far real maps are above them: little is bad. Of the rest, much is.
        if self.flag == Flag.FAILED_CONTROLS:
            return self.value <= rule.limit
        return self.value > rule.limit


@dataclass(frozen=True)
class RaterQuality:
    """A rater's measures, where there is anything to measure.

    Of `n_repeats` items that they scored twice, `n_same` got the same score again.
    """

    rater: Rater
    n_answers: int
    measures: Sequence[Measure]
    n_repeats: int
    n_same: int

    @property
    def flags(self) -> list[Measure]:
        return [measure for measure in self.measures if measure.raised]


@dataclass(frozen=True)
class FlagCount:
    """How many raters have a flag."""

    flag: Flag
    raters: int


@dataclass(frozen=True)
class RaterFigures:
    """What only reading every answer tells of a study's raters.

    `flags` are of raters who are not excluded, in the order of the enum; `milliseconds` the time
    that people, not simulated raters, were in front of pictures, excluded or not; `self_agreement`
    the share of repeated items that got the same score again from those who are not excluded.
    """

    flags: tuple[FlagCount, ...]
    milliseconds: int
    self_agreement: Estimate


# -- measuring -----------------------------------------------------------------------------------


def quality_of(raters: Iterable[Rater]) -> list[RaterQuality]:
    """One per rater, in the order given; two queries."""
    chosen = list(raters)
    answers = _answers(chosen)
    items = {answer.item for given in answers.values() for answer in given}
    totals = _totals(items)
    return [_quality(rater, answers[rater.pk], totals) for rater in chosen]


def _quality(
    rater: Rater, answers: Sequence[Answered], totals: Mapping[int, tuple[int, int]]
) -> RaterQuality:
    twice = repeated(answers)
    return RaterQuality(
        rater,
        n_answers=len(answers),
        measures=tuple(_measures(answers, totals)),
        n_repeats=len(twice),
        n_same=sum(before == after for before, after in twice),
    )


# So that memory does not grow with the study.
_RATERS_AT_ONCE = 200


def rater_figures(
    *, study: Study, report: Callable[[int, int], None] | None = None
) -> RaterFigures:
    """Reads every answer: for a worker, where there are many. `report` is told (done, of all)."""
    included = list(study.raters.filter(excluded_at=None))
    flags: Counter[Flag] = Counter()
    repeated_by = []
    for done, found in enumerate(quality_in_pieces(included), start=1):
        flags.update(one.flag for one in found.flags)
        if found.n_repeats:
            repeated_by.append(replace(found, measures=()))
        if report is not None:
            report(done, len(included))
    people = Rating.objects.current().filter(
        assignment__rater__study=study, assignment__rater__simulated=False
    )
    return RaterFigures(
        flags=tuple(FlagCount(flag, flags[flag]) for flag in Flag if flags[flag]),
        milliseconds=people.aggregate(all=Sum("reaction_ms", default=0))["all"],
        self_agreement=_self_agreement(repeated_by),
    )


def quality_in_pieces(raters: Sequence[Rater]) -> Iterator[RaterQuality]:
    """As `quality_of`, of any number of raters: two queries for every few."""
    for start in range(0, len(raters), _RATERS_AT_ONCE):
        yield from quality_of(raters[start : start + _RATERS_AT_ONCE])


def _answers(raters: Sequence[Rater]) -> dict[int, list[Answered]]:
    rated = (
        Rating.objects.current()
        .filter(assignment__rater__in=raters)
        .order_by("pk")
        .values_list(
            "assignment__rater",
            "assignment__item",
            "assignment__item__kind",
            "assignment__purpose",
            "score",
            "reaction_ms",
            "hidden_ms",
            "assignment__item__accepted_low",
            "assignment__item__accepted_high",
        )
    )
    found: dict[int, list[Answered]] = defaultdict(list)
    for rater, item, kind, purpose, score, reaction, hidden, low, high in rated:
        visible = None if reaction is None else max(0, reaction - hidden)
        accepted = None if low is None or high is None else (low, high)
        found[rater].append(Answered(item, kind, purpose, score, visible, accepted))
    return found


def _totals(items: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Of every item the sum and the number of its scores, those of its k ratings."""
    keys = sorted(items)
    totals: dict[int, tuple[int, int]] = {}
    # In pieces: SQLite takes some thousand values in a query.
    for start in range(0, len(keys), 5000):
        scored = (
            Rating.objects.current()
            .for_items()
            .filter(assignment__item__in=keys[start : start + 5000], score__isnull=False)
            .order_by()
            .values_list("assignment__item")
            .annotate(Sum("score"), Count("pk"))
        )
        totals |= {item: (total, count) for item, total, count in scored}
    return totals


def _measures(
    answers: Sequence[Answered], totals: Mapping[int, tuple[int, int]]
) -> Iterable[Measure]:
    times = [one.visible_ms for one in answers if one.visible_ms is not None]
    yield from _mean(Flag.TOO_FAST, [time < FAST_MS for time in times])
    planned = [one for one in answers if one.purpose == AssignmentPurpose.RATING]
    scored = [(one, one.score) for one in planned if one.score is not None]
    if scored:
        (_, most), *_ = Counter(score for _, score in scored).most_common(1)
        yield Measure(Flag.STRAIGHT_LINING, most / len(scored), len(scored))
    gold = [one for one in answers if one.purpose == AssignmentPurpose.GOLD]
    yield from _mean(Flag.FAILED_GOLD, [not _is_right(one) for one in gold])
    yield from _above_controls(scored)
    yield from _mean(Flag.LOW_AGREEMENT, list(_distances(scored, totals)))
    yield from _mean(Flag.SELF_DISAGREEMENT, [abs(a - b) for a, b in repeated(answers)])


def _mean(flag: Flag, values: Sequence[float]) -> Iterable[Measure]:
    if values:
        yield Measure(flag, float(np.mean(values)), len(values))


def _is_right(answer: Answered) -> bool:
    """An opt-out is not: the question has a known answer."""
    if answer.accepted is None or answer.score is None:
        return False
    low, high = answer.accepted
    return low <= answer.score <= high


def _above_controls(scored: Sequence[tuple[Answered, int]]) -> Iterable[Measure]:
    real = [score for one, score in scored if one.kind == ItemKind.REAL]
    wrong = [score for one, score in scored if one.kind in CONTROL_KINDS]
    if real and wrong:
        yield Measure(
            Flag.FAILED_CONTROLS, float(np.mean(real) - np.mean(wrong)), min(len(real), len(wrong))
        )


def _distances(
    scored: Sequence[tuple[Answered, int]], totals: Mapping[int, tuple[int, int]]
) -> Iterable[float]:
    """From the mean of the others, in points, for every item that others scored too."""
    for one, score in scored:
        total, count = totals[one.item]
        if count > 1:
            yield abs(score - (total - score) / (count - 1))


def repeated(answers: Sequence[Answered]) -> list[tuple[int, int]]:
    """First and second score of the items shown twice."""
    first = {one.item: one.score for one in answers if one.purpose == AssignmentPurpose.RATING}
    return [
        (before, one.score)
        for one in answers
        if one.purpose == AssignmentPurpose.REPEAT
        and one.score is not None
        and (before := first.get(one.item)) is not None
    ]


def _self_agreement(found: Sequence[RaterQuality]) -> Estimate:
    """The share of repeated items that got the same score again; the interval resamples raters."""
    same, counts = [one.n_same for one in found], [one.n_repeats for one in found]
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    low, high = statistics.bootstrap_interval(same, counts, rng=rng, n=RESAMPLES)
    n = sum(counts)
    return Estimate(sum(same) / n if n else float("nan"), low, high, n)


# -- deciding ------------------------------------------------------------------------------------


@transaction.atomic
def exclude(*, rater: Rater, user: AbstractBaseUser | None, reason: str) -> None:
    """Leave a rater out of the statistics. Their ratings stay, and are exported with the reason."""
    free = Rater.objects.filter(pk=rater.pk, excluded_at=None)
    if free.update(excluded_at=timezone.now(), exclusion_reason=reason[:300]):
        tally.recount(items=tally.lock_items_of(rater))
        text = f"Rater {rater.pseudonym} excluded: {reason}"
        log(study=rater.study, user=user, text=text[:500], rater=rater.pseudonym)


@transaction.atomic
def include(*, rater: Rater, user: AbstractBaseUser) -> None:
    """Take an exclusion back."""
    excluded = Rater.objects.filter(pk=rater.pk, excluded_at__isnull=False)
    if excluded.update(excluded_at=None, exclusion_reason=""):
        tally.recount(items=tally.lock_items_of(rater))
        text = f"Rater {rater.pseudonym} included again"
        log(study=rater.study, user=user, text=text, rater=rater.pseudonym)
