"""From answers to results. `analyse` needs no database: ratings from a file are analysed alike."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

from annotator import statistics
from annotator.domain.results.agreement import agreement
from annotator.domain.results.answers import (
    NO_KNOWN_ANSWERS,
    NO_REPEATS,
    Answers,
    KnownAnswers,
    Repeats,
)
from annotator.domain.results.comparison import comparisons, splits
from annotator.domain.results.conditions import condition_opinions, pairings
from annotator.domain.results.effects import effects
from annotator.domain.results.filters import Filter
from annotator.domain.results.loading import load_answers, load_repeats
from annotator.domain.results.planning import NO_OUTLOOK, outlook
from annotator.domain.results.rater_results import rater_results
from annotator.domain.results.resampling import CONFIDENCE, RESAMPLES, rng
from annotator.domain.results.summary import Results, Summary
from annotator.enums import ItemKind, PartOfSpeech
from annotator.models import Rating, Study
from annotator.statistics import Estimate, OpinionIntervals

T = TypeVar("T")
# Told (steps done, steps in all).
Report = Callable[[int, int], None]


def compute(*, study: Study, filter: Filter, report: Report | None = None) -> Results:
    """The results of the study's current answers that pass the filter."""
    excluded = Rating.objects.current().in_study(study)
    n_excluded = excluded.filter(assignment__rater__excluded_at__isnull=False).count()
    answers = load_answers(study=study, filter=filter)
    repeats = load_repeats(study=study, filter=filter, raters=answers.raters)
    return analyse(answers, repeats, kind=filter.kind, n_excluded=n_excluded, report=report)


def analyse(
    answers: Answers,
    repeats: Repeats = NO_REPEATS,
    known: KnownAnswers = NO_KNOWN_ANSWERS,
    *,
    kind: str = ItemKind.REAL,
    n_excluded: int = 0,
    report: Report | None = None,
) -> Results:
    """Everything, about the maps of one kind; comparisons are of real maps with each control.

    Labels without an order have neither opinion scores nor what is made of them.
    """
    chosen, ordered = answers.of_kind(kind), answers.scale.ordered
    groups = _groups(chosen.pos.present())
    steps = _Steps(report, total=len(groups) + 8)
    overall = steps.done(summarise("", chosen))
    by_pos = tuple(steps.done(summarise(pos, chosen.of_pos(pos))) for pos in groups)
    return Results(
        kind=kind,
        n_ratings=answers.n_ratings,
        n_simulated=int(answers.simulated[answers.rater].sum()),
        n_excluded=n_excluded,
        overall=overall,
        by_pos=by_pos,
        sureness=steps.done(_sureness(chosen) if ordered else None),
        comparisons=steps.done(comparisons(answers) if ordered else ()),
        splits=steps.done(splits(chosen) if ordered else ()),
        conditions=condition_opinions(chosen) if ordered else (),
        pairings=steps.done(pairings(chosen) if ordered else ()),
        effects=steps.done(effects(answers) if ordered else None),
        raters=steps.done(rater_results(chosen, repeats, known)),
        outlook=steps.done(outlook(chosen) if ordered else NO_OUTLOOK),
    )


def _groups(present: Sequence[str]) -> list[str]:
    """Parts of speech in the order reports list them, then groups that a file named."""
    known = [pos for pos in PartOfSpeech.values if pos in present]
    return known + sorted(set(present).difference(known, [""]))


class _Steps:
    """Counts what is computed, and passes it on."""

    def __init__(self, report: Report | None, total: int) -> None:
        self._report, self._total, self._done = report, total, 0

    def done(self, value: T) -> T:
        self._done += 1
        if self._report is not None:
            self._report(self._done, self._total)
        return value


def summarise(pos: str, answers: Answers) -> Summary:
    """The numbers of one group; all parts of speech together are called ""."""
    counts, opt_outs = answers.counts, answers.opt_outs
    given = counts.sum(axis=1) + opt_outs.sum(axis=1)  # (item,)
    opinions = _opinions(answers) if answers.scale.ordered else _NO_OPINIONS
    return Summary(
        pos=pos,
        n_items=answers.n_items,
        n_raters=answers.n_raters,
        fewest=int(given.min(initial=given.max(initial=0))),
        most=int(given.max(initial=0)),
        scores=tuple(counts.sum(axis=0).tolist()),
        opt_outs=tuple(opt_outs.sum(axis=0).tolist()),
        agreement=agreement(answers),
        **opinions._asdict(),
    )


class _Opinions(NamedTuple):
    """What a `Summary` says of scores that can be added up."""

    mos: Estimate
    mos_note: str
    paper: Estimate
    paper_note: str
    fair: Estimate


_NONE = Estimate(math.nan, math.nan, math.nan, 0)
_NO_OPINIONS = _Opinions(_NONE, "", _NONE, "", _NONE)


def _opinions(answers: Answers) -> _Opinions:
    counts, scale = answers.counts, answers.scale
    how: dict[str, Any] = {"n": RESAMPLES, "confidence": CONFIDENCE}
    mos = statistics.mean_opinion_score(answers.sums, counts.sum(axis=1), rng=rng(), **how)
    dropped = answers.opt_outs.sum(axis=1)
    paper = statistics.paper_opinion_score(counts, scale.values, dropped, rng=rng(), **how)
    return _Opinions(
        mos=mos,
        mos_note=_note(mos, "nobody has given a score yet", "has a score"),
        paper=paper,
        paper_note=_note(paper, "every item has an opt-out, or no score", "has no opt-out"),
        fair=statistics.share_at_least(counts, scale.values, scale.middle, rng=rng(), **how),
    )


def _sureness(answers: Answers) -> OpinionIntervals:
    ratings = answers.crossed
    prompts = answers.prompt[ratings.items]
    return statistics.opinion_intervals(
        ratings, prompts=prompts, rng=rng(), n=RESAMPLES, confidence=CONFIDENCE
    )


def _note(found: Estimate, why_none: str, what_one_has: str) -> str:
    if math.isnan(found.value):
        return f"not defined: {why_none}"
    if math.isnan(found.low):
        return f"no interval: only one item {what_one_has}"
    return ""
