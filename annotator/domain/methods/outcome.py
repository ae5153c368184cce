"""What came of it: when, how carefully, and the numbers."""

from __future__ import annotations

from collections.abc import Iterable

from annotator.domain.methods.facts import Facts
from annotator.domain.methods.numbers import (
    agreement_rows,
    control_rows,
    opinion_rows,
    without_exclusions,
)
from annotator.domain.methods.rows import Row, closed, count
from annotator.domain.results.resampling import BOOTSTRAP_SEED, CONFIDENCE, RESAMPLES


def quality(facts: Facts) -> Iterable[Row]:
    if facts.first_at and facts.last_at:
        days = f"{facts.first_at:%Y-%m-%d} to {facts.last_at:%Y-%m-%d}"
        yield Row("Dates", days, f"Ratings were collected from {days} (UTC).")
    else:
        yield Row("Dates", "")
    seconds = facts.median_seconds
    yield Row(
        "Time per rating",
        "" if seconds is None else f"median {seconds:.1f} s",
        "" if seconds is None else f"The median rating took {seconds:.1f} s.",
    )
    study = facts.study
    yield Row(
        "Attention checks",
        f"gold items {study.gold_percent} % of a rater's items, "
        f"{facts.gold_right} of {facts.gold_answers} answered rightly; "
        f"repeats {study.repeat_percent} %, {facts.repeats} given",
        f"{study.gold_percent} % of the items were checks with a known answer, of which "
        f"{facts.gold_right} of {facts.gold_answers} were answered rightly."
        if facts.gold_answers
        else "",
    )
    stopped = "; ".join(f"{why}: {count(n, 'rater')}" for why, n in facts.stopped.items())
    rule = study.get_check_rule_display()
    yield Row(
        "Who fails checks",
        f"{rule}; stopped: {stopped or 'nobody'}",
        f"Raters were stopped in mid-study ({stopped})." if stopped else "",
    )
    reasons = "; ".join(
        f"{found.reason or 'no reason given'}: {count(found.raters, 'rater')}, "
        f"{count(found.ratings, 'rating')}"
        for found in facts.exclusions
    )
    yield Row(
        "Exclusions",
        reasons or "none",
        f"Raters were excluded ({reasons}); {without_exclusions(facts)}"
        if reasons
        else "No rater was excluded.",
    )
    yield Row("Data", facts.reporting.data, closed(facts.reporting.data))


def results(facts: Facts) -> Iterable[Row]:
    overall = facts.results.overall
    yield Row(
        "Ratings",
        f"{overall.n_ratings}, of which {overall.n_opt_outs} opt-outs",
        f"{overall.n_ratings} ratings of {overall.n_items} items with real maps are analysed, "
        f"{overall.n_opt_outs} of them opt-outs.",
    )
    for asked, answer, sentence in opinion_rows(facts.results):
        yield Row(asked, answer, sentence)
    for asked, answer, sentence, cites in agreement_rows(overall):
        yield Row(asked, answer, sentence, cites)
    for asked, answer, sentence in control_rows(facts.results):
        yield Row(asked, answer, sentence)
    how = (
        f"{round(100 * CONFIDENCE)} % intervals, {RESAMPLES} bootstrap resamples of items, "
        f"seed {BOOTSTRAP_SEED}"
    )
    yield Row("Intervals", how, f"In brackets: {how}.")
