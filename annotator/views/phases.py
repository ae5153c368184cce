"""A rater's way around the ratings: reading, practising, and where to go next."""

from __future__ import annotations

from typing import Any

from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotator import access
from annotator.domain.design import phases, practice, questionnaire
from annotator.domain.raters import panels
from annotator.domain.raters.panels import mturk
from annotator.domain.rating import assignments
from annotator.domain.rating.drawing import is_resting
from annotator.enums import Phase, StudyStatus
from annotator.errors import WrongPhase
from annotator.forms.procedure import QuestionnaireForm
from annotator.models import Rater
from annotator.views import examples, rater_pages, rating_json
from annotator.views.posted import posted

_PAGES = {
    Phase.INSTRUCTIONS: "rater-instructions",
    Phase.TRAINING: "rater-training",
    Phase.QUALIFICATION: "rater-qualification",
    Phase.RATING: "rater-rate",
    Phase.QUESTIONNAIRE: "rater-questionnaire",
    Phase.FINISHED: "rater-thanks",
    Phase.SCREENED_OUT: "rater-screened-out",
}


@require_GET
def onwards(request: HttpRequest, token: str) -> HttpResponse:
    """To where the rater is, after moving on from what is complete."""
    rater = access.get_rater(request, token)
    phase = phases.settle(rater=rater)
    if rater.stopped:
        return redirect("rater-stopped", token)
    if phase == Phase.RATING and is_resting(rater):
        return redirect("rater-break", token)
    return redirect(_PAGES[phase], token)


@require_http_methods(["GET", "HEAD", "POST"])
def instructions(request: HttpRequest, token: str) -> HttpResponse:
    rater = access.get_rater(request, token)
    if not phases.may_enter(rater, Phase.INSTRUCTIONS):
        return redirect("rater-next", token)
    if request.method == "POST":
        phases.finish_reading(rater=rater)
        return redirect("rater-next", token)
    own = rater.study.examples.of(Phase.INSTRUCTIONS).shown()
    page = rater_pages.context(rater, token) | {
        "own_examples": examples.of_study(rater.study, own),
        "points": examples.points(rater.study),
        "opt_out_examples": examples.OPT_OUTS,
        "practice_follows": rater.study.examples.exclude(phase=Phase.INSTRUCTIONS).exists(),
        "reading_again": rater.phase != Phase.INSTRUCTIONS,
    }
    return render(request, "rater/instructions.html", page)


@require_GET
def training(request: HttpRequest, token: str) -> HttpResponse:
    return _practice_page(request, token, Phase.TRAINING)


@require_http_methods(["GET", "HEAD", "POST"])
def qualification(request: HttpRequest, token: str) -> HttpResponse:
    """The test's page; after a failed attempt, what came of it and the way to another."""
    rater = access.get_rater(request, token)
    if request.method == "POST":
        practice.try_again(rater=rater)
        return redirect("rater-next", token)
    if rater.phase == Phase.QUALIFICATION and practice.outcome(rater=rater).failed:
        page = rater_pages.context(rater, token) | {"outcome": practice.outcome(rater=rater)}
        return render(request, "rater/try_again.html", page)
    return _practice_page(request, token, Phase.QUALIFICATION)


@require_http_methods(["GET", "HEAD", "POST"])
def asked(request: HttpRequest, token: str) -> HttpResponse:
    """The questionnaire. Answers are stored once."""
    rater = access.get_rater(request, token)
    if rater.stopped or phases.settle(rater=rater) != Phase.QUESTIONNAIRE:
        return redirect("rater-next", token)
    form = QuestionnaireForm(questionnaire.questions_of(rater.study), posted(request))
    if not form.is_valid():
        page = rater_pages.context(rater, token) | {"form": form}
        status = 422 if form.is_bound else 200
        return render(request, "rater/questionnaire.html", page, status=status)
    questionnaire.record(rater=rater, answers=form.answers())
    return redirect("rater-next", token)


@require_GET
@csp_update({"form-action": list(mturk.HOSTS)})
def screened_out(request: HttpRequest, token: str) -> HttpResponse:
    rater = access.get_rater(request, token)
    if rater.phase != Phase.SCREENED_OUT:
        return redirect("rater-next", token)
    page = rater_pages.context(rater, token) | {"completion": panels.completion(rater)}
    return render(request, "rater/screened_out.html", page)


@require_GET
@csp_update({"form-action": list(mturk.HOSTS)})
def stopped(request: HttpRequest, token: str) -> HttpResponse:
    """Why a rater cannot go on."""
    rater = access.get_rater(request, token)
    if not rater.stopped:
        return redirect("rater-next", token)
    page = rater_pages.context(rater, token) | {"completion": panels.completion(rater)}
    return render(request, "rater/stopped.html", page)


@require_http_methods(["GET", "HEAD", "POST"])
def rest(request: HttpRequest, token: str) -> HttpResponse:
    """Between two sittings. Going on is the rater's to decide."""
    rater = access.get_rater(request, token)
    if rater.stopped or rater.phase != Phase.RATING or not is_resting(rater):
        return redirect("rater-next", token)
    if request.method == "POST":
        assignments.begin_session(rater=rater)
        return redirect("rater-next", token)
    return render(request, "rater/break.html", rater_pages.context(rater, token))


def _practice_page(request: HttpRequest, token: str, phase: Phase) -> HttpResponse:
    """The rating page itself, with other addresses to draw from and to answer to."""
    rater = access.get_rater(request, token)
    if not phases.may_enter(rater, phase):
        return redirect("rater-next", token)
    if rater.study.status != StudyStatus.OPEN:
        return rater_pages.not_open(request, rater.study, rater)
    addresses = {
        "draw": reverse("practice-draw", args=[token]),
        "submit": reverse("practice-submit", args=[token]),
        "previous": reverse("practice-previous", args=[token]),
        "done": reverse("rater-next", args=[token]),
    }
    # Answers wait in the browser under a name of their own: these are no ratings.
    page = rater_pages.rating_page(rater, token, addresses, outbox=f"practice-{rater.public_id}")
    return render(request, "rater/rate.html", page | {"phase": phase})


# -- what the rating page asks for while practising ----------------------------------------------


@require_POST
def draw(request: HttpRequest, token: str) -> JsonResponse:
    rater = access.get_rater(request, token)
    if rater.stopped or rater.phase not in practice.PRACTISED:
        return JsonResponse({"error": str(WrongPhase())}, status=403)
    return _examples(rater, token)


@require_POST
def submit(request: HttpRequest, token: str) -> JsonResponse:
    """Store one answer to an example of this study."""
    rater = access.get_rater(request, token)
    body = rating_json.body(request)
    sent = body.get("answer")
    if not isinstance(sent, dict):
        sent = {}
    example = access.get_example_for_rater(rater, sent.get("assignment"))
    form = rating_json.AnswerForm(sent)
    if not form.is_valid():
        return JsonResponse({"error": form.sentence()}, status=422)
    try:
        practice.answer_example(rater=rater, example=example, answer=form.answer())
    except WrongPhase as error:
        return JsonResponse({"error": str(error)}, status=403)
    return _examples(rater, token, saved=sent["answer_id"])


@require_GET
def previous(request: HttpRequest, token: str) -> JsonResponse:
    """Nothing: the first answer to an example counts, so there is no way back to one."""
    access.get_rater(request, token)
    return JsonResponse({"item": None})


def _examples(rater: Rater, token: str, **more: Any) -> JsonResponse:
    waiting = list(practice.open_examples(rater=rater))
    total = rater.study.examples.filter(phase=rater.phase).count()
    first = total - len(waiting)
    return JsonResponse(
        {
            "items": [
                rating_json.example(example, rater, token, trial)
                for trial, example in enumerate(waiting, start=first)
            ],
            "progress": {"done": first, "total": total},
            "finished": not waiting,
        }
        | more
    )
