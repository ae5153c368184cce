"""Who may see what. The only place that decides between 403 and 404.

Every view starts with one of these. Whatever is not the asker's is *not found*: a 403 would tell
that it exists.
"""

from __future__ import annotations

import uuid
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from annotator.domain import api_tokens
from annotator.enums import HOLDING, Scope, SnapshotStatus
from annotator.models import (
    ApiToken,
    Assignment,
    Example,
    Experiment,
    Generation,
    HeatMap,
    ImportedRatings,
    Invitation,
    Item,
    PromptUpload,
    Rater,
    Rating,
    Snapshot,
    Study,
)

_RATER_COOKIE_DAYS = 90

researcher_required = login_required


def get_researcher(request: HttpRequest) -> User:
    """Who asks, behind `researcher_required`."""
    return cast(User, request.user)


# -- programs ------------------------------------------------------------------------------------


def authorise_token(request: HttpRequest, secret: str, scope: Scope) -> ApiToken:
    """From here on the request is its token's owner's, whatever cookie it came with."""
    token = api_tokens.use_token(secret=secret, scope=scope)
    request.user = token.user
    return token


def get_token_for_researcher(request: HttpRequest, token_id: int) -> ApiToken:
    """Their own: an admin, too, revokes by closing the account."""
    return get_object_or_404(ApiToken, pk=token_id, user=get_researcher(request))


# -- researchers ---------------------------------------------------------------------------------


def get_studies_for_researcher(request: HttpRequest) -> QuerySet[Study]:
    return Study.objects.visible_to(request.user)


def get_study_for_researcher(request: HttpRequest, study_id: int) -> Study:
    return get_object_or_404(Study.objects.visible_to(request.user), pk=study_id)


def get_snapshot_for_researcher(request: HttpRequest, study_id: int, name: str) -> Snapshot:
    """A finished one: the others have no file, or one that must not be had any more."""
    study = get_study_for_researcher(request, study_id)
    return get_object_or_404(study.snapshots, name=name, status=SnapshotStatus.READY)


def get_imports_for_researcher(request: HttpRequest) -> QuerySet[ImportedRatings]:
    """Without their contents, which may be large."""
    visible = ImportedRatings.objects.visible_to(request.user)
    return visible.select_related("owner").defer("content", "arrays")


def get_import_for_researcher(request: HttpRequest, import_id: int) -> ImportedRatings:
    return get_object_or_404(get_imports_for_researcher(request), pk=import_id)


def get_upload_for_researcher(request: HttpRequest, study_id: int, upload_id: int) -> PromptUpload:
    study = get_study_for_researcher(request, study_id)
    return get_object_or_404(study.uploads, pk=upload_id)


def get_generation_for_researcher(
    request: HttpRequest, study_id: int, generation_id: int
) -> Generation:
    study = get_study_for_researcher(request, study_id)
    return get_object_or_404(study.generations.select_related("prompt"), pk=generation_id)


def get_heat_map_for_researcher(
    request: HttpRequest, study_id: int, public_id: uuid.UUID
) -> HeatMap:
    study = get_study_for_researcher(request, study_id)
    heat_maps = HeatMap.objects.select_related("generation__study", "word__prompt")
    heat_maps = heat_maps.filter(generation__study=study)
    return get_object_or_404(heat_maps, public_id=public_id)


def get_rater_for_researcher(request: HttpRequest, study_id: int, pseudonym: str) -> Rater:
    study = get_study_for_researcher(request, study_id)
    return get_object_or_404(study.raters.select_related("study"), pseudonym=pseudonym)


def get_item_for_researcher(request: HttpRequest, study_id: int, public_id: uuid.UUID) -> Item:
    study = get_study_for_researcher(request, study_id)
    items = study.items.select_related("heat_map__word__prompt", "heat_map__generation")
    return get_object_or_404(items, public_id=public_id)


def get_drawing_for_researcher(
    request: HttpRequest, study_id: int, public_id: uuid.UUID, pseudonym: str
) -> Rating:
    """The mask that a rater drew of an item."""
    item = get_item_for_researcher(request, study_id, public_id)
    drawn = Rating.objects.current().for_items().filter(mask__isnull=False)
    return get_object_or_404(drawn, assignment__item=item, assignment__rater__pseudonym=pseudonym)


def get_invitation_for_researcher(
    request: HttpRequest, study_id: int, invitation_id: int
) -> Invitation:
    study = get_study_for_researcher(request, study_id)
    return get_object_or_404(study.invitations, pk=invitation_id)


def get_example_for_researcher(request: HttpRequest, study_id: int, example_id: int) -> Example:
    study = get_study_for_researcher(request, study_id)
    return get_object_or_404(study.examples, pk=example_id)


# -- experiments ---------------------------------------------------------------------------------


def get_experiments_for_researcher(request: HttpRequest) -> QuerySet[Experiment]:
    """Without the files that were handed in: no page shows them, and they can be large."""
    return Experiment.objects.visible_to(request.user).defer("inputs")


def get_experiment_for_researcher(request: HttpRequest, experiment_id: int) -> Experiment:
    return get_object_or_404(get_experiments_for_researcher(request), pk=experiment_id)


# -- raters --------------------------------------------------------------------------------------


def address_of(request: HttpRequest) -> str:
    """Where the request comes from: as the nearest proxy says, where one ends TLS."""
    forwarded = request.headers.get("X-Forwarded-For", "") if settings.HTTPS else ""
    return forwarded.rpartition(",")[2].strip() or str(request.META.get("REMOTE_ADDR", ""))


def get_invitation(token: str) -> Invitation:
    valid = Invitation.objects.select_related("study").filter(revoked_at__isnull=True)
    return get_object_or_404(valid, token=token)


def remember_rater(response: HttpResponse, request: HttpRequest, rater: Rater) -> None:
    """Let this browser come back as this rater, to this invitation's pages only."""
    response.set_signed_cookie(
        _cookie_name(rater.invitation.token),
        str(rater.public_id),
        max_age=_RATER_COOKIE_DAYS * 86_400,
        httponly=True,
        secure=request.is_secure(),
        samesite="Lax",
        path=f"/r/{rater.invitation.token}/",
    )


def forget_rater(response: HttpResponse, token: str) -> None:
    response.delete_cookie(_cookie_name(token), path=f"/r/{token}/")


def find_rater(request: HttpRequest, token: str) -> Rater | None:
    """The rater this browser is, or None before consent."""
    public_id = _remembered_rater(request, token)
    if public_id is None:
        return None
    valid = Rater.objects.filter(invitation__token=token, invitation__revoked_at=None)
    return valid.select_related("study", "invitation").filter(public_id=public_id).first()


def _remembered_rater(request: HttpRequest, token: str) -> str | None:
    try:
        return str(request.get_signed_cookie(_cookie_name(token)))
    except (KeyError, signing.BadSignature):
        return None


def get_rater(request: HttpRequest, token: str) -> Rater:
    rater = find_rater(request, token)
    if rater is None:
        raise Http404("No rater of this invitation in this browser.")
    return rater


def get_assignment_for_rater(rater: Rater, public_id: Any) -> Assignment:
    """One this rater holds, to be looked at; what has been given back is no longer theirs."""
    held = rater.assignments.filter(status__in=HOLDING).select_related(
        "item__heat_map__word__prompt", "item__heat_map__generation"
    )
    return get_object_or_404(held, public_id=public_id)


def get_example_for_rater(rater: Rater, public_id: Any) -> Example:
    """Of the rater's study; the way there is guarded by the pages."""
    try:
        return get_object_or_404(rater.study.examples.shown(), public_id=public_id)
    except ValidationError as error:
        raise Http404("Not an example's id.") from error


def get_assignment_to_answer(request: HttpRequest, token: str, public_id: Any) -> Assignment:
    """One this browser's rater was ever given: a late answer is the domain's to take or to refuse.

    Comes with the rater and the study, in one query of few columns: nothing is asked more often.
    """
    rater = _remembered_rater(request, token)
    if rater is None:
        raise Http404("No rater of this invitation in this browser.")
    valid = Assignment.objects.filter(
        rater__public_id=rater,
        rater__invitation__token=token,
        rater__invitation__revoked_at=None,
    )
    needed = valid.select_related("rater__study").only(
        "status", "item_id", "purpose", *_NEEDED_OF_RATER
    )
    try:
        return get_object_or_404(needed, public_id=public_id)
    except ValidationError as error:
        raise Http404("Not an assignment's id.") from error


_NEEDED_OF_RATER = (
    "rater__public_id",
    "rater__stopped",
    "rater__checks_failed_at",
    "rater__study__status",
    "rater__study__task",
    "rater__study__question",
    "rater__study__items_per_rater",
    "rater__study__items_per_session",
    "rater__study__rater_share_percent",
    "rater__study__gold_percent",
    "rater__study__repeat_percent",
    "rater__study__check_rule",
    "rater__study__seed",
    "rater__number",
    "rater__study__assignment_minutes",
)


def _cookie_name(token: str) -> str:
    # The name is part of what is signed: one invitation's cookie is no good for another.
    return f"rater-{token}"
