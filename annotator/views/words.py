"""Words: a table of all, and every map of one."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from annotator import access
from annotator.domain import analyses
from annotator.domain.analyses import Unfiltered
from annotator.domain.browse import words
from annotator.domain.browse.words import ChosenWord
from annotator.forms.items import WordForm, WordsForm
from annotator.views.paging import page_of


@access.researcher_required
@require_safe
def index(request: HttpRequest, study_id: int) -> HttpResponse:
    """The page; with `?fragment=1` its table alone."""
    study = access.get_study_for_researcher(request, study_id)
    form = WordsForm(request.GET)
    form.is_valid()
    state = analyses.state_of(Unfiltered.WORDS, study=study)
    table = state.words()
    context = {"study": study, "form": form, "state": state, "results": table}
    if table is not None:
        rows = table.chosen(search=form.chosen.get("search", ""), sort=form.sorted_by)
        context["page"] = page_of(request, rows, size=100)
    is_part = "fragment" in request.GET
    return render(request, f"researcher/{'_words' if is_part else 'words'}.html", context)


@access.researcher_required
@require_safe
def maps(request: HttpRequest, study_id: int) -> HttpResponse:
    study = access.get_study_for_researcher(request, study_id)
    form = WordForm(request.GET)
    form.is_valid()
    word = ChosenWord(**form.chosen)
    context = {
        "study": study,
        "form": form,
        "word": word,
        "parts": words.parts_of(study=study, word=word),
        "page": page_of(request, words.maps_of(study=study, word=word), size=24),
    }
    return render(request, "researcher/word.html", context)
