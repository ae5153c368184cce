"""Writing: files of prompts, by the way of the upload page: send, look, import."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import File, Router, Status
from ninja.files import UploadedFile

from annotator import access
from annotator.domain.material import prompts
from annotator.enums import Scope
from annotator.views.api import schemas
from annotator.views.api.answers import gives, needs

router = Router()

WRITE = needs(Scope.WRITE_BATCHES)
ONE = "/studies/{study_id}/uploads/{upload_id}"


@router.post(
    "/studies/{study_id}/uploads", response=gives(schemas.Upload, 202), url_name="uploads", **WRITE
)
def send_prompts(
    request: HttpRequest, response: HttpResponse, study_id: int, file: File[UploadedFile]
) -> Any:
    """A file as on the upload page: CSV, JSON Lines or a prompt a line. A worker then reads it.

    Look at `Location` until `status` is no longer `inspecting`; nothing is in the study until you
    import it. The same file again is the same upload: sending is safe to repeat.
    """
    study = access.get_study_for_researcher(request, study_id)
    upload = prompts.stage_upload(
        study=study,
        user=access.get_researcher(request),
        file_name=file.name or "prompts",
        content=file.read(),
    )
    response["Location"] = reverse("api:upload", args=[study_id, upload.pk])
    return Status(202, upload)


@router.get(ONE, response=gives(schemas.Upload), url_name="upload", **WRITE)
def get_upload(request: HttpRequest, study_id: int, upload_id: int) -> Any:
    """How far it is, and every refused row with its line and the reason."""
    return access.get_upload_for_researcher(request, study_id, upload_id)


@router.delete(ONE, response=gives(None, 204), url_name="upload", **WRITE)
def cancel_upload(request: HttpRequest, study_id: int, upload_id: int) -> Any:
    """Forget the file. What has been imported stays imported."""
    upload = access.get_upload_for_researcher(request, study_id, upload_id)
    prompts.cancel_upload(upload=upload)
    return Status(204, None)


@router.post(
    f"{ONE}/import", response=gives(schemas.Upload, 202), url_name="upload-import", **WRITE
)
def import_upload(request: HttpRequest, study_id: int, upload_id: int) -> Any:
    """Have the good rows imported; the refused ones are left out. Asked twice, it is done once."""
    upload = access.get_upload_for_researcher(request, study_id, upload_id)
    prompts.request_import(upload=upload, user=access.get_researcher(request))
    upload.refresh_from_db()
    return Status(202, upload)
