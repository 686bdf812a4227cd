"""The description of the public API (OpenAPI 3.1), built from the same serializers and parameters as its answers."""

import json
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from ..page_cache.markers import mark_cacheable
from .json_schema import SHARED, Schema, array, integer, record, ref, string
from .parameters import Parameter

VERSION = "2.0"
ABOUT = (
    "Public pages, telephone lines, words explained, regions and informative sessions of Vatra's site, for other front"
    " ends. Only reading, from anywhere, without a key. No cookie is set and nobody's address is kept. Answers carry an"
    " ETag: ask again with If-None-Match. What may change within 2.x: new fields, new types of pages and blocks, new"
    " parameters. What may not: the meaning or type of what is described here."
)
ETAG = {"ETag": {"description": "For If-None-Match.", "schema": string()}}
NOT_MODIFIED = {"304": {"description": "What you hold is still true."}}
PROBLEMS = {"BadParameters": "A parameter is unknown or doesn't fit.", "NotFound": "There is nothing here."}


def operation(
    viewset: Any,
    name: str,
    summary: str,
    parameters: Iterable[Parameter],
    schema: Schema,
    *,
    in_path: Sequence[dict[str, Any]] = (),
) -> dict[str, Any]:
    """Return one operation, answered with `schema`."""
    return {
        "operationId": f"{viewset.plural}_{name}",
        "tags": [viewset.plural],
        "summary": summary,
        "description": " ".join((viewset.__doc__ or "").split()),
        "parameters": [*in_path, *(_in_query(each) for each in parameters)],
        "responses": {**_ok(summary, schema), **NOT_MODIFIED, **problem_responses()},
    }


def in_path(name: str, schema: Schema) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _in_query(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": "query",
        "required": parameter.is_required,
        "description": parameter.description,
        "schema": parameter.schema,
    }


def _ok(summary: str, schema: Schema) -> dict[str, Any]:
    content = {"application/json": {"schema": schema}}
    return {"200": {"description": summary, "headers": ETAG, "content": content}}


def list_schema(items: Schema) -> Schema:
    return record({"meta": record({"total_count": integer(minimum=0)}), "items": array(items)})


def problem_responses() -> dict[str, Any]:
    return {
        "400": {"$ref": "#/components/responses/BadParameters"},
        "404": {"$ref": "#/components/responses/NotFound"},
    }


def build_description(viewsets: Sequence[Any]) -> dict[str, Any]:
    """Return the whole document, as plain data."""
    schemas: dict[str, Schema] = dict(SHARED)
    paths: dict[str, Any] = {}
    for viewset in viewsets:
        schemas |= viewset.components()
        for address, found in viewset.operations().items():
            paths[f"/api/v2/{viewset.plural}/{address}"] = {"get": found}
    itself = {**_ok("OpenAPI 3.1.", {"type": "object"}), **NOT_MODIFIED}
    paths["/api/openapi.json"] = {
        "get": {"operationId": "openapi", "summary": "This description.", "responses": itself}
    }
    problem = {"application/problem+json": {"schema": ref("Problem")}}
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {"title": "Vatra: the public site", "version": VERSION, "description": ABOUT},
        "servers": [{"url": settings.PUBLIC_URL}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "responses": {name: {"description": words, "content": problem} for name, words in PROBLEMS.items()},
        },
    }


def build_view(viewsets: Sequence[Any]) -> Callable[[HttpRequest], HttpResponse]:
    """Return the view that serves the description. Built once; it changes only with the program."""

    # At the first request, when the models and addresses of all rooms are loaded.
    @cache
    def build_json() -> str:
        return json.dumps(build_description(viewsets), ensure_ascii=False, separators=(",", ":"))

    # The API is only read and sets no cookie, so there is nothing for the CSRF check to compare.
    @csrf_exempt
    def openapi(request: HttpRequest) -> HttpResponse:
        answer = HttpResponse(build_json(), content_type="application/json")
        mark_cacheable(request, answer)
        return answer

    return openapi
