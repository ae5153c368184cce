"""The conditions of a study beside each other."""

from __future__ import annotations

from django.utils.translation import gettext as _

from annotator.domain.results.conditions import ConditionOpinion, Pairing
from annotator.domain.results.summary import Results, describe, p_value
from annotator.views.figures.intervals import IntervalFigure, RowContent, with_n
from annotator.views.figures.opinions import MEAN, PAPER, score_axis, score_ends, score_ticks
from annotator.views.subject import Subject


def conditions_figure(subject: Subject, results: Results) -> IntervalFigure:
    """Without conditions there is no row: the figure is then not on the page."""
    first = results.conditions[0].name if results.conditions else ""
    beside = {pairing.other: pairing for pairing in results.pairings if pairing.one == first}
    return IntervalFigure(
        name="conditions",
        title=_("Mean opinion score by condition"),
        caption=_(
            "With 95 %% intervals (bootstrap over items); n counts scores. Below, by how much the "
            "first condition is rated higher on the same words of the same prompts, with its "
            "interval (bootstrap over prompts); p is two-sided, from flipping the signs of "
            "prompts, adjusted for all pairs of conditions (Holm). Answers per item: k = %(k)s."
        )
        % {"k": results.overall.k},
        axis=score_axis(subject.scale),
        ticks=score_ticks(subject.scale),
        ends=score_ends(subject.scale),
        contents=tuple(_row(row, beside.get(row.name)) for row in results.conditions),
        legend_texts=((MEAN, _("mean of all scores")), (PAPER, subject.medians_name)),
    )


def _row(row: ConditionOpinion, beside: Pairing | None) -> RowContent:
    return RowContent(
        label=row.name,
        name=row.name,
        estimates={MEAN: row.mos, PAPER: row.paper},
        below=(with_n(row.mos), *(_difference(beside) if beside else ())),
    )


def _difference(pairing: Pairing) -> tuple[str, ...]:
    contrast = pairing.contrast
    return (
        _("the first higher by %(difference)s") % {"difference": describe(contrast.difference)},
        _("%(n)d pairs, p %(p)s") % {"n": contrast.difference.n, "p": p_value(contrast.p_holm)},
    )
