"""What a study found whose raters said which things are in a picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from annotator.domain.methods.findings import Findings, fewest_to_most, intervals_row
from annotator.domain.methods.rows import Row, count
from annotator.domain.rating import presence, presence_agreement
from annotator.domain.rating.presence import SeenItem
from annotator.domain.results.summary import describe
from annotator.models import Study


def findings(study: Study) -> Findings:
    items = presence.seen_items(study=study)
    return Findings(
        reached=fewest_to_most([one.n + one.n_opt_outs for one in items]),
        main="the share of right pictures",
        value=_share(items),
        with_everybody="",
        rows=tuple(_rows(items)),
    )


def _share(items: Sequence[SeenItem]) -> str:
    return describe(presence.accuracy(items))


def _rows(items: Sequence[SeenItem]) -> Iterator[Row]:
    answers, opt_outs = sum(one.n for one in items), sum(one.n_opt_outs for one in items)
    yield Row(
        "Answers",
        f"{answers}, and {count(opt_outs, 'opt-out')}",
        f"{count(answers, 'answer')} about {count(len(items), 'picture')} are analysed; "
        f"{opt_outs} more say that the picture is too poor to judge.",
    )
    yield Row(
        "Share of right pictures",
        f"{_share(items)} ({count(len(items), 'picture')})",
        f"A picture is right where more than half of its raters see every thing that its prompt "
        f"names: the share of right pictures is {_share(items)} (n = {len(items)}).",
        ("tang2023",),
    )
    arms = presence.by_batch(items)
    if len(arms) > 1:
        parts = "; ".join(f"{name} {describe(found)} (n = {found.n})" for name, found in arms)
        yield Row("By file of prompts", parts, f"By file of prompts: {parts}.")
    imagined = sum(bool(one.imagined) for one in items)
    yield Row(
        "Things seen that are not named",
        f"in {imagined} of {count(len(items), 'picture')}, by most of its raters",
        f"In {imagined} of {count(len(items), 'picture')} most raters see a thing that the prompt "
        "does not name.",
    )
    alpha = presence_agreement.alpha(items)
    yield Row(
        "Agreement: Krippendorff's alpha, nominal",
        f"{describe(alpha)} ({count(alpha.n, 'answer')} to “is it there?”)",
        f"Krippendorff's alpha of the answers to “is this thing there?” is {describe(alpha)} "
        f"(nominal, n = {alpha.n}).",
        ("krippendorff2011",),
    )
    yield intervals_row("pictures")
