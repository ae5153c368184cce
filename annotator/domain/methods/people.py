"""Who rated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from annotator.domain.methods.facts import Facts
from annotator.domain.methods.rows import Row, closed, count


def participants(facts: Facts) -> Iterable[Row]:
    counts, told = facts.counts, facts.reporting
    ways = _counted({_way(group.name): group.n for group in counts.by_panel})
    yield Row(
        "Platform",
        told.platform or ways,
        closed(told.platform) if told.platform else f"Raters came by {ways}.",
    )
    yield Row("Who could take part", told.filters, closed(told.filters))
    yield _pay(facts)
    yield Row("Ethics approval", told.ethics, closed(told.ethics))
    yield _number(facts)
    if facts.simulated:
        yield Row(
            "Simulated raters",
            str(facts.simulated),
            f"{facts.simulated} of them are simulated: these numbers are a rehearsal.",
        )
    languages = ", ".join(group.name for group in counts.by_language)
    yield Row(
        "Language of the pages",
        languages,
        f"The pages were in {languages} (ISO codes)." if languages else "",
    )
    version = facts.study.consent_version
    asked = facts.procedure.asks_consent
    yield Row(
        "Consent",
        f"asked first, text version {version}" if asked else "not asked for on this site",
        f"Raters agreed to a consent text (version {version}) first." if asked else "",
    )


def _number(facts: Facts) -> Row:
    counts = facts.counts
    excluded = counts.rated - counts.counted
    without = f"; {excluded} of them excluded, {counts.counted} counted" if excluded else ""
    return Row(
        "Number of raters",
        f"{counts.rated} answered, of {facts.joined} who began{without}",
        f"{count(counts.rated, 'rater')} answered, of {facts.joined} who began{without}.",
    )


def _pay(facts: Facts) -> Row:
    """As somebody has put it; else as the study counts its costs."""
    study, told = facts.study, facts.reporting.pay
    if told or not study.pay_amount:
        return Row("Pay", told, closed(told))
    paid = f"{study.pay_amount:g} {study.pay_currency} per {study.pay_per}"
    return Row("Pay", paid, f"Raters were paid {paid}.")


def _way(panel: str) -> str:
    return "a link sent to them" if panel == "link" else panel


def _counted(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{name} ({n})" for name, n in numbers.items())
