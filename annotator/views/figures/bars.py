"""What was answered: stacked bars around the middle of the scale, opt-outs apart from them.

Names without an order have no middle: their bars begin at the left.

Likert's layout after Robbins and Heiberger (2011), "Plotting Likert and Other Rating Scales".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from annotator.domain.results.summary import Results, Summary
from annotator.enums import OptOut
from annotator.views.figures.layout import (
    FILLS,
    OTHERS,
    ROW_HEIGHT,
    answer_kinds,
    percent,
    short_name,
)
from annotator.views.subject import Subject

_LEGEND_LINE = 26
# Between the scale and the opt-outs, in shares of all answers.
_GAP = 0.08


@dataclass(frozen=True)
class Segment:
    x: str
    width: str
    kind: str
    title: str

    @property
    def fill(self) -> str:
        return FILLS[self.kind]


@dataclass(frozen=True)
class BarRow:
    top: int
    label: str
    title: str
    numbers: str
    segments: tuple[Segment, ...]


@dataclass(frozen=True)
class LegendEntry:
    top: int
    kind: str
    text: str

    @property
    def fill(self) -> str:
        return FILLS[self.kind]


@dataclass(frozen=True)
class BarFigure:
    name: str
    title: str
    description: str
    caption: str
    legend: tuple[LegendEntry, ...]
    rows: tuple[BarRow, ...]
    centre: str
    template = "researcher/figures/_bars.svg"

    @property
    def rows_top(self) -> int:
        return _LEGEND_LINE * len(self.legend) + 8

    @property
    def height(self) -> int:
        return self.rows_top + ROW_HEIGHT * len(self.rows)


@dataclass(frozen=True)
class _Answer:
    """One possible answer: what it is drawn as, what it is called, how many gave it."""

    kind: str
    label: str
    n: int


@dataclass(frozen=True)
class _Bar:
    """The answers of one group; lengths are shares of all of them."""

    summary: Summary
    scores: tuple[_Answer, ...]
    opt_outs: tuple[_Answer, ...]
    ordered: bool

    @property
    def below(self) -> float:
        """The share left of the middle of the scale; an odd scale's middle point straddles it."""
        if not self.ordered:
            return 0.0
        scores, middle = self.summary.scores, len(self.scores) // 2
        straddling = scores[middle] / 2 if len(scores) % 2 else 0
        return self.share(sum(scores[:middle]) + straddling)

    @property
    def above(self) -> float:
        return self.share(self.summary.n_scores) - self.below

    @property
    def apart(self) -> float:
        return self.share(self.summary.n_opt_outs)

    @property
    def numbers(self) -> str:
        n = f"n = {self.summary.n_ratings}"
        if not self.opt_outs:
            return n
        return f"{_('opt-outs')} {100 * self.apart:.0f} % · {n}"

    def share(self, n: float) -> float:
        return n / (self.summary.n_ratings or 1)


@dataclass(frozen=True)
class _Extent:
    """How far the longest bars reach to each side: one unit of length for all."""

    below: float
    above: float
    apart: float

    def length(self, share: float) -> str:
        return percent(share / (self.below + self.above + _GAP + self.apart))


def distribution_figure(subject: Subject, results: Results) -> BarFigure:
    bars = [_bar(subject, summary) for summary in results.rows]
    extent = _Extent(
        below=max(bar.below for bar in bars),
        above=max(bar.above for bar in bars),
        apart=max(bar.apart for bar in bars),
    )
    legend = tuple(
        LegendEntry(_LEGEND_LINE * line, answer.kind, answer.label)
        for line, answer in enumerate(bars[0].scores + bars[0].opt_outs)
    )
    top = _LEGEND_LINE * len(legend) + 8
    rows = tuple(_row(top + ROW_HEIGHT * index, bar, extent) for index, bar in enumerate(bars))
    return BarFigure(
        name="distribution",
        title=subject.titled(_("Answers")),
        description="; ".join(row.title for row in rows),
        caption=_caption(subject, results),
        legend=legend,
        rows=rows,
        centre=extent.length(extent.below) if subject.scale.ordered else "",
    )


def _caption(subject: Subject, results: Results) -> str:
    around = _("Shares of all answers, laid around the middle of the scale.")
    apart = _(
        "Opt-outs stand apart, in the same unit of length; n counts scores and opt-outs. Answers "
        "per item: k = %(k)s."
    )
    none_apart = _("n counts answers. Answers per item: k = %(k)s.")
    shares = around if subject.scale.ordered else _("Shares of all answers.")
    return f"{shares} {apart if subject.has_opt_outs else none_apart}" % {"k": results.overall.k}


def _bar(subject: Subject, summary: Summary) -> _Bar:
    scale = subject.scale
    named = zip(answer_kinds(scale), scale.points, summary.scores, strict=True)
    reasons = zip(OptOut, subject.opt_outs, summary.opt_outs, strict=True)
    return _Bar(
        summary,
        scores=_with_others([_Answer(kind, label, n) for kind, label, n in named]),
        opt_outs=tuple(
            _Answer(reason.value.replace("_", "-"), name, n) for reason, name, n in reasons if name
        ),
        ordered=scale.ordered,
    )


def _with_others(answers: list[_Answer]) -> tuple[_Answer, ...]:
    """What has no hue of its own as one answer: nobody tells that many apart."""
    others = [answer for answer in answers if answer.kind == OTHERS]
    if len(others) < 2:
        return tuple(answers)
    together = _("%(n)d other labels") % {"n": len(others)}
    rest = _Answer(OTHERS, together, sum(answer.n for answer in others))
    return (*(answer for answer in answers if answer.kind != OTHERS), rest)


def _row(top: int, bar: _Bar, extent: _Extent) -> BarRow:
    counted = ", ".join(f"{answer.label} {answer.n}" for answer in bar.scores + bar.opt_outs)
    return BarRow(
        top=top,
        label=short_name(bar.summary),
        title=f"{bar.summary.name}: {counted}",
        numbers=bar.numbers,
        segments=(
            *_segments(bar, bar.scores, extent.below - bar.below, extent),
            *_segments(bar, bar.opt_outs, extent.below + extent.above + _GAP, extent),
        ),
    )


def _segments(
    bar: _Bar, answers: Sequence[_Answer], start: float, extent: _Extent
) -> list[Segment]:
    segments = []
    for answer in answers:
        share = bar.share(answer.n)
        title = f"{answer.label}: {answer.n} ({100 * share:.0f} %)"
        if answer.n:
            segments.append(Segment(extent.length(start), extent.length(share), answer.kind, title))
        start += share
    return segments
