"""Pictures and heat maps, served only to who may see them."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TypeVar

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_GET

from annotator import access
from annotator.domain.material import pictures
from annotator.enums import Task
from annotator.models import Generation

T = TypeVar("T")

# An address never gets other content: a new picture has a new address.
_FOR_EVER = "private, max-age=31536000, immutable"


@require_GET
def assigned_picture(
    request: HttpRequest, token: str, assignment_id: uuid.UUID
) -> HttpResponseBase:
    assignment = access.get_assignment_for_rater(access.get_rater(request, token), assignment_id)
    return _picture(assignment.item.heat_map.generation)


@require_GET
def assigned_heat_map(request: HttpRequest, token: str, assignment_id: uuid.UUID) -> HttpResponse:
    rater = access.get_rater(request, token)
    assignment = access.get_assignment_for_rater(rater, assignment_id)
    if rater.study.task != Task.RATING:
        raise Http404("Where a thing is must be said without having seen the map.")
    return _map_response(pictures.grey_item_map, assignment.item)


@require_GET
def example_picture(request: HttpRequest, token: str, example_id: uuid.UUID) -> HttpResponseBase:
    example = access.get_example_for_rater(access.get_rater(request, token), example_id)
    return _picture(example.heat_map.generation)


@require_GET
def example_heat_map(request: HttpRequest, token: str, example_id: uuid.UUID) -> HttpResponse:
    example = access.get_example_for_rater(access.get_rater(request, token), example_id)
    return _map_response(pictures.grey_heat_map, example.heat_map)


@access.researcher_required
@require_GET
def picture(request: HttpRequest, study_id: int, generation_id: int) -> HttpResponseBase:
    return _picture(access.get_generation_for_researcher(request, study_id, generation_id))


@access.researcher_required
@require_GET
def heat_map(request: HttpRequest, study_id: int, heat_map_id: uuid.UUID) -> HttpResponse:
    found = access.get_heat_map_for_researcher(request, study_id, heat_map_id)
    return _map_response(pictures.grey_heat_map, found)


@access.researcher_required
@require_GET
def item_map(request: HttpRequest, study_id: int, item_id: uuid.UUID) -> HttpResponse:
    """What raters see of an item: for a control not the word's own map."""
    return _map_response(
        pictures.grey_item_map, access.get_item_for_researcher(request, study_id, item_id)
    )


def _picture(generation: Generation) -> HttpResponseBase:
    if not generation.image_file:
        raise Http404("This picture is not made yet.")
    try:
        file = default_storage.open(generation.image_file)
    except FileNotFoundError as missing:
        raise Http404("The picture's file is missing.") from missing
    return FileResponse(file, content_type="image/webp", headers={"Cache-Control": _FOR_EVER})


def _map_response(draw: Callable[[T], pictures.GreyMap], shown: T) -> HttpResponse:
    try:
        grey = draw(shown)
    except FileNotFoundError as missing:
        raise Http404("The heat map's file is missing.") from missing
    response = HttpResponse(grey.png, content_type="image/png")
    response["Cache-Control"] = _FOR_EVER
    response["Heat-Map-Floor"] = f"{grey.floor:.6f}"
    return response
