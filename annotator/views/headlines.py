"""The first screen of the results: how good, how sure, do raters agree; one answer each."""

from __future__ import annotations

import math
from dataclasses import dataclass

from django.utils.translation import gettext as _

from annotator.domain.results.summary import Results, Summary, number
from annotator.models import Study
from annotator.views.figures.opinions import FIRM, TENTATIVE


@dataclass(frozen=True)
class Headline:
    """A question, the number that answers it, its interval, and what both mean."""

    question: str
    value: str
    interval: str
    meaning: str


def headlines(study: Study, results: Results) -> tuple[Headline, ...]:
    overall = results.overall
    return _how_good(study, overall), _how_sure(overall), _do_raters_agree(overall)


def _how_good(study: Study, overall: Summary) -> Headline:
    question = _("How good are the heat maps?")
    mos = overall.mos
    if math.isnan(mos.value):
        return Headline(question, "–", "", _sentence(overall.mos_note))
    meaning = _("Mean opinion score of %(n)d scores, nearest to “%(label)s”.") % {
        "n": overall.n_scores,
        "label": study.label_of(round(mos.value)),
    }
    return Headline(question, number(mos.value), _brackets(mos.low, mos.high), meaning)


def _how_sure(overall: Summary) -> Headline:
    question = _("How sure are we?")
    mos = overall.mos
    if math.isnan(mos.low):
        return Headline(question, "–", "", _sentence(overall.mos_note))
    half = (mos.high - mos.low) / 2
    meaning = _(
        "Half the width of the mean’s 95 %% interval, on a scale of 1 to 5. Items: %(items)d; "
        "raters: %(raters)d."
    ) % {"items": overall.n_items, "raters": overall.n_raters}
    if not half:
        meaning = _("All items have the same mean score so far: their spread is not known yet.")
    return Headline(question, f"± {number(half)}", "", meaning)


def _do_raters_agree(overall: Summary) -> Headline:
    question = _("Do raters agree?")
    alpha = overall.alpha
    if math.isnan(alpha.value):
        return Headline(question, "–", "", _sentence(overall.alpha_note))
    meaning = _("Krippendorff’s alpha, ordinal, of %(n)d scores. %(verdict)s") % {
        "n": alpha.n,
        "verdict": _verdict(alpha.value),
    }
    return Headline(question, number(alpha.value), _brackets(alpha.low, alpha.high), meaning)


def _verdict(alpha: float) -> str:
    if alpha >= FIRM:
        return _("At least 0.800: enough for firm conclusions about single items.")
    if alpha >= TENTATIVE:
        return _("Between 0.667 and 0.800: enough for tentative conclusions about single items.")
    return _("Below 0.667: single items are not settled, though means over many items can be.")


def _brackets(low: float, high: float) -> str:
    return "" if math.isnan(low) else f"[{number(low)}, {number(high)}]"


def _sentence(note: str) -> str:
    return f"{note[:1].upper()}{note[1:]}."
