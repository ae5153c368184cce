"""What can be asked, for people: the OpenAPI description as a plain page, without a script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from annotator.views.api import DESCRIPTION, api
from annotator.views.api.answers import MOST_ROWS, SCOPE

# Of a docstring, within a paragraph.
_LINE_END = re.compile(r"(?<!\n)\n(?!\n)")
_REFERENCE = "#/components/schemas/"


@dataclass(frozen=True)
class Field:
    """A parameter, or something in an answer."""

    name: str
    type: str
    meaning: str


@dataclass(frozen=True)
class Operation:
    """An address with a method. `answer` is the name of its schema, empty for no content."""

    method: str
    path: str
    scope: str
    meaning: str
    parameters: tuple[Field, ...]
    answer: str
    fields: tuple[Field, ...]


@require_safe
def reference(request: HttpRequest) -> HttpResponse:
    context = {
        "description": DESCRIPTION,
        "operations": list(operations(api.get_openapi_schema())),
        "most_rows": MOST_ROWS,
        "address": request.build_absolute_uri("/api/v1"),
    }
    return render(request, "researcher/api_reference.html", context)


def operations(description: dict[str, Any]) -> Iterator[Operation]:
    schemas = description["components"]["schemas"]
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            yield _operation(method, path, operation, schemas)


def _operation(
    method: str, path: str, operation: dict[str, Any], schemas: dict[str, Any]
) -> Operation:
    parameters = [
        Field(p["name"], _type(p["schema"]), p["schema"].get("description", ""))
        for p in operation.get("parameters", ())
        if p["in"] == "query"
    ]
    if "requestBody" in operation:
        parameters.append(Field("file", "file", "multipart/form-data"))
    answer = _answer(operation["responses"])
    return Operation(
        method=method.upper(),
        path=path,
        scope=operation[SCOPE],
        meaning=_LINE_END.sub(" ", operation.get("description", "")),
        parameters=tuple(parameters),
        answer=answer,
        fields=tuple(_fields(answer, schemas)),
    )


def _answer(responses: dict[Any, Any]) -> str:
    given = next(answer for status, answer in responses.items() if status < 300)
    schema = given.get("content", {}).get("application/json", {}).get("schema", {})
    return schema.get("$ref", "").removeprefix(_REFERENCE)


def _fields(name: str, schemas: dict[str, Any]) -> Iterator[Field]:
    """Of an answer; of a list, those of its rows."""
    properties = schemas.get(name, {}).get("properties", {})
    rows = properties.get("rows", {}).get("items", {}).get("$ref")
    if rows:
        yield from _fields(rows.removeprefix(_REFERENCE), schemas)
        return
    for field, schema in properties.items():
        yield Field(field, _type(schema), schema.get("description", ""))


def _type(schema: dict[str, Any]) -> str:
    """In a word or two: “integer or null”, “list of string”."""
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(_REFERENCE)
    if "anyOf" in schema:
        return " or ".join(_type(part) for part in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}"
    return str(schema.get("format") or schema.get("type") or schema.get("const", "any") or '""')
