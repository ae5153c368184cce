"""What a study found whose raters said which things are in a picture."""

from __future__ import annotations

from collections.abc import Iterator

from annotator.domain.methods.findings import Findings, fewest_to_most, intervals_row
from annotator.domain.methods.rows import Row, count
from annotator.domain.rating.presence_figures import PresenceFigures
from annotator.domain.results.summary import describe


def findings(found: PresenceFigures) -> Findings:
    return Findings(
        reached=fewest_to_most([found.fewest, found.most]),
        main="the share of right pictures",
        value=describe(found.right),
        with_everybody="",
        rows=tuple(_rows(found)),
    )


def _rows(found: PresenceFigures) -> Iterator[Row]:
    share, pictures = describe(found.right), count(found.right.n, "picture")
    yield Row(
        "Answers",
        f"{found.n_answers}, and {count(found.n_opt_outs, 'opt-out')}",
        f"{count(found.n_answers, 'answer')} about {pictures} are analysed; "
        f"{found.n_opt_outs} more say that the picture is too poor to judge.",
    )
    yield Row(
        "Share of right pictures",
        f"{share} ({pictures})",
        f"A picture is right where more than half of its raters see every thing that its prompt "
        f"names: the share of right pictures is {share} (n = {found.right.n}).",
        ("tang2023",),
    )
    if len(found.arms) > 1:
        parts = "; ".join(
            f"{arm.name} {describe(arm.right)} (n = {arm.right.n})" for arm in found.arms
        )
        yield Row("By file of prompts", parts, f"By file of prompts: {parts}.")
    yield Row(
        "Things seen that are not named",
        f"in {found.n_imagined} of {pictures}, by most of its raters",
        f"In {found.n_imagined} of {pictures} most raters see a thing that the prompt does not "
        "name.",
    )
    alpha = describe(found.alpha)
    yield Row(
        "Agreement: Krippendorff's alpha, nominal",
        f"{alpha} ({count(found.alpha.n, 'answer')} to “is it there?”)",
        f"Krippendorff's alpha of the answers to “is this thing there?” is {alpha} "
        f"(nominal, n = {found.alpha.n}).",
        ("krippendorff2011",),
    )
    yield intervals_row("pictures")
