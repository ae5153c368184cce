"""How a study was done, for a paper: a page, a LaTeX file, a picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from annotator import access
from annotator.domain import analyses
from annotator.domain.analyses import State, Unfiltered
from annotator.domain.methods import drawn, rated, seen
from annotator.domain.methods.facts import Facts, collect
from annotator.domain.methods.findings import Findings
from annotator.domain.methods.interface import caption, interface_png, shown_item
from annotator.domain.methods.latex import Picture, archive, files
from annotator.domain.methods.references import bibtex
from annotator.domain.methods.rows import MISSING
from annotator.domain.methods.topics import topics
from annotator.domain.results.filters import Filter
from annotator.enums import Task
from annotator.errors import BeingComputed
from annotator.forms.methods import ReportingForm
from annotator.models import Reporting, Study


@access.researcher_required
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, study_id: int) -> HttpResponse:
    """The report; sent, the facts that only its reader knows.

    With `?fragment=1&shown=…` only whether there are newer numbers than those that a page shows.
    """
    study = access.get_study_for_researcher(request, study_id)
    if "fragment" in request.GET:
        response = render(request, "researcher/_methods_state.html", _news(request, study))
        response["Cache-Control"] = "no-store"
        return response
    known = Reporting.objects.filter(study=study).first() or Reporting(study=study)
    form = ReportingForm(request.POST or None, instance=known)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("The report says it now."))
        return redirect("methods", study.pk)
    states = _states(study)
    try:
        made = topics(_facts(study))
    except BeingComputed:
        made = ()
    item = shown_item(study)
    context = {
        "study": study,
        "state": _slowest(states),
        "shown": _versions(states),
        "topics": made,
        "n_missing": sum(not row.recorded for topic in made for row in topic.rows),
        "missing": MISSING,
        "item": item,
        "caption": caption(study=study, item=item) if item else "",
        "bibtex": bibtex(),
        "form": form,
    }
    return render(request, "researcher/methods.html", context)


@access.researcher_required
@require_safe
def latex(request: HttpRequest, study_id: int) -> HttpResponse:
    study = access.get_study_for_researcher(request, study_id)
    try:
        facts = _facts(study)
    except BeingComputed as error:
        return HttpResponse(str(error), status=503, headers={"Retry-After": "10"})
    packed = archive(files(facts, topics(facts), _picture(study)))
    response = HttpResponse(packed, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="study-{study.pk}-methods.zip"'
    return response


@access.researcher_required
@require_safe
def interface(request: HttpRequest, study_id: int) -> HttpResponse:
    study = access.get_study_for_researcher(request, study_id)
    picture = _picture(study)
    if picture is None:
        raise Http404("This study has no items yet, or a picture's file is missing.")
    return HttpResponse(picture.png, content_type="image/png", headers={"Cache-Control": "private"})


def _picture(study: Study) -> Picture | None:
    """None before there is an item, and where a file is gone."""
    item = shown_item(study)
    if item is None:
        return None
    try:
        png = interface_png(study=study, item=item)
    except FileNotFoundError:
        return None
    return Picture(png, caption(study=study, item=item))


def _facts(study: Study) -> Facts:
    """Raises `BeingComputed` while the numbers are computed for the first time."""
    # Before the findings, which raise: a worker is then asked for both at once.
    counts = analyses.state_of(Unfiltered.METHODS, study=study).counts()
    findings = _FINDINGS[Task(study.task)](study)
    if counts is None:
        raise BeingComputed
    return collect(study=study, counts=counts, findings=findings)


def _states(study: Study) -> list[State]:
    """Of all numbers in the report that are computed in the background, each asked for."""
    found = [analyses.state_of(Unfiltered.METHODS, study=study)]
    if study.task == Task.SEGMENTATION:
        found.append(analyses.state_of(Unfiltered.MASKS, study=study))
    if study.task == Task.PRESENCE:
        found.append(analyses.state_of(Unfiltered.THINGS, study=study))
    if study.task == Task.RATING:
        found.append(analyses.state(study=study, filter=Filter()))
        if study.raters.filter(excluded_at__isnull=False).exists():
            found.append(analyses.state(study=study, filter=Filter(everybody=True)))
    return found


def _slowest(states: Sequence[State]) -> State:
    """The one to wait for; where none is, one that is not of the newest ratings, if any."""
    return min(states, key=lambda state: (not state.is_waiting, state.is_current))


def _versions(states: Sequence[State]) -> str:
    """Another text once newer numbers can be shown."""
    return "/".join(state.analysis.version for state in states)


def _news(request: HttpRequest, study: Study) -> dict[str, Any]:
    states = _states(study)
    state, shown = _slowest(states), request.GET.get("shown", "")
    is_ready = not state.is_waiting and _versions(states) != shown
    return {"study": study, "state": state, "topics": shown.strip("/"), "is_ready": is_ready}


def _rated(study: Study) -> Findings:
    _, found = analyses.finished(study=study, filter=Filter())
    everybody = None
    if found.n_excluded:
        _, everybody = analyses.finished(study=study, filter=Filter(everybody=True))
    return rated.findings(found, everybody)


def _drawn(study: Study) -> Findings:
    figures = analyses.state_of(Unfiltered.MASKS, study=study).mask_figures()
    if figures is None:
        raise BeingComputed
    return drawn.findings(figures)


def _seen(study: Study) -> Findings:
    figures = analyses.state_of(Unfiltered.THINGS, study=study).presence_figures()
    if figures is None:
        raise BeingComputed
    return seen.findings(figures)


_FINDINGS: dict[Task, Callable[[Study], Findings]] = {
    Task.RATING: _rated,
    Task.SEGMENTATION: _drawn,
    Task.PRESENCE: _seen,
}
