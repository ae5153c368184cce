"""Named copies of all data at one moment."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse, HttpRequest
from ninja import Router

from annotator import access
from annotator.domain.browse import listing
from annotator.domain.export import snapshots
from annotator.enums import Scope
from annotator.views.api import schemas
from annotator.views.api.answers import After, Limit, gives, needs, piece

router = Router()

READ = needs(Scope.READ_RATINGS)
_FILE = {"application/zip": {"schema": {"type": "string", "format": "binary"}}}


@router.get(
    "/studies/{study_id}/snapshots",
    response=gives(schemas.Piece[schemas.SnapshotRow]),
    url_name="snapshots",
    **READ,
)
def list_snapshots(
    request: HttpRequest, study_id: int, after: After = 0, limit: Limit = 100
) -> dict[str, Any]:
    """The study's data as a paper cites it, with checksums."""
    study = access.get_study_for_researcher(request, study_id)
    rows = listing.snapshots_after(study=study, after=after, limit=limit)
    return piece(request, rows, limit, key=lambda snapshot: snapshot.pk)


@router.get(
    "/studies/{study_id}/snapshots/{name}",
    response=gives(None),
    url_name="snapshot",
    auth=READ["auth"],
    openapi_extra=READ["openapi_extra"] | {"responses": {200: {"content": _FILE}}},
)
def get_snapshot(request: HttpRequest, study_id: int, name: str) -> FileResponse:
    """The file itself (ZIP), once it is written."""
    found = access.get_snapshot_for_researcher(request, study_id, name)
    path = snapshots.path_of(found)
    return FileResponse(path.open("rb"), as_attachment=True, filename=f"{found.name}.zip")
