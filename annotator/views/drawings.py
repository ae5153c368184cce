"""The results of a study whose raters draw where a thing is, and their masks to take away."""

from __future__ import annotations

import uuid
from typing import cast

from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from annotator.access import (
    get_drawing_for_researcher,
    get_item_for_researcher,
    get_study_for_researcher,
    researcher_required,
)
from annotator.domain import export
from annotator.domain.rating import masks
from annotator.domain.results.summary import describe
from annotator.views.export import file_name, zip_response
from annotator.views.paging import page_of

PAGE_SIZE = 24


@require_safe
@researcher_required
def index(request: HttpRequest, study_id: int) -> HttpResponse:
    study = get_study_for_researcher(request, study_id)
    found = masks.drawn_items(study=study)
    context = {
        "study": study,
        "page": page_of(request, found, size=PAGE_SIZE),
        "n_items": len(found),
        "agreement": describe(masks.agreement(found)),
    }
    return render(request, "researcher/drawings.html", context)


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
    response = JsonResponse(masks.coco_file(masks.drawn_items(study=study)))
    response["Content-Disposition"] = f'attachment; filename="{file_name(study, "masks.json")}"'
    return response


@require_safe
@researcher_required
def pngs(request: HttpRequest, study_id: int) -> StreamingHttpResponse:
    study = get_study_for_researcher(request, study_id)
    return zip_response(export.mask_entries(study=study), file_name(study, "masks.zip"))


def _png(content: bytes) -> HttpResponse:
    return HttpResponse(content, content_type="image/png", headers={"Cache-Control": "no-cache"})
