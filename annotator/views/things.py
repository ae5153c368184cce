"""The results of a study whose raters say which things are in a picture."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from annotator.access import get_study_for_researcher, researcher_required
from annotator.domain import analyses
from annotator.domain.analyses import Unfiltered
from annotator.domain.export.formats import csv_pieces
from annotator.domain.export.things import things_rows
from annotator.domain.rating import presence
from annotator.domain.rating.presence_arms import ArmContrast
from annotator.domain.rating.presence_figures import PresenceFigures
from annotator.domain.results.summary import describe, p_value
from annotator.enums import Task
from annotator.views.export import file_name
from annotator.views.paging import page_of

PAGE_SIZE = 24


@require_safe
@researcher_required
def index(request: HttpRequest, study_id: int) -> HttpResponse:
    study = get_study_for_researcher(request, study_id)
    if study.task != Task.PRESENCE:
        return redirect("results", study.pk)
    page = page_of(request, presence.judged_items(study=study), size=PAGE_SIZE)
    context = {
        "study": study,
        "page": page,
        "n_items": page.paginator.count,
        "seen": presence.seen_items(study=study, among=page.object_list),
    }
    found = analyses.state_of(Unfiltered.THINGS, study=study).presence_figures()
    return render(request, "researcher/things.html", context | (_numbers(found) if found else {}))


def _numbers(found: PresenceFigures) -> dict[str, Any]:
    arms = [("", found.right), *((arm.name, arm.right) for arm in found.arms)]
    return {
        "alpha": describe(found.alpha),
        "contrasts": [_told(one) for one in found.contrasts],
        "arms": [(name, right.n, describe(right)) for name, right in arms],
    }


def _told(one: ArmContrast) -> dict[str, str]:
    return {
        "first": one.first,
        "second": one.second,
        "difference": describe(one.difference),
        "p": p_value(one.p).removeprefix("= "),
        "p_holm": p_value(one.p_holm).removeprefix("= "),
    }


@require_safe
@researcher_required
def table(request: HttpRequest, study_id: int) -> HttpResponse:
    study = get_study_for_researcher(request, study_id)
    rows = things_rows(presence.seen_items(study=study))
    response = HttpResponse(csv_pieces(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{file_name(study, "things.csv")}"'
    return response
