"""The description of the public API (OpenAPI 3.1), made from the same registry as its answers."""

import json
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from ..serving.marks import keep_whole
from .describing import TAG
from .endpoint import Endpoint
from .schema import SHARED, Schema, ref

VERSION = "2.0"
ABOUT = (
    "Public pages, telephone lines, words explained, regions and informative sessions of Vatra's site, for other front"
    " ends. Only reading, from anywhere, without a key. No cookie is set and nobody's address is kept. Answers carry an"
    " ETag: ask again with If-None-Match. What may change within 2.x: new fields, new types of pages and blocks, new"
    " parameters. What may not: the meaning or type of what is described here."
)


def get_description(endpoints: Sequence[type[Endpoint]]) -> dict[str, Any]:
    """The whole document, as plain data."""
    schemas: dict[str, Schema] = dict(SHARED)
    paths: dict[str, Any] = {}
    for endpoint in endpoints:
        schemas |= endpoint.components()
        for address, operation in endpoint.operations():
            paths[f"/api/v2/{endpoint.plural}/{address}"] = {"get": operation}
    paths["/api/openapi.json"] = {"get": _itself()}
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {"title": "Vatra: the public site", "version": VERSION, "description": ABOUT},
        "servers": [{"url": settings.PUBLIC_URL}],
        "paths": paths,
        "components": {"schemas": dict(sorted(schemas.items())), "responses": _problems()},
    }


def _problems() -> dict[str, Any]:
    said = {"BadParameters": "A parameter is unknown or doesn't fit.", "NotFound": "There is nothing here."}
    content = {"application/problem+json": {"schema": ref("Problem")}}
    return {name: {"description": words, "content": content} for name, words in said.items()}


def _itself() -> dict[str, Any]:
    return {
        "operationId": "openapi",
        "summary": "This description.",
        "responses": {
            "200": {
                "description": "OpenAPI 3.1.",
                "headers": TAG,
                "content": {"application/json": {"schema": {"type": "object"}}},
            },
            "304": {"description": "What you hold is still true."},
        },
    }


def get_view(endpoints: Sequence[type[Endpoint]]) -> Callable[[HttpRequest], HttpResponse]:
    """The view that serves it. Made once; it changes only with the program."""

    @cache
    def made() -> str:
        return json.dumps(get_description(endpoints), ensure_ascii=False, separators=(",", ":"))

    @csrf_exempt
    def openapi(request: HttpRequest) -> HttpResponse:
        answer = HttpResponse(made(), content_type="application/json")
        keep_whole(request, answer)
        return answer

    return openapi
