"""From answers to results. `analyse` needs no database: ratings from a file are analysed alike."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeVar

from annotator import statistics
from annotator.domain.results.agreement import agreement
from annotator.domain.results.answers import NO_REPEATS, Answers, Repeats
from annotator.domain.results.comparison import comparisons, splits
from annotator.domain.results.filters import Filter
from annotator.domain.results.loading import load_answers, load_repeats
from annotator.domain.results.planning import outlook
from annotator.domain.results.rater_results import rater_results
from annotator.domain.results.resampling import CONFIDENCE, RESAMPLES, rng
from annotator.domain.results.summary import FAIR, Results, Summary
from annotator.enums import ItemKind, PartOfSpeech
from annotator.models import Rating, Study
from annotator.models.study import SCORES
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
    *,
    kind: str = ItemKind.REAL,
    n_excluded: int = 0,
    report: Report | None = None,
) -> Results:
    """Everything, about the maps of one kind; comparisons are of real maps with each control."""
    chosen = answers.of_kind(kind)
    groups = _groups(chosen.pos.present())
    steps = _Steps(report, total=len(groups) + 6)
    overall = steps.done(summarise("", chosen))
    by_pos = tuple(steps.done(summarise(pos, chosen.of_pos(pos))) for pos in groups)
    return Results(
        kind=kind,
        n_ratings=answers.n_ratings,
        n_simulated=int(answers.simulated[answers.rater].sum()),
        n_excluded=n_excluded,
        overall=overall,
        by_pos=by_pos,
        sureness=steps.done(_sureness(chosen)),
        comparisons=steps.done(comparisons(answers)),
        splits=steps.done(splits(chosen)),
        raters=steps.done(rater_results(chosen, repeats)),
        outlook=steps.done(outlook(chosen)),
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
    mos = statistics.mean_opinion_score(
        answers.sums, counts.sum(axis=1), rng=rng(), n=RESAMPLES, confidence=CONFIDENCE
    )
    dropped = opt_outs.sum(axis=1)
    paper = statistics.paper_opinion_score(
        counts, list(SCORES), dropped, rng=rng(), n=RESAMPLES, confidence=CONFIDENCE
    )
    return Summary(
        pos=pos,
        n_items=answers.n_items,
        n_raters=answers.n_raters,
        fewest=int(given.min(initial=given.max(initial=0))),
        most=int(given.max(initial=0)),
        scores=tuple(counts.sum(axis=0).tolist()),
        opt_outs=tuple(opt_outs.sum(axis=0).tolist()),
        mos=mos,
        mos_note=_note(mos, "nobody has given a score yet", "has a score"),
        paper=paper,
        paper_note=_note(paper, "every item has an opt-out, or no score", "has no opt-out"),
        fair=statistics.share_at_least(
            counts, list(SCORES), FAIR, rng=rng(), n=RESAMPLES, confidence=CONFIDENCE
        ),
        agreement=agreement(answers),
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
