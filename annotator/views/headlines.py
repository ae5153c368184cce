"""The first screen of the results: how good, how sure, do raters agree; one answer each."""

from __future__ import annotations

import math
from dataclasses import dataclass

from django.utils.translation import gettext as _

from annotator.domain.results.scale import Scale
from annotator.domain.results.summary import Results, Summary, number
from annotator.views.figures.opinions import FIRM, TENTATIVE, level_name
from annotator.views.subject import Subject


@dataclass(frozen=True)
class Headline:
    """A question, the number that answers it, its interval, and what both mean."""

    question: str
    value: str
    interval: str
    meaning: str


def headlines(subject: Subject, results: Results) -> tuple[Headline, ...]:
    overall = results.overall
    agree = _do_raters_agree(subject.scale, overall)
    if not subject.scale.ordered:
        return _commonest(subject.scale, overall), agree
    return _how_good(subject, overall), _how_sure(subject.scale, overall), agree


def _commonest(scale: Scale, overall: Summary) -> Headline:
    question = _("Which label is commonest?")
    if not overall.n_scores:
        return Headline(question, "–", "", _("No answer has a label."))
    place = max(range(len(scale.labels)), key=lambda place: overall.scores[place])
    share = f"{100 * overall.scores[place] / overall.n_scores:.0f} %"
    meaning = _("Of %(n)d labels of %(items)d tasks by %(raters)d workers.") % {
        "n": overall.n_scores,
        "items": overall.n_items,
        "raters": overall.n_raters,
    }
    return Headline(question, scale.labels[place], share, meaning)


def _how_good(subject: Subject, overall: Summary) -> Headline:
    question = (
        _("How good are the heat maps?") if subject.is_study else _("How high are the scores?")
    )
    mos = overall.mos
    if math.isnan(mos.value):
        return Headline(question, "–", "", _sentence(overall.mos_note))
    meaning = _("Mean opinion score of %(n)d scores, nearest to “%(label)s”.") % {
        "n": overall.n_scores,
        "label": subject.scale.label_of(mos.value),
    }
    return Headline(question, number(mos.value), _brackets(mos.low, mos.high), meaning)


def _how_sure(scale: Scale, overall: Summary) -> Headline:
    question = _("How sure are we?")
    mos = overall.mos
    if math.isnan(mos.low):
        return Headline(question, "–", "", _sentence(overall.mos_note))
    half = (mos.high - mos.low) / 2
    meaning = _(
        "Half the width of the mean’s 95 %% interval, on a scale of %(low)s to %(high)s. Items: "
        "%(items)d; raters: %(raters)d."
    ) % {
        "low": f"{scale.values[0]:g}",
        "high": f"{scale.values[-1]:g}",
        "items": overall.n_items,
        "raters": overall.n_raters,
    }
    if not half:
        meaning = _("All items have the same mean score so far: their spread is not known yet.")
    return Headline(question, f"± {number(half)}", "", meaning)


def _do_raters_agree(scale: Scale, overall: Summary) -> Headline:
    question = _("Do raters agree?")
    alpha = overall.alpha
    if math.isnan(alpha.value):
        return Headline(question, "–", "", _sentence(overall.alpha_note))
    meaning = _("Krippendorff’s alpha, %(level)s, of %(n)d scores. %(verdict)s") % {
        "level": level_name(scale),
        "n": alpha.n,
        "verdict": _verdict(scale, alpha.value),
    }
    return Headline(question, number(alpha.value), _brackets(alpha.low, alpha.high), meaning)


def _verdict(scale: Scale, alpha: float) -> str:
    if alpha >= FIRM:
        return _("At least 0.800: enough for firm conclusions about single items.")
    if alpha >= TENTATIVE:
        return _("Between 0.667 and 0.800: enough for tentative conclusions about single items.")
    if not scale.ordered:
        return _("Below 0.667: single items are not settled, though shares of many items can be.")
    return _("Below 0.667: single items are not settled, though means over many items can be.")


def _brackets(low: float, high: float) -> str:
    return "" if math.isnan(low) else f"[{number(low)}, {number(high)}]"


def _sentence(note: str) -> str:
    return f"{note[:1].upper()}{note[1:]}."
