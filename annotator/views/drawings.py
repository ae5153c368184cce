"""The results of a study whose raters draw where a thing is, and their masks to take away."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from annotator.access import (
    get_drawing_for_researcher,
    get_item_for_researcher,
    get_researcher,
    get_study_for_researcher,
    researcher_required,
)
from annotator.domain import analyses, export, mask_comparisons
from annotator.domain.analyses import Unfiltered
from annotator.domain.export.coco import coco_file
from annotator.domain.rating import masks
from annotator.domain.results.summary import describe
from annotator.enums import Task
from annotator.forms.drawings import RatingsForm
from annotator.models import Study
from annotator.views.export import file_name, zip_response
from annotator.views.figure_files import addresses, chart_file
from annotator.views.figures.experiments import Chart, figures_of
from annotator.views.paging import page_of

PAGE_SIZE = 24


@require_safe
@researcher_required
def index(request: HttpRequest, study_id: int) -> HttpResponse:
    """With `?fragment=1` only the maps against the masks, which follow the raters."""
    study = get_study_for_researcher(request, study_id)
    if study.task != Task.SEGMENTATION:
        return redirect("results", study.pk)
    form = _ratings_form(request, study)
    if "fragment" in request.GET:
        if not masks.is_anything_drawn(study=study):
            raise Http404("Nobody has drawn a mask in this study yet.")
        return render(request, "researcher/_mask_comparison.html", _compared(study, form.rated))
    page = page_of(request, masks.answered_items(study=study), size=PAGE_SIZE)
    context = {
        "study": study,
        "form": form,
        "page": page,
        "n_items": page.paginator.count,
        "drawn": masks.drawn_items(study=study, among=page.object_list),
        "agreement": _agreement(study),
    }
    if masks.is_anything_drawn(study=study):
        context |= _compared(study, form.rated)
    return render(request, "researcher/drawings.html", context)


def _agreement(study: Study) -> str:
    """Empty while a worker has yet to compute it."""
    found = analyses.state_of(Unfiltered.MASKS, study=study).mask_figures()
    return describe(found.agreement) if found else ""


def _ratings_form(request: HttpRequest, study: Study) -> RatingsForm:
    studies = mask_comparisons.rated_studies(user=get_researcher(request), study=study)
    return RatingsForm(request.GET, studies=studies)


def _compared(study: Study, rated: Study | None) -> dict[str, Any]:
    state = mask_comparisons.state(study=study, rated=rated)
    return {
        "state": state,
        "query": f"ratings={rated.pk}" if rated else "",
        "pages_query": f"ratings={rated.pk}&" if rated else "",
        "figures": figures_of(_charts(state)),
        "downloads": addresses(
            lambda extension: reverse("drawings-figure", args=[study.pk, extension])
        ),
    }


def _charts(state: mask_comparisons.State) -> Sequence[Chart]:
    """None while a worker has yet to compute them."""
    charts: Sequence[Chart] = (state.analysis.result or {}).get("charts", ())
    return charts


@require_safe
@researcher_required
def figure(request: HttpRequest, study_id: int, extension: str) -> HttpResponse:
    """`figure.svg?figure=scores&ratings=7`: a chart of the page as a file, or its numbers."""
    study = get_study_for_researcher(request, study_id)
    rated = _ratings_form(request, study).rated
    if not masks.is_anything_drawn(study=study):
        raise Http404("Nobody has drawn a mask in this study yet.")
    charts = _charts(mask_comparisons.state(study=study, rated=rated))
    return chart_file(request, extension, charts, file_name(study, "masks"))


@require_safe
@researcher_required
def detail(request: HttpRequest, study_id: int, item_id: uuid.UUID) -> HttpResponse:
    """Every rater's mask of an item."""
    item = get_item_for_researcher(request, study_id, item_id)
    found = masks.drawn_item(item=item)
    context = {
        "study": item.study,
        "item": item,
        "found": found,
        "masks": masks.compared(found) if found else (),
    }
    return render(request, "researcher/drawing.html", context)


@require_safe
@researcher_required
def overlay(request: HttpRequest, study_id: int, item_id: uuid.UUID) -> HttpResponse:
    """All masks of an item in one picture, as opaque as raters agree."""
    return _png(masks.overlay_png(item=get_item_for_researcher(request, study_id, item_id)))


@require_safe
@researcher_required
def mask(request: HttpRequest, study_id: int, item_id: uuid.UUID, pseudonym: str) -> HttpResponse:
    """One rater's mask of an item."""
    rating = get_drawing_for_researcher(request, study_id, item_id, pseudonym)
    return _png(masks.mask_png(masks.decoded(cast(masks.Rle, rating.mask))))


@require_safe
@researcher_required
def coco(request: HttpRequest, study_id: int) -> HttpResponse:
    study = get_study_for_researcher(request, study_id)
    response = JsonResponse(coco_file(masks.drawn_items(study=study)))
    response["Content-Disposition"] = f'attachment; filename="{file_name(study, "masks.json")}"'
    return response


@require_safe
@researcher_required
def pngs(request: HttpRequest, study_id: int) -> StreamingHttpResponse:
    study = get_study_for_researcher(request, study_id)
    return zip_response(export.mask_entries(study=study), file_name(study, "masks.zip"))


def _png(content: bytes) -> HttpResponse:
    return HttpResponse(content, content_type="image/png", headers={"Cache-Control": "no-cache"})
