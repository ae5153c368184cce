"""What a study found whose raters drew where a thing is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from annotator.domain.methods.findings import Findings, fewest_to_most, intervals_row
from annotator.domain.methods.rows import Row, count
from annotator.domain.rating import masks
from annotator.domain.rating.masks import DrawnItem
from annotator.domain.results.summary import describe
from annotator.models import Study


def findings(study: Study) -> Findings:
    items = masks.drawn_items(study=study)
    return Findings(
        reached=fewest_to_most([len(one.drawn) + one.n_opt_outs for one in items]),
        main="the mean intersection over union",
        value=_overlap(items),
        with_everybody="",
        rows=tuple(_rows(items)),
    )


def _overlap(items: Sequence[DrawnItem]) -> str:
    return describe(masks.agreement(items))


def _rows(items: Sequence[DrawnItem]) -> Iterator[Row]:
    n_masks = sum(len(one.drawn) - one.n_absent for one in items)
    n_absent = sum(one.n_absent for one in items)
    n_opt_outs = sum(one.n_opt_outs for one in items)
    yield Row(
        "Answers",
        f"{count(n_masks, 'mask')}; “not in the picture”: {n_absent}; "
        f"{count(n_opt_outs, 'opt-out')}",
        f"{count(n_masks, 'mask')} of {count(len(items), 'thing')} are analysed; {n_absent} more "
        f"answers say that the thing is not in the picture, {n_opt_outs} that the picture is too "
        "poor to judge.",
    )
    compared = [one for one in items if one.ious]
    n_pairs = sum(len(one.ious) for one in items)
    yield Row(
        "Agreement: intersection over union",
        f"{_overlap(items)} ({count(len(compared), 'thing')}, {count(n_pairs, 'pair')} of masks)",
        f"The mean intersection over union of two raters' masks of a thing, then averaged over "
        f"{count(len(compared), 'thing')}, is {_overlap(items)}; a mask against “not in the "
        "picture” counts as 0.",
    )
    unanimous = [one for one in items if one.n_absent and one.n_absent == len(one.drawn)]
    yield Row("Things that nobody found", f"{len(unanimous)} of {len(items)}")
    yield intervals_row("pictures")
