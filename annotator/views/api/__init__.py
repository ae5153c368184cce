"""The site for programs: `/api/v1/`, described by `/api/v1/openapi.json`.

As pages do, operations fetch and authorise, make one domain call, and answer.
"""

from __future__ import annotations

from ninja import NinjaAPI
from ninja.operation import Operation

from annotator.views.api import problems, snapshots, studies, uploads
from annotator.views.api.answers import revalidated

DESCRIPTION = (
    "Read studies, items, ratings and statistics; upload prompts. "
    "Send “Authorization: Bearer …” with a token made under API tokens. "
    "Lists come in pieces: follow “next” until it is null."
)


class Api(NinjaAPI):
    def get_openapi_operation_id(self, operation: Operation) -> str:
        """Clients are generated from these names: the function's, without its module's."""
        return operation.view_func.__name__


api = Api(
    title="DAAM Annotator",
    version="1",
    description=DESCRIPTION,
    docs_url=None,  # would load scripts from another site; views/api/reference.py stands in
    urls_namespace="api",
)
api.add_decorator(revalidated, mode="view")
api.add_router("", studies.router)
api.add_router("", snapshots.router)
api.add_router("", uploads.router)
problems.install(api)
