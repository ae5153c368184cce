"""The rating screen as a study's settings would show it, on an example. Nothing is stored."""

from __future__ import annotations

from typing import Any

from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods

from annotator import access
from annotator.domain.rating import presence
from annotator.domain.rating.assignments import Progress
from annotator.enums import PartOfSpeech, Phase, Task
from annotator.forms.study import StudyForm
from annotator.models import HeatMap, Study
from annotator.views import rater_pages, rating_json

_framed = csp_replace({"frame-ancestors": ["'self'"]})  # the settings' page shows it in a frame
_SENTENCE, _WORD = "the sun above a tree.", "sun"


@access.researcher_required
@require_http_methods(["GET", "HEAD", "POST"])
@xframe_options_sameorigin
@_framed
def of_new_study(request: HttpRequest) -> HttpResponse:
    return _preview(request, Study())


@access.researcher_required
@require_http_methods(["GET", "HEAD", "POST"])
@xframe_options_sameorigin
@_framed
def of_study(request: HttpRequest, study_id: int) -> HttpResponse:
    return _preview(request, access.get_study_for_researcher(request, study_id))


def _preview(request: HttpRequest, study: Study) -> HttpResponse:
    """Of the study with what is typed so far; what cannot be is left as it was."""
    example = _example(study)
    typed = request.POST or request.GET
    if typed:
        form = StudyForm(typed, instance=study)
        labels = study.labels
        form.is_valid()
        study.labels = [new or old for new, old in zip(study.labels, labels, strict=True)]
    study.name = study.name or _("Your study")
    page = rater_pages.screen(study) | {
        "phase": Phase.RATING,
        "progress": Progress(0, study.items_per_rater),
        "example": example | {"question": study.question_about(example["word"])},
    }
    return render(request, rater_pages.TEMPLATES[Task(study.task)], page)


def _example(study: Study) -> dict[str, Any]:
    """A picture of the study's own where there is one; else one that comes along."""
    if study.pk is None:
        return _bundled()
    own = HeatMap.objects.filter(generation__study=study).select_related(
        "generation", "word__prompt"
    )
    heat_map = own.filter(word__pos=PartOfSpeech.NOUN).first() or own.first()
    if heat_map is None:
        return _bundled()
    return rating_json.shown(heat_map.word, heat_map.generation, study) | {
        "objects": presence.choose_objects(heat_map, presence.nouns_of(study)),
        "picture": reverse("picture", args=[study.pk, heat_map.generation_id]),
        "heat_map": reverse("heat-map", args=[study.pk, heat_map.public_id]),
    }


def _bundled() -> dict[str, Any]:
    start = _SENTENCE.index(_WORD)
    return {
        "picture": static("annotator/examples/preview.webp"),
        "heat_map": static("annotator/examples/preview.png"),
        "prompt": _SENTENCE,
        "start": start,
        "end": start + len(_WORD),
        "word": _WORD,
        "pos": str(PartOfSpeech.NOUN.label),
        "objects": ["sun", "tree", "boat", "zebra"],
        "answer": None,
    }
