"""Parts of an OpenAPI description, for endpoints to describe themselves with."""

from collections.abc import Iterable
from typing import Any

from .parameters import Parameter
from .schema import Schema, listing, number, record, text

TAG = {"ETag": {"description": "For If-None-Match.", "schema": text()}}


def operation(
    endpoint: Any, name: str, summary: str, parameters: Iterable[Parameter], schema: Schema, **more: Any
) -> dict[str, Any]:
    return {
        "operationId": f"{endpoint.plural}_{name}",
        "tags": [endpoint.plural],
        "summary": summary,
        "description": " ".join((endpoint.__doc__ or "").split()),
        "parameters": [*more.pop("in_path", []), *(query(each) for each in parameters)],
        "responses": {
            "200": {"description": summary, "headers": TAG, "content": {"application/json": {"schema": schema}}},
            "304": {"description": "What you hold is still true."},
            **problem_responses(),
        },
        **more,
    }


def query(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": "query",
        "required": parameter.is_required,
        "description": parameter.description,
        "schema": parameter.schema,
    }


def in_path(name: str, schema: Schema) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def list_schema(items: Schema) -> Schema:
    return record({"meta": record({"total_count": number(minimum=0)}), "items": listing(items)})


def problem_responses() -> dict[str, Any]:
    return {status: ref_to_response(name) for status, name in {"400": "BadParameters", "404": "NotFound"}.items()}


def ref_to_response(name: str) -> Schema:
    return {"$ref": f"#/components/responses/{name}"}
