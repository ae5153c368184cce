"""Gold items, made from a word on its prompt's page and taken back on the page of items."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from annotator import access
from annotator.domain.design import gold
from annotator.errors import WrongStatus
from annotator.forms.prompts import GoldForm


@access.researcher_required
@require_POST
def create(request: HttpRequest, study_id: int, heat_map_id: uuid.UUID) -> HttpResponse:
    heat_map = access.get_heat_map_for_researcher(request, study_id, heat_map_id)
    form = GoldForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose the lowest and the highest score that is right."))
        return redirect("prompt", study_id, heat_map.generation_id)
    try:
        gold.add_gold(
            study=heat_map.generation.study,
            user=access.get_researcher(request),
            heat_map=heat_map,
            accepted=(form.cleaned_data["low"], form.cleaned_data["high"]),
            feedback=form.cleaned_data["feedback"],
        )
    except WrongStatus as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("A gold item now. Set in the settings how often they come."))
    return redirect("prompt", study_id, heat_map.generation_id)


@access.researcher_required
@require_POST
def remove(request: HttpRequest, study_id: int, item_id: uuid.UUID) -> HttpResponse:
    item = access.get_item_for_researcher(request, study_id, item_id)
    try:
        gold.remove_gold(item=item, user=access.get_researcher(request))
    except WrongStatus as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The gold item is removed."))
    return redirect("items", study_id)
