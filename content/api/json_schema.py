"""Builders for JSON Schema 2020-12, the dialect of OpenAPI 3.1."""

from collections.abc import Iterable
from typing import Any

from access.languages import LANGUAGES

Schema = dict[str, Any]


def string(**more: Any) -> Schema:
    return {"type": "string", **more}


def integer(**more: Any) -> Schema:
    return {"type": "integer", **more}


def boolean(**more: Any) -> Schema:
    return {"type": "boolean", **more}


def uri(**more: Any) -> Schema:
    """Return the schema of an absolute address."""
    return string(format="uri", **more)


def date(**more: Any) -> Schema:
    return string(format="date", **more)


def date_time(**more: Any) -> Schema:
    return string(format="date-time", **more)


def enum(values: Iterable[str], **more: Any) -> Schema:
    return string(enum=list(values), **more)


def array(items: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": items, **more}


def record(properties: dict[str, Schema], **more: Any) -> Schema:
    """Return the schema of an object that has each of these properties and no other."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
        **more,
    }


def nullable(schema: Schema) -> Schema:
    # An enum lists its values: null would have to stand among them, not only among the types.
    if isinstance(schema.get("type"), str) and "enum" not in schema:
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def ref(name: str) -> Schema:
    """Return a reference to a schema that stands once in the description's components."""
    return {"$ref": f"#/components/schemas/{name}"}


def by_language(schema: Schema, **more: Any) -> Schema:
    """Return the schema of an object with the same in each language of the site."""
    return record(dict.fromkeys(LANGUAGES, schema), **more)


HTML: Schema = string(contentMediaType="text/html", description="Safe HTML; links are absolute addresses.")
SHARED: dict[str, Schema] = {
    "BothLanguages": by_language(string(), description="The same words in Albanian and English."),
    "Problem": {
        "type": "object",
        "description": "A problem document (RFC 9457). It never repeats what was sent.",
        "properties": {
            "type": string(pattern="^urn:vatra:problem:"),
            "title": string(),
            "status": integer(minimum=400, maximum=599),
            "errors": array(
                record({"parameter": string(), "message": string()}), description="One for each parameter refused."
            ),
        },
        "required": ["type", "title", "status"],
    },
}
