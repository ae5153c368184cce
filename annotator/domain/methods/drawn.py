"""What a study found whose raters drew where a thing is."""

from __future__ import annotations

from collections.abc import Iterator

from annotator.domain.methods.findings import Findings, fewest_to_most, intervals_row
from annotator.domain.methods.rows import Row, count
from annotator.domain.rating.masks import MaskFigures
from annotator.domain.results.summary import describe


def findings(found: MaskFigures) -> Findings:
    return Findings(
        reached=fewest_to_most([found.fewest, found.most]),
        main="the mean intersection over union",
        value=describe(found.agreement),
        with_everybody="",
        rows=tuple(_rows(found)),
    )


def _rows(found: MaskFigures) -> Iterator[Row]:
    masks, opt_outs = count(found.n_masks, "mask"), count(found.n_opt_outs, "opt-out")
    yield Row(
        "Answers",
        f"{masks}; “not in the picture”: {found.n_absent}; {opt_outs}",
        f"{masks} of {count(found.n_items, 'thing')} are analysed; {found.n_absent} more "
        f"answers say that the thing is not in the picture, {found.n_opt_outs} that the picture "
        "is too poor to judge.",
    )
    overlap, compared = describe(found.agreement), count(found.agreement.n, "thing")
    yield Row(
        "Agreement: intersection over union",
        f"{overlap} ({compared}, {count(found.n_pairs, 'pair')} of masks)",
        f"The mean intersection over union of two raters' masks of a thing, then averaged over "
        f"{compared}, is {overlap}; a mask against “not in the picture” counts as 0.",
    )
    yield Row("Things that nobody found", f"{found.n_nowhere} of {found.n_items}")
    yield intervals_row("pictures")
