"""Whose answers are unusual, and the decision to leave a rater out."""

from __future__ import annotations

import math

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from annotator import access
from annotator.domain import analyses
from annotator.domain.analyses import Unfiltered
from annotator.domain.monitoring import flag_exclusions, quality
from annotator.domain.raters import stopping
from annotator.domain.results.summary import number
from annotator.enums import Flag
from annotator.views.paging import page_of

_MEANINGS = {
    Flag.TOO_FAST: gettext_lazy("share of answers given within %(fast)d ms"),
    Flag.STRAIGHT_LINING: gettext_lazy("share of the scores that are one and the same"),
    Flag.FAILED_GOLD: gettext_lazy("share of gold items scored outside what is accepted"),
    Flag.FAILED_CONTROLS: gettext_lazy("points by which real maps are scored above controls"),
    Flag.LOW_AGREEMENT: gettext_lazy("points from the mean of the others, on average"),
    Flag.SELF_DISAGREEMENT: gettext_lazy("points between first and second score, on average"),
}


def meaning_of(flag: Flag) -> str:
    """What a flag's measure is, in words."""
    return str(_MEANINGS[flag]) % {"fast": quality.FAST_MS}


class ReasonForm(forms.Form):
    reason = forms.CharField(max_length=300)


class FlagForm(forms.Form):
    flag = forms.ChoiceField(choices=Flag.choices)


@access.researcher_required
@require_safe
def index(request: HttpRequest, study_id: int) -> HttpResponse:
    """The page; with `?fragment=1` how far exclusions by rule are."""
    study = access.get_study_for_researcher(request, study_id)
    if "fragment" in request.GET:
        followed = {"study": study, "exclusions": study.flag_exclusions.all(), "is_news": True}
        response = render(request, "researcher/_flag_exclusions.html", followed)
        response["Cache-Control"] = "no-store"
        return response
    page = page_of(request, study.raters.order_by("number"), size=50)
    figures = analyses.state_of(Unfiltered.RATERS, study=study).rater_figures()
    context = {
        "study": study,
        "page": page,
        "rows": quality.quality_of(page),
        "rules": [(flag, meaning_of(flag), rule) for flag, rule in quality.RULES.items()],
        "counting": figures is None,
        "exclusions": study.flag_exclusions.all(),
        **_self_agreement(figures),
    }
    return render(request, "researcher/quality.html", context)


def _self_agreement(figures: quality.RaterFigures | None) -> dict[str, str | int]:
    """For the page; empty where nothing was repeated, or a worker has not counted yet."""
    if figures is None or math.isnan(figures.self_agreement.value):
        return {}
    found = figures.self_agreement
    return {"self_agreement": number(100 * found.value, 0), "repeats": found.n}


@access.researcher_required
@require_POST
def exclude(request: HttpRequest, study_id: int, pseudonym: str) -> HttpResponse:
    rater = access.get_rater_for_researcher(request, study_id, pseudonym)
    form = ReasonForm(request.POST)
    if form.is_valid():
        user = access.get_researcher(request)
        quality.exclude(rater=rater, user=user, reason=form.cleaned_data["reason"])
        messages.success(request, _("Left out of the statistics. The ratings stay."))
    else:
        messages.error(request, _("Give a reason: it is exported with the ratings."))
    return redirect("quality", study_id)


@access.researcher_required
@require_POST
def include(request: HttpRequest, study_id: int, pseudonym: str) -> HttpResponse:
    rater = access.get_rater_for_researcher(request, study_id, pseudonym)
    quality.include(rater=rater, user=access.get_researcher(request))
    messages.success(request, _("Counted again."))
    return redirect("quality", study_id)


@access.researcher_required
@require_POST
def resume(request: HttpRequest, study_id: int, pseudonym: str) -> HttpResponse:
    """Let a stopped rater go on."""
    rater = access.get_rater_for_researcher(request, study_id, pseudonym)
    stopping.resume(rater=rater, user=access.get_researcher(request))
    messages.success(
        request, _("The rater may go on: the same link leads back to where they were.")
    )
    return redirect("quality", study_id)


@access.researcher_required
@require_POST
def exclude_flagged(request: HttpRequest, study_id: int) -> HttpResponse:
    study = access.get_study_for_researcher(request, study_id)
    form = FlagForm(request.POST)
    if form.is_valid():
        flag, user = Flag(form.cleaned_data["flag"]), access.get_researcher(request)
        found = flag_exclusions.request(study=study, user=user, flag=flag)
        if not found.is_unfinished:
            text = ngettext("%d rater left out.", "%d raters left out.", found.n_excluded)
            messages.success(request, text % found.n_excluded)
    return redirect("quality", study_id)
