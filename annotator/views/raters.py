"""One rater: what they answered, how it compares, and the decision to count it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from annotator import access
from annotator.domain.browse import raters
from annotator.domain.monitoring import overview, quality
from annotator.views.paging import page_of
from annotator.views.quality import meaning_of


@access.researcher_required
@require_safe
def detail(request: HttpRequest, study_id: int, pseudonym: str) -> HttpResponse:
    rater = access.get_rater_for_researcher(request, study_id, pseudonym)
    (row,) = overview.rater_rows([rater])
    (found,) = quality.quality_of([rater])
    context = {
        "study": rater.study,
        "rater": rater,
        "row": row,
        "shares": raters.shares(rater=rater),
        "measures": [
            (measure, meaning_of(measure.flag), quality.RULES[measure.flag])
            for measure in found.measures
        ],
        "page": page_of(request, raters.answers(rater=rater), size=50),
    }
    return render(request, "researcher/rater.html", context)
