"""The tables of the results page: what a row says, in words and with as many digits as fit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotator.domain.results.comparison import Comparison, Split
from annotator.domain.results.conditions import Pairing
from annotator.domain.results.measured import Measured
from annotator.domain.results.planning import Outlook
from annotator.domain.results.rater_results import RaterNumbers
from annotator.domain.results.summary import Results, Summary, describe, number, p_value
from annotator.statistics import Contrast, ResampledInterval
from annotator.statistics.bootstrap import Interval
from annotator.views.subject import Subject

_MEANINGS = {
    "above": gettext_lazy("Real maps are rated higher."),
    "below": gettext_lazy("Real maps are rated lower."),
    "open": gettext_lazy("Not told apart so far."),
    "": gettext_lazy("Too few items to tell."),
}
_SPLIT_MEANINGS = _MEANINGS | {
    "above": gettext_lazy("The first is rated higher."),
    "below": gettext_lazy("The second is rated higher."),
}
MEASURE_NAMES = {
    "alpha_ordinal": gettext_lazy("Krippendorff’s alpha, ordinal"),
    "ac2_ordinal": gettext_lazy("Gwet’s AC2, ordinal weights"),
    "kappa_quadratic": gettext_lazy("Cohen’s kappa of pairs of raters, quadratic weights"),
    "icc_agreement": gettext_lazy("Intraclass correlation ICC(A,1), one rating"),
    "alpha_nominal": gettext_lazy("Krippendorff’s alpha, nominal"),
    "ac1": gettext_lazy("Gwet’s AC1"),
    "kappa_unweighted": gettext_lazy("Cohen’s kappa of pairs of raters"),
    "fleiss_kappa": gettext_lazy("Fleiss’ kappa, points as names"),
    "exact": gettext_lazy("Two raters give the same score"),
    "within_one": gettext_lazy("Two raters differ by one point at most"),
}
_REPEATED_NAMES = {
    "exact": gettext_lazy("The same score again"),
    "within_one": gettext_lazy("Within one point of the first score"),
    "kappa_quadratic": gettext_lazy("Cohen’s kappa of first and second, quadratic weights"),
    "kappa_unweighted": gettext_lazy("Cohen’s kappa of first and second, unweighted"),
}
_KNOWN_NAMES = {
    "exact": gettext_lazy("The known answer"),
    "within_one": gettext_lazy("Within one point of the known answer"),
}


# The rest is in the file of numbers.
_SHOWN_RATERS = 50


@dataclass(frozen=True)
class AgreementRow:
    """One measure of one group; `note` stands where a number does not."""

    name: str
    text: str
    note: str
    n: int


def tables(subject: Subject, results: Results) -> dict[str, Any]:
    """What `researcher/_results.html` lists below its figures."""
    return {
        "rows": results.rows,
        "notes": _notes(subject, results),
        "agreement_groups": [
            {"name": summary.name, "rows": _agreement(summary)} for summary in results.rows
        ],
        "rater_rows": [_rater(found) for found in results.raters.raters[:_SHOWN_RATERS]],
        "reliability": _reliability(results),
        "reliability_notes": any(
            found.note for found in (*results.raters.self_agreement, *results.raters.accuracy)
        ),
        "plan": _plan(results.outlook) if subject.scale.ordered else [],
        "sureness_rows": _sureness(subject, results),
        "comparison_rows": [_compared(row) for row in results.comparisons],
        "pairing_rows": [_two(row) for row in results.pairings],
        "split_rows": [
            {"by": _("models") if row.by == "model" else _("files of prompts"), **_two(row)}
            for row in results.splits
        ],
    }


def _compared(row: Comparison) -> dict[str, Any]:
    """A control beside the real maps."""
    return {
        "name": row.name,
        "n_items": row.n_items,
        "n_scores": row.mos.n,
        "n_opt_outs": row.n_opt_outs,
        "mos": describe(row.mos),
        **_contrast(row.contrast),
        "meaning": _MEANINGS[row.verdict],
    }


def _two(row: Pairing | Split) -> dict[str, Any]:
    """Two conditions, models or files beside each other."""
    return {
        "one": row.one,
        "other": row.other,
        **_contrast(row.contrast),
        "n_items": row.contrast.difference.n,
        "meaning": _SPLIT_MEANINGS[row.verdict],
    }


def _contrast(contrast: Contrast) -> dict[str, str]:
    return {
        "difference": describe(contrast.difference),
        "p": p_value(contrast.p_holm).removeprefix("= "),
        "delta": describe(contrast.delta),
    }


def _agreement(summary: Summary) -> list[AgreementRow]:
    return [_row(found, MEASURE_NAMES) for found in summary.agreement]


def _row(found: Measured, names: Mapping[str, Any]) -> AgreementRow:
    name = str(names[found.name])
    return AgreementRow(name, describe(found.estimate), found.note, found.estimate.n)


def _reliability(results: Results) -> list[dict[str, Any]]:
    """What repeats, and then known answers, say of all raters; none of what there is nothing of."""
    named = {
        _("The same rater again"): (_REPEATED_NAMES, results.raters.self_agreement),
        _("Known answers"): (_KNOWN_NAMES, results.raters.accuracy),
    }
    return [
        {"what": what, "rows": [_row(found, names) for found in measures]}
        for what, (names, measures) in named.items()
        if measures
    ]


def _sureness(subject: Subject, results: Results) -> list[dict[str, str]]:
    """One row per answer to: what would be others next time?"""
    found = results.sureness
    if found is None:
        return []
    drawn: dict[str, ResampledInterval | None] = {
        _("other items, the same raters"): found.items,
        _("other raters, the same items"): found.raters,
        _("other items and other raters"): found.both,
    }
    if subject.is_study:  # a file of ratings says nothing of prompts
        drawn[_("other prompts, with all their items")] = found.prompts
    return [
        {
            "drawn": drawn_anew,
            "bootstrap": _interval(intervals.bootstrap),
            "analytic": _interval(intervals.analytic),
        }
        for drawn_anew, intervals in drawn.items()
        if intervals is not None
    ]


def _rater(found: RaterNumbers) -> dict[str, str | int]:
    return {
        "name": found.name,
        "n_scores": found.n_scores,
        "n_opt_outs": found.n_opt_outs,
        "mean": _or_dash(found.mean),
        "severity": _or_dash(found.severity),
        "noise": _or_dash(found.noise),
        "alpha_change": _or_dash(found.alpha_change, 3),
        "same": _of(found.same, found.repeats),
        "right": _of(found.right, found.known),
        "with_majority": _of(found.with_majority, found.with_others),
    }


def _of(part: int, all_: int) -> str:
    return f"{part} / {all_}" if all_ else "–"


def _or_dash(value: float, digits: int = 2) -> str:
    return "–" if math.isnan(value) else number(value, digits)


def _plan(outlook: Outlook) -> list[str]:
    """Sentences: what narrower intervals would take. The one of now is in the headlines, resampled:
    planning goes by formula, and two numbers for one thing would only puzzle.
    """
    if math.isnan(outlook.half_width):
        return [_("There are too few scores to tell how many more are needed.")]
    return [
        _("About %(more)s more ratings, %(k)d of each item, would make the interval ± %(goal)s.")
        % {"more": f"{goal.more:,}", "k": goal.per_item, "goal": number(goal.half_width)}
        for goal in outlook.goals
        if goal.more is not None
    ]


def _interval(interval: Interval) -> str:
    low, high = interval
    return _("not defined") if math.isnan(low) else f"[{number(low)}, {number(high)}]"


def _notes(subject: Subject, found: Results) -> list[str]:
    """One line per number that is not there, saying why."""
    return [
        f"{summary.name}, {what}: {note}."
        for summary in found.rows
        for what, note in (
            ("MOS", summary.mos_note),
            (
                _("by the paper’s rule") if subject.is_study else subject.medians_name,
                summary.paper_note,
            ),
            ("alpha", summary.alpha_note),
        )
        if note
    ]
