"""Who rated, and what they were asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from annotator.domain.methods.facts import Facts
from annotator.domain.methods.rows import Row, closed, count
from annotator.enums import ColourMap, OptOut, Phase


def participants(facts: Facts) -> Iterable[Row]:
    raters, told = facts.raters, facts.reporting
    ways = _counted({_way(panel): n for panel, n in raters.by_panel.items()})
    yield Row(
        "Platform", told.platform or ways, f"Raters came by {ways}." if ways else told.platform
    )
    yield Row("Who could take part", told.filters, closed(told.filters))
    yield _pay(facts)
    yield Row("Ethics approval", told.ethics, closed(told.ethics))
    yield Row(
        "Number of raters",
        f"{raters.rated} rated, of {raters.joined} who began",
        f"{count(raters.rated, 'rater')} gave ratings, of {raters.joined} who began.",
    )
    if raters.simulated:
        yield Row(
            "Simulated raters",
            str(raters.simulated),
            f"{raters.simulated} of them are simulated: these numbers are a rehearsal.",
        )
    languages = ", ".join(raters.by_language)
    yield Row(
        "Language of the pages",
        languages,
        f"The pages were in {languages} (ISO codes)." if languages else "",
    )
    version = facts.study.consent_version
    asked = facts.procedure.asks_consent
    yield Row(
        "Consent",
        f"asked before rating, text version {version}" if asked else "not asked for on this site",
        f"Raters agreed to a consent text (version {version}) before rating." if asked else "",
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


def task(facts: Facts) -> Iterable[Row]:
    study = facts.study
    scale = ", ".join(f"{score} = {label}" for score, label in enumerate(study.labels, start=1))
    yield Row("Task", study.get_task_display())
    yield Row("Question", study.question, f"Raters were asked: “{study.question}”")
    yield Row("Scale", scale, f"They answered on five points ({scale}).", ("tang2023",))
    reasons = " or ".join(f"“{reason.label}”" for reason in OptOut)
    yield Row("Opt-outs", reasons, f"Instead of a score they could answer {reasons}.")
    n_examples = facts.examples.get(Phase.INSTRUCTIONS, 0)
    yield Row(
        "Instructions",
        (study.instructions or "the site's own text") + _plus(n_examples, "worked example"),
        f"They first read instructions{_plus(n_examples, 'worked example')} (appendix)."
        if facts.procedure.shows_instructions
        else "No instructions were shown.",
    )
    yield _training(facts)
    yield _qualification(facts)
    yield Row("Display", _display(facts), f"Maps were shown so: {_display(facts)}.")


def _training(facts: Facts) -> Row:
    n = facts.examples.get(Phase.TRAINING, 0)
    if not n:
        return Row("Training", "none")
    return Row(
        "Training", f"{n} items with feedback", f"They practised on {n} items, with feedback."
    )


def _qualification(facts: Facts) -> Row:
    n = facts.examples.get(Phase.QUALIFICATION, 0)
    if not n:
        return Row("Qualification", "none", "There was no qualification test.")
    mark, attempts = facts.procedure.pass_mark, facts.procedure.attempts
    failed = facts.raters.screened_out
    return Row(
        "Qualification",
        f"{count(n, 'item')}, pass mark {mark} %, {count(attempts, 'attempt')}; "
        f"{count(failed, 'rater')} failed",
        f"To qualify, at least {mark} % of {count(n, 'item')} had to be answered rightly within "
        f"{count(attempts, 'attempt')}; {count(failed, 'rater')} did not.",
    )


def _display(facts: Facts) -> str:
    study = facts.study
    free = [
        name
        for name, locked in {
            "opacity": study.opacity_locked,
            "colours": study.colour_map_locked,
            "outline": study.contour_locked,
            "hiding the map": study.hiding_locked,
        }.items()
        if not locked
    ]
    outline = f"outlined at {study.tau:g} of its peak" if study.contour else "without an outline"
    own = f"raters could change: {', '.join(free)}" if free else "the same for every rater"
    colours = ColourMap(study.colour_map).value
    return f"colours {colours}, opacity {study.opacity:g} at the peak, {outline}; {own}"


def _plus(n: int, thing: str) -> str:
    return f" and {count(n, thing)}" if n else ""
