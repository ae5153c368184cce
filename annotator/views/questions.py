"""Where a researcher writes the questionnaire."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from annotator import access
from annotator.domain.design import questionnaire
from annotator.domain.design.questionnaire import Question
from annotator.errors import AnnotatorError, QuestionnaireRefused
from annotator.forms.procedure import QuestionForm
from annotator.models import Study
from annotator.views.posted import posted

form_page = require_http_methods(["GET", "HEAD", "POST"])


@access.researcher_required
@form_page
def index(request: HttpRequest, study_id: int) -> HttpResponse:
    """All questions, and an empty one to add."""
    study = access.get_study_for_researcher(request, study_id)
    return _question_page(request, study, None)


@access.researcher_required
@form_page
def edit(request: HttpRequest, study_id: int, question: str) -> HttpResponse:
    study = access.get_study_for_researcher(request, study_id)
    return _question_page(request, study, _find(study, question))


@access.researcher_required
@require_POST
def remove(request: HttpRequest, study_id: int, question: str) -> HttpResponse:
    study = access.get_study_for_researcher(request, study_id)
    gone = _find(study, question)
    left = [other for other in questionnaire.questions_of(study) if other != gone]
    return _put(request, study, left)


@access.researcher_required
@require_POST
def move(request: HttpRequest, study_id: int, question: str) -> HttpResponse:
    """One place up, or down."""
    study = access.get_study_for_researcher(request, study_id)
    moving = _find(study, question)
    by = -1 if request.POST.get("direction") == "up" else 1
    order = questionnaire.moved(questionnaire.questions_of(study), moving.name, by=by)
    return _put(request, study, order, at=moving.name)


@access.researcher_required
@require_POST
def duplicate(request: HttpRequest, study_id: int, question: str) -> HttpResponse:
    study = access.get_study_for_researcher(request, study_id)
    copied = _find(study, question)
    questions = questionnaire.duplicated(questionnaire.questions_of(study), copied.name)
    return _put(request, study, questions, at=copied.name)


@access.researcher_required
@require_POST
def add_ready_made(request: HttpRequest, study_id: int) -> HttpResponse:
    study = access.get_study_for_researcher(request, study_id)
    questions = [*questionnaire.questions_of(study), questionnaire.colour_vision()]
    return _put(request, study, questions)


def _question_page(request: HttpRequest, study: Study, edited: Question | None) -> HttpResponse:
    questions = questionnaire.questions_of(study)
    form = QuestionForm.of(edited, posted(request))
    if form.is_valid():
        try:
            return _store(request, study, _replaced(questions, edited, form.question()))
        except QuestionnaireRefused as error:
            form.add_error(None, str(error))
    context = {
        "study": study,
        "form": form,
        "questions": questions,
        "edited": edited,
        "fixed": questionnaire.are_fixed(study=study),
        "ready_made": questionnaire.colour_vision().name not in [q.name for q in questions],
    }
    status = 422 if form.is_bound else 200
    return render(request, "researcher/questions.html", context, status=status)


def _replaced(
    questions: Sequence[Question], edited: Question | None, new: Question
) -> list[Question]:
    if edited is None:
        return [*questions, new]
    return [new if question == edited else question for question in questions]


def _put(
    request: HttpRequest, study: Study, questions: Sequence[Question], at: str = ""
) -> HttpResponse:
    """Store them and show the page, at the question `at`."""
    try:
        return _store(request, study, questions, at)
    except QuestionnaireRefused as error:
        messages.error(request, str(error))
        return redirect("questions", study.pk)


def _store(
    request: HttpRequest, study: Study, questions: Sequence[Question], at: str = ""
) -> HttpResponse:
    user = access.get_researcher(request)
    try:
        questionnaire.put_questions(study=study, user=user, questions=questions)
    except QuestionnaireRefused:
        raise
    except AnnotatorError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Saved."))
    page = reverse("questions", args=[study.pk])
    return redirect(f"{page}#{at}" if at else page)


def _find(study: Study, name: str) -> Question:
    for question in questionnaire.questions_of(study):
        if question.name == name:
            return question
    raise Http404("No question of that name.")
