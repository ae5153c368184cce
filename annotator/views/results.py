"""What a study has found: a page that follows the raters, and its figures to take away."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from annotator.access import get_study_for_researcher, researcher_required
from annotator.domain import analyses
from annotator.domain.browse.items import selection_of, worth_a_look
from annotator.domain.results.resampling import BOOTSTRAP_SEED, CONFIDENCE, PERMUTATIONS, RESAMPLES
from annotator.domain.results.summary import Results
from annotator.errors import BeingComputed
from annotator.forms.results import FilterForm
from annotator.views import figure_files
from annotator.views.effects import effects_table
from annotator.views.figures import FIGURES, names_of
from annotator.views.headlines import headlines
from annotator.views.result_tables import tables
from annotator.views.subject import Subject, of_study


@require_safe
@researcher_required
def results(request: HttpRequest, study_id: int) -> HttpResponse:
    """The page; with `?fragment=1` its numbers alone, and only where they are news to the asker."""
    study = get_study_for_researcher(request, study_id)
    form = FilterForm(request.GET, study=study)
    page = {"study": study, "form": form}
    if not form.is_valid():
        return render(request, "researcher/results.html", page, status=400)
    state = analyses.state(study=study, filter=form.filter())
    if "fragment" not in request.GET:
        return render(request, "researcher/results.html", page | _context(form, state))
    etag = quote_etag(state.etag)
    response = get_conditional_response(request, etag=etag) or render(
        request, "researcher/_results.html", page | _context(form, state)
    )
    response["ETag"] = etag
    patch_cache_control(response, private=True, no_cache=True)
    return response


@require_safe
@researcher_required
def figure(request: HttpRequest, study_id: int, extension: str) -> HttpResponse:
    """`figure.svg?figure=mos` and so on, under the same filter as the page."""
    study = get_study_for_researcher(request, study_id)
    name = figure_files.figure_name(request, extension)
    form = FilterForm(request.GET, study=study)
    if not form.is_valid():
        sentences = "\n".join(str(text) for texts in form.errors.values() for text in texts)
        return HttpResponse(sentences, status=400, content_type="text/plain; charset=utf-8")
    try:
        _state, found = analyses.finished(study=study, filter=form.filter())
    except BeingComputed as error:
        return HttpResponse(str(error), status=503, headers={"Retry-After": "10"})
    return figure_files.figure_file(request, name, extension, of_study(study), found)


def _context(form: FilterForm, state: analyses.State) -> dict[str, Any]:
    """What the fragment shows; without results yet, only how far they are."""
    found = state.results()
    page: dict[str, Any] = {
        "state": state,
        "filter": form.filter(),
        "query": form.query(),
        "query_with_excluded": form.query(everybody="1"),
        "query_without_excluded": form.query(everybody=""),
        "query_without_simulated": form.query(people="1"),
    }
    if found is None:
        return page
    within = selection_of(form.filter())
    looks = [] if within is None else worth_a_look(study=form.study, within=within)
    return page | {"looks": looks} | shown(of_study(form.study), found)


def shown(subject: Subject, found: Results) -> dict[str, Any]:
    scale = subject.scale
    return {
        "results": found,
        "subject": subject,
        "headlines": headlines(subject, found),
        "figures": [FIGURES[name](subject, found) for name in names_of(subject, found)],
        "downloads": figure_files.addresses(subject.address),
        "fair_label": scale.label_of(scale.middle),
        "confidence": round(100 * CONFIDENCE),
        "resamples": RESAMPLES,
        "permutations": PERMUTATIONS,
        "seed": BOOTSTRAP_SEED,
        "effects": effects_table(subject, found.effects),
        **tables(subject, found),
    }
