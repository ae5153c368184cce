"""A study's pages for its researcher."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotator import access
from annotator.domain.design import absent_words, standard_texts, studies
from annotator.domain.material import generations
from annotator.domain.monitoring import overview as reading
from annotator.domain.raters import recruitment
from annotator.errors import AnnotatorError
from annotator.forms.recruitment import InvitationForm
from annotator.forms.study import StudyFileForm, StudyForm
from annotator.models import Study
from annotator.views.paging import page_of
from annotator.views.posted import posted

form_page = require_http_methods(["GET", "HEAD", "POST"])

# -- all studies ---------------------------------------------------------------------------------


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect("studies")
    return render(request, "home.html")


@access.researcher_required
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    visible = Study.objects.visible_to(request.user).select_related("owner")
    page = page_of(request, reading.with_counts(visible), size=50)
    return render(request, "researcher/studies.html", {"page": page})


@access.researcher_required
@form_page
def create(request: HttpRequest) -> HttpResponse:
    form = StudyForm(posted(request), language=request.GET.get("language", "en"))
    if not form.is_valid():
        others = {"file_form": StudyFileForm(), "languages": standard_texts.LANGUAGES}
        return _form_page(request, "researcher/study_create.html", form, **others)
    study = studies.create_study(study=form.instance, owner=access.get_researcher(request))
    messages.success(request, _("The study is there. Upload its prompts next."))
    return redirect("study", study.pk)


# -- one study -----------------------------------------------------------------------------------


@access.researcher_required
@require_GET
def overview(request: HttpRequest, study_id: int) -> HttpResponse:
    return _overview(request, study_id, "researcher/overview.html")


@access.researcher_required
@require_GET
def progress(request: HttpRequest, study_id: int) -> HttpResponse:
    """The part of the overview that changes by itself."""
    return _overview(request, study_id, "researcher/_progress.html")


def _overview(request: HttpRequest, study_id: int, template: str) -> HttpResponse:
    study = access.get_study_for_researcher(request, study_id)
    context = {"study": study, "overview": reading.overview(study=study)}
    response = render(request, template, context)
    response.headers["Cache-Control"] = "no-store"
    return response


@access.researcher_required
@form_page
def edit(request: HttpRequest, study_id: int) -> HttpResponse:
    study = access.get_study_for_researcher(request, study_id)
    form = StudyForm(posted(request), instance=study)
    if not form.is_valid():
        # The header keeps the stored name, whatever was typed.
        stored = access.get_study_for_researcher(request, study_id)
        return _form_page(request, "researcher/study_edit.html", form, study=stored)
    changed = form.changed_fields
    return _attempt(
        request,
        lambda: studies.change_settings(
            study=study, user=access.get_researcher(request), changed=changed
        ),
        done=_("Saved."),
        back=("study-edit", study.pk),
    )


@access.researcher_required
@require_POST
def open_(request: HttpRequest, study_id: int) -> HttpResponse:
    study = access.get_study_for_researcher(request, study_id)
    return _attempt(
        request,
        lambda: studies.open_study(study=study, user=access.get_researcher(request)),
        done=_("The study is open. Invite raters next."),
        back=("study", study.pk),
    )


@access.researcher_required
@require_POST
def pause(request: HttpRequest, study_id: int) -> HttpResponse:
    study = access.get_study_for_researcher(request, study_id)
    return _attempt(
        request,
        lambda: studies.pause_study(study=study, user=access.get_researcher(request)),
        done=_("The study is paused. Raters see a friendly note until you open it again."),
        back=("study", study.pk),
    )


@access.researcher_required
@require_POST
def close(request: HttpRequest, study_id: int) -> HttpResponse:
    study = access.get_study_for_researcher(request, study_id)
    return _attempt(
        request,
        lambda: studies.close_study(study=study, user=access.get_researcher(request)),
        done=_("The study is closed. Results and export stay."),
        back=("study", study.pk),
    )


@access.researcher_required
@require_POST
def retry(request: HttpRequest, study_id: int) -> HttpResponse:
    study = access.get_study_for_researcher(request, study_id)
    count = generations.retry_failed(study=study)
    text = ngettext("%d picture is queued again.", "%d pictures are queued again.", count)
    messages.success(request, text % count)
    return redirect("study", study.pk)


@access.researcher_required
@require_POST
def retry_without_absent_words(request: HttpRequest, study_id: int) -> HttpResponse:
    study = access.get_study_for_researcher(request, study_id)
    user = access.get_researcher(request)
    return _attempt(
        request,
        lambda: absent_words.do_without(study=study, user=user),
        done=_("Absent words are out of the plan, and the failed pictures are queued again."),
        back=("study", study.pk),
    )


@access.researcher_required
@require_GET
def log(request: HttpRequest, study_id: int) -> HttpResponse:
    study = access.get_study_for_researcher(request, study_id)
    page = page_of(request, study.log.select_related("user"), size=100)
    return render(request, "researcher/log.html", {"study": study, "page": page})


# -- raters and invitations ----------------------------------------------------------------------


@access.researcher_required
@require_GET
def raters(request: HttpRequest, study_id: int) -> HttpResponse:
    return _raters(request, access.get_study_for_researcher(request, study_id), InvitationForm())


@access.researcher_required
@require_POST
def invite(request: HttpRequest, study_id: int) -> HttpResponse:
    study = access.get_study_for_researcher(request, study_id)
    form = InvitationForm(request.POST)
    if not form.is_valid():
        return _raters(request, study, form, status=422)
    user = access.get_researcher(request)
    made = recruitment.make_links(study=study, user=user, **form.cleaned_data)
    text = ngettext(
        "The link is made. Copy it and send it to your raters.", "%d links are made.", len(made)
    )
    messages.success(request, text % len(made) if len(made) > 1 else text)
    return redirect("raters", study.pk)


@access.researcher_required
@require_POST
def revoke(request: HttpRequest, study_id: int, invitation_id: int) -> HttpResponse:
    invitation = access.get_invitation_for_researcher(request, study_id, invitation_id)
    studies.revoke(invitation=invitation)
    messages.success(request, _("The link no longer works. Ratings given through it stay."))
    return redirect("raters", study_id)


def _raters(
    request: HttpRequest, study: Study, form: InvitationForm, status: int = 200
) -> HttpResponse:
    page = page_of(request, study.raters.all(), size=50)
    context = {
        "study": study,
        "form": form,
        "invitations": reading.invitations(study=study),
        "has_identities": study.participants.exists(),
        "page": page,
        "rows": reading.rater_rows(page),
        "host": request.build_absolute_uri("/")[:-1],
    }
    return render(request, "researcher/raters.html", context, status=status)


# -- helpers -------------------------------------------------------------------------------------


def _form_page(
    request: HttpRequest, template: str, form: StudyForm, **context: Any
) -> HttpResponse:
    status = 422 if form.is_bound else 200
    return render(request, template, {"form": form, **context}, status=status)


def _attempt(
    request: HttpRequest, action: Callable[[], object], *, done: str, back: tuple[str, int]
) -> HttpResponse:
    """Do it and say so, or say in the domain's own words why not."""
    try:
        action()
    except AnnotatorError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    return redirect(*back)
