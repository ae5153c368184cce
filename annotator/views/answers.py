"""The results of studies whose raters draw where a thing is, or say which things are there."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from annotator.access import get_item_for_researcher, get_study_for_researcher, researcher_required
from annotator.domain.export.formats import csv_pieces
from annotator.domain.export.things import things_rows
from annotator.domain.rating import masks, presence, presence_agreement
from annotator.domain.results.summary import describe
from annotator.models import Study

_PAGE = 24


@require_safe
@researcher_required
def drawings(request: HttpRequest, study_id: int) -> HttpResponse:
    study = get_study_for_researcher(request, study_id)
    found = masks.drawn_items(study=study)
    page = _page(request, study, found) | {"agreement": describe(masks.agreement(found))}
    return render(request, "researcher/drawings.html", page)


@require_safe
@researcher_required
def drawing(request: HttpRequest, study_id: int, item_id: uuid.UUID) -> HttpResponse:
    """All masks of an item in one picture, as opaque as raters agree."""
    png = masks.overlay_png(item=get_item_for_researcher(request, study_id, item_id))
    return HttpResponse(png, content_type="image/png", headers={"Cache-Control": "no-cache"})


@require_safe
@researcher_required
def drawings_file(request: HttpRequest, study_id: int) -> HttpResponse:
    study = get_study_for_researcher(request, study_id)
    response = JsonResponse(masks.coco_file(masks.drawn_items(study=study)))
    response["Content-Disposition"] = f'attachment; filename="study-{study.pk}-masks.json"'
    return response


@require_safe
@researcher_required
def things(request: HttpRequest, study_id: int) -> HttpResponse:
    study = get_study_for_researcher(request, study_id)
    found = presence.seen_items(study=study)
    arms = [("", presence.accuracy(found)), *presence.by_batch(found)]
    page = _page(request, study, found) | {
        "alpha": describe(presence_agreement.alpha(found)),
        "arms": [(name, estimate.n, describe(estimate)) for name, estimate in arms],
    }
    return render(request, "researcher/things.html", page)


@require_safe
@researcher_required
def things_file(request: HttpRequest, study_id: int) -> HttpResponse:
    study = get_study_for_researcher(request, study_id)
    rows = things_rows(presence.seen_items(study=study))
    response = HttpResponse(csv_pieces(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="study-{study.pk}-things.csv"'
    return response


def _page(request: HttpRequest, study: Study, found: Sequence[Any]) -> dict[str, Any]:
    page = Paginator(found, _PAGE).get_page(request.GET.get("page"))
    return {"study": study, "page": page, "n_items": len(found)}
