"""Single items: a list to look through, and everything about one."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from annotator import access
from annotator.domain.browse import items
from annotator.domain.browse.items import Place
from annotator.domain.material.batch_names import file_of
from annotator.enums import ColourMap
from annotator.forms.items import SelectionForm
from annotator.views.paging import page_of


@access.researcher_required
@require_safe
def index(request: HttpRequest, study_id: int) -> HttpResponse:
    study = access.get_study_for_researcher(request, study_id)
    form = SelectionForm(request.GET, study=study)
    form.is_valid()
    before = Place.read(request.GET.get("before", ""))
    count = items.count(study=study, selection=form.selection)
    context = {
        "study": study,
        "form": form,
        "selection": form.selection,
        "page": items.page(
            study=study,
            selection=form.selection,
            place=before or Place.read(request.GET.get("after", "")),
            backwards=before is not None,
        ),
        "count": min(count, items.COUNT_UP_TO),
        "is_more": count > items.COUNT_UP_TO,
        "has_items": bool(count) or study.items.exists(),
    }
    return render(request, "researcher/items.html", context)


@access.researcher_required
@require_safe
def detail(request: HttpRequest, study_id: int, item_id: uuid.UUID) -> HttpResponse:
    """With the query of the list it was come to from, so that the next is the next there."""
    item = access.get_item_for_researcher(request, study_id, item_id)
    form = SelectionForm(request.GET, study=item.study)
    form.is_valid()
    before, after = items.neighbours(item=item, selection=form.selection)
    context = {
        "study": item.study,
        "item": item,
        "form": form,
        "before": before,
        "after": after,
        "answers": page_of(request, items.answers(item=item), size=100),
        "others": items.of_same_picture(item=item)[: items.PAGE_SIZE],
        "second": items.second_picture(item=item),
        "colour_maps": ColourMap.values,
        "file": file_of(item.heat_map.word.prompt),
        "provenance": sorted(item.heat_map.generation.provenance.items()),
    }
    return render(request, "researcher/item.html", context)
