"""What a study has found: a page that follows the raters, and its figures to take away."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from annotator.access import get_study_for_researcher, researcher_required
from annotator.domain.export import csv_pieces
from annotator.domain.results import Results, data_version
from annotator.domain.results import results as results_of
from annotator.enums import PartOfSpeech
from annotator.models import Study
from annotator.views.figures import DRAWN, numbers_of


@require_safe
@researcher_required
def results(request: HttpRequest, study_id: int) -> HttpResponse:
    """The page; with `?fragment=1` only its numbers, for the page that follows the raters."""
    study = get_study_for_researcher(request, study_id)
    found = _results(request, study)
    context = {
        "study": study,
        "results": found,
        "figures": [draw(study, found) for draw in DRAWN.values()],
        "parts": [PartOfSpeech(pos) for pos in study.parts_of_speech],
        "chosen": _chosen(request),
        "query": _query(request),
    }
    fragment = "fragment" in request.GET
    page = "researcher/_results.html" if fragment else "researcher/results.html"
    response = render(request, page, context)
    patch_cache_control(response, private=True, no_store=True)
    return response


@require_safe
@researcher_required
def figure(request: HttpRequest, study_id: int, extension: str) -> HttpResponse:
    """`figure.svg?figure=mos` and `figure.csv?figure=mos`, of the parts of speech in `pos`."""
    study = get_study_for_researcher(request, study_id)
    name = request.GET.get("figure", "")
    if name not in DRAWN or extension not in ("svg", "csv"):
        raise Http404("There is no such figure.")
    found = _results(request, study)
    if extension == "csv":
        text = "".join(csv_pieces(numbers_of(name, found)))
        response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    else:
        drawn = DRAWN[name](study, found)
        context = {"figure": drawn, "standalone": True}
        response = render(request, drawn.template, context, content_type="image/svg+xml")
    filename = f"study-{study.pk}-{name}.{extension}"
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def _results(request: HttpRequest, study: Study) -> Results:
    version = data_version(study=study)
    return results_of(study=study, parts_of_speech=_chosen(request), version=version)


def _chosen(request: HttpRequest) -> tuple[str, ...]:
    asked = request.GET.getlist("pos")
    return tuple(pos for pos in PartOfSpeech.values if pos in asked)


def _query(request: HttpRequest) -> str:
    return "".join(f"&pos={pos}" for pos in _chosen(request))
