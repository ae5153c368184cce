"""The results of a study whose raters say which things are in a picture."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from annotator.access import get_study_for_researcher, researcher_required
from annotator.domain.export.formats import csv_pieces
from annotator.domain.export.things import things_rows
from annotator.domain.rating import presence, presence_agreement, presence_arms
from annotator.domain.rating.presence_arms import ArmContrast
from annotator.domain.results.summary import describe, p_value
from annotator.views.export import file_name
from annotator.views.paging import page_of

PAGE_SIZE = 24


@require_safe
@researcher_required
def index(request: HttpRequest, study_id: int) -> HttpResponse:
    study = get_study_for_researcher(request, study_id)
    found = presence.seen_items(study=study)
    arms = [("", presence.accuracy(found)), *presence.by_batch(found)]
    context = {
        "study": study,
        "page": page_of(request, found, size=PAGE_SIZE),
        "n_items": len(found),
        "alpha": describe(presence_agreement.alpha(found)),
        "contrasts": [_told(one) for one in presence_arms.contrasts(found)],
        "arms": [(name, estimate.n, describe(estimate)) for name, estimate in arms],
    }
    return render(request, "researcher/things.html", context)


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
