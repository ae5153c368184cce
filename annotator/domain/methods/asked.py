"""What raters were asked, shown and taught: each task in its own words."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from annotator.domain.methods.facts import Facts
from annotator.domain.methods.rows import Row, count
from annotator.enums import ColourMap, OptOut, Phase, Task


def task(facts: Facts) -> Iterable[Row]:
    study = facts.study
    yield Row("Task", study.get_task_display())
    yield _question(facts)
    yield from _ANSWERS[Task(study.task)](facts)
    yield _instructions(facts)
    yield _training(facts)
    yield _qualification(facts)
    shown = _DISPLAYS[Task(study.task)](facts)
    yield Row("Display", shown, f"{shown[0].upper()}{shown[1:]}.")


def _question(facts: Facts) -> Row:
    question = facts.study.question
    about = " ({word}: the word in question)" if "{word}" in question else ""
    # Quotation marks within quotation marks are single ones.
    quoted = question.translate(str.maketrans("“”", "‘’"))
    stop = "" if quoted.endswith(("?", ".", "？", "。")) and not about else "."
    return Row("Question", question, f"Raters were asked: “{quoted}”{about}{stop}")


# -- what an answer is ---------------------------------------------------------------------------


def _score(facts: Facts) -> Iterable[Row]:
    scale = ", ".join(f"{score} = {label}" for score, label in enumerate(facts.study.labels, 1))
    yield Row("Scale", scale, f"They answered on five points ({scale}).", ("tang2023",))
    reasons = " or ".join(f"“{reason.label}”" for reason in OptOut)
    yield Row("Opt-outs", reasons, f"Instead of a score they could answer {reasons}.")


def _mask(facts: Facts) -> Iterable[Row]:
    yield Row(
        "Answer",
        "a mask of the picture's own size, painted with brush, eraser and polygon, or “Not in the "
        "picture”",
        "They painted over all of the thing with brush, eraser and polygon, at the picture's own "
        "size, or answered “Not in the picture”.",
    )
    yield _picture_too_poor()


def _things(facts: Facts) -> Iterable[Row]:
    yield Row(
        "Things asked about",
        "the nouns of the picture's prompt and as many nouns of other prompts, in an order by "
        "chance, the same for every rater",
        "Of every picture they were asked about the nouns of its prompt and, where there are so "
        "many, as many nouns of other prompts, in an order by chance; the prompt was not shown.",
    )
    yield Row("Answer", "any number of them, or none", "They chose any number of them, or none.")
    yield _picture_too_poor()


def _picture_too_poor() -> Row:
    reason = f"“{OptOut.IMAGE_TOO_POOR.label}”"
    return Row("Opt-outs", reason, f"Instead they could answer {reason}.")


_ANSWERS: dict[Task, Callable[[Facts], Iterable[Row]]] = {
    Task.RATING: _score,
    Task.SEGMENTATION: _mask,
    Task.PRESENCE: _things,
}


# -- what they learnt before ---------------------------------------------------------------------


def _instructions(facts: Facts) -> Row:
    if not facts.procedure.shows_instructions:
        return Row("Instructions", "none", "No instructions were shown.")
    n_examples = facts.examples.get(Phase.INSTRUCTIONS, 0)
    examples = f" and {count(n_examples, 'worked example')}" if n_examples else ""
    own = " and the study's own (appendix)" if facts.study.instructions else ""
    text = f"the standard instructions of DAAM Annotator{own}{examples}"
    return Row("Instructions", text, f"They first read {text}.")


def _training(facts: Facts) -> Row:
    n = facts.examples.get(Phase.TRAINING, 0)
    if not n:
        return Row("Training", "none")
    items = f"{count(n, 'item')} with feedback"
    return Row("Training", items, f"They practised on {items}.")


def _qualification(facts: Facts) -> Row:
    n = facts.examples.get(Phase.QUALIFICATION, 0)
    if not n:
        return Row("Qualification", "none", "There was no qualification test.")
    mark, attempts = facts.procedure.pass_mark, facts.procedure.attempts
    failed = count(facts.screened_out, "rater")
    return Row(
        "Qualification",
        f"{count(n, 'item')}, pass mark {mark} %, {count(attempts, 'attempt')}; {failed} failed",
        f"To qualify, at least {mark} % of {count(n, 'item')} had to be answered rightly within "
        f"{count(attempts, 'attempt')}; {failed} failed.",
    )


# -- what they saw -------------------------------------------------------------------------------


def _map_over_picture(facts: Facts) -> str:
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
    return (
        f"maps were shown over the picture in the colour map “{colours}”, {study.opacity:g} opaque "
        f"at the peak, {outline}; {own}"
    )


_DISPLAYS: dict[Task, Callable[[Facts], str]] = {
    Task.RATING: _map_over_picture,
    Task.SEGMENTATION: lambda facts: "the picture and its prompt were shown, without a heat map",
    Task.PRESENCE: lambda facts: "the picture was shown, without its prompt and without a heat map",
}
