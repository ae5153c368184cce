"""How good maps are and how far raters agree, by part of speech; and real maps beside controls."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from annotator.domain.results.comparison import Comparison
from annotator.domain.results.scale import Scale
from annotator.domain.results.summary import (
    PAPER_RANGE,
    Results,
    Summary,
    describe,
    number,
    p_value,
)
from annotator.enums import ItemKind
from annotator.views.figures.intervals import (
    Band,
    IntervalFigure,
    RowContent,
    lowest,
    with_n,
)
from annotator.views.figures.layout import Axis, Place, percent, short_name
from annotator.views.subject import Subject

# The least alpha for tentative and for firm conclusions: Krippendorff (2004), "Content Analysis".
TENTATIVE, FIRM = 0.667, 0.8

MEAN, PAPER = "value", "second"


def opinion_figure(subject: Subject, results: Results) -> IntervalFigure:
    like_the_paper = subject.is_study and results.kind == ItemKind.REAL
    low, high = PAPER_RANGE
    band = Band(low, high, f"{_('paper')} {low}–{high}") if like_the_paper else None
    return IntervalFigure(
        name="mos",
        title=subject.titled(_("Mean opinion score")),
        caption=_opinion_caption(subject, results, like_the_paper),
        axis=score_axis(subject.scale),
        ticks=score_ticks(subject.scale),
        ends=score_ends(subject.scale),
        contents=tuple(_opinion_row(summary) for summary in results.rows),
        band=band,
        legend_texts=(
            (MEAN, _("mean of all scores")),
            (PAPER, subject.medians_name),
        ),
    )


def _opinion_caption(subject: Subject, results: Results, like_the_paper: bool) -> str:
    in_a_study = _(
        "With 95 %% intervals (bootstrap over items). n counts scores; the paper’s rule takes the "
        "median of an item’s scores and drops items that anybody opted out of. Answers per item: "
        "k = %(k)s."
    )
    elsewhere = _(
        "With 95 %% intervals (bootstrap over tasks). n counts scores; the mean of medians leaves "
        "out tasks of which any answer has no score. Answers per task: k = %(k)s."
    )
    caption = (in_a_study if subject.is_study else elsewhere) % {"k": results.overall.k}
    if not like_the_paper:
        return caption
    return caption + " " + _("Band: 3.4 to 4.2, the range that Tang et al. (2023) report.")


def _opinion_row(summary: Summary) -> RowContent:
    items = ngettext("%(n)d item", "%(n)d items", summary.paper.n) % {"n": summary.paper.n}
    return RowContent(
        label=short_name(summary),
        name=summary.name,
        estimates={MEAN: summary.mos, PAPER: summary.paper},
        numbers=with_n(summary.mos),
        below=(f"◇ {summary.paper_text} · {items}",),
        strong=not summary.pos,
    )


def agreement_figure(subject: Subject, results: Results) -> IntervalFigure:
    axis = Axis(lowest(summary.alpha for summary in results.rows), 1.0)
    return IntervalFigure(
        name="agreement",
        title=subject.titled(_("Agreement of raters")),
        caption=_(
            "Krippendorff’s alpha, %(level)s, with its 95 %% interval (bootstrap over items); n "
            "counts the scores of items that have two or more. Answers per item: k = %(k)s. Band: "
            "0.667 to 0.800, enough for tentative conclusions (Krippendorff, 2004); above it they "
            "are firm."
        )
        % {"k": results.overall.k, "level": level_name(subject.scale)},
        axis=axis,
        ticks=tuple(
            Place(axis.at(value), number(value, 1)) for value in sorted({axis.low, 0.0, 0.5, 1.0})
        ),
        contents=tuple(
            RowContent(
                label=short_name(summary),
                name=summary.name,
                estimates={MEAN: summary.alpha},
                numbers=with_n(summary.alpha),
                strong=not summary.pos,
            )
            for summary in results.rows
        ),
        band=Band(TENTATIVE, FIRM, _("tentative")),
    )


def controls_figure(subject: Subject, results: Results) -> IntervalFigure:
    """Without controls there is at most one row: the figure is then not on the page."""
    mos = results.overall.mos
    real = [
        RowContent(_("real maps"), _("real maps"), {MEAN: mos}, below=(with_n(mos),), strong=True)
    ]
    if results.kind != ItemKind.REAL:
        real = []
    return IntervalFigure(
        name="controls",
        title=_("Real maps beside controls"),
        caption=_(
            "Mean opinion scores with 95 %% intervals (bootstrap over items); n counts scores. "
            "By how much real maps are rated higher has its interval too; p is two-sided, "
            "from a permutation test over items, adjusted for all controls (Holm). Answers per "
            "item: k = %(k)s."
        )
        % {"k": results.overall.k},
        axis=score_axis(subject.scale),
        ticks=score_ticks(subject.scale),
        ends=score_ends(subject.scale),
        contents=(*real, *(_control_row(comparison) for comparison in results.comparisons)),
    )


def _control_row(comparison: Comparison) -> RowContent:
    contrast = comparison.contrast
    difference = _("real maps higher by %(difference)s") % {
        "difference": describe(contrast.difference)
    }
    return RowContent(
        label=comparison.name,
        name=comparison.name,
        estimates={PAPER: comparison.mos},
        below=(with_n(comparison.mos), difference, f"p {p_value(contrast.p_holm)}"),
    )


def level_name(scale: Scale) -> str:
    return _("ordinal") if scale.ordered else _("nominal")


def score_axis(scale: Scale) -> Axis:
    return Axis(scale.values[0], scale.values[-1])


def score_ticks(scale: Scale) -> tuple[Place, ...]:
    axis = score_axis(scale)
    return tuple(Place(axis.at(value), f"{value:g}") for value in scale.values)


def score_ends(scale: Scale) -> tuple[Place, ...]:
    """The labels at both ends, where they say more than the number."""
    first, last = scale.labels[0], scale.labels[-1]
    if scale.points == scale.labels:
        return ()
    return Place(percent(0), first, "start"), Place(percent(1), last, "end")
