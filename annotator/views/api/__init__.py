"""The site for programs: `/api/v1/`, described by `/api/v1/openapi.json`.

As pages do, operations fetch and authorise, make one domain call, and answer.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.urls import URLPattern
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation

from annotator.views.api import problems, snapshots, studies, uploads
from annotator.views.api.answers import revalidated

DESCRIPTION = (
    "Read studies, items, ratings and statistics; upload prompts. "
    "Send “Authorization: Bearer …” with a token made under API tokens. "
    "Lists come in pieces: follow “next” until it is null."
)


class Api(NinjaAPI):
    def get_openapi_schema(self, **how: Any) -> OpenAPISchema:
        """As generated, with the types of what is not answered as JSON."""
        description = super().get_openapi_schema(**how)
        for methods in description["paths"].values():
            for operation in methods.values():
                _name_types(operation["responses"])
        return description

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """Clients are generated from these names: the function's, without its module's."""
        return operation.view_func.__name__


def _name_types(responses: dict[Any, Any]) -> None:
    """Refusals are problems (RFC 9457), whose type is another one."""
    for status, response in responses.items():
        content = response.get("content", {})
        if int(status) >= HTTPStatus.BAD_REQUEST and _JSON in content:
            response["content"] = {problems.CONTENT_TYPE: content[_JSON]}


_JSON = "application/json"

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
# What `include` takes: patterns, and the two names they are reversed by.
urls: tuple[list[URLPattern], str, str] = api.urls  # type: ignore[assignment]
for pattern in urls[0]:
    pattern.callback = problems.told(pattern.callback)
