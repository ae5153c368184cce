"""How carefully it was answered, and what was left out."""

from __future__ import annotations

from collections.abc import Iterable

from annotator.domain.methods.facts import Facts
from annotator.domain.methods.rows import Row, closed, count


def quality(facts: Facts) -> Iterable[Row]:
    counts = facts.counts
    if counts.first_at and counts.last_at:
        days = f"{counts.first_at:%Y-%m-%d} to {counts.last_at:%Y-%m-%d}"
        yield Row("Dates", days, f"Answers were collected from {days} (UTC).")
    else:
        yield Row("Dates", "")
    seconds = counts.median_seconds
    yield Row(
        "Time per answer",
        "" if seconds is None else f"median {seconds:.1f} s",
        "" if seconds is None else f"The median answer took {seconds:.1f} s.",
    )
    yield _checks(facts)
    stopped = "; ".join(f"{why}: {count(n, 'rater')}" for why, n in facts.stopped.items())
    rule = facts.study.get_check_rule_display()
    yield Row(
        "Who fails checks",
        f"{rule}; stopped: {stopped or 'nobody'}",
        f"Raters were stopped in mid-study ({stopped})." if stopped else "",
    )
    reasons = "; ".join(
        f"{found.reason or 'no reason given'}: {count(found.raters, 'rater')}, "
        f"{count(found.ratings, 'answer')}"
        for found in counts.exclusions
    )
    yield Row(
        "Exclusions",
        reasons or "none",
        f"Raters were excluded ({reasons}); {_without_exclusions(facts)}"
        if reasons
        else "No rater was excluded.",
    )
    yield Row("Data", facts.reporting.data, closed(facts.reporting.data))


def _checks(facts: Facts) -> Row:
    study, counts = facts.study, facts.counts
    asked = counts.gold_answers or counts.repeats
    if not (asked or study.gold_percent or study.repeat_percent):
        return Row("Attention checks", "none", "There were no attention checks.")
    return Row(
        "Attention checks",
        f"gold items {study.gold_percent} % of a rater's items, "
        f"{counts.gold_right} of {counts.gold_answers} answered rightly; "
        f"repeats {study.repeat_percent} %, {counts.repeats} given",
        f"{study.gold_percent} % of the items were checks with a known answer, of which "
        f"{counts.gold_right} of {counts.gold_answers} were answered rightly."
        if counts.gold_answers
        else "",
    )


def _without_exclusions(facts: Facts) -> str:
    """What the exclusions change, for who wants to know."""
    found = facts.findings
    without = "answers, attention checks and where raters came from are counted without them"
    if found.with_everybody:
        without += f"; with them {found.main} is {found.with_everybody}, without them {found.value}"
    return f"{without}."
