"""Small words for writing JSON Schema 2020-12, the dialect of OpenAPI 3.1."""

from collections.abc import Iterable
from typing import Any

Schema = dict[str, Any]


def text(**more: Any) -> Schema:
    return {"type": "string", **more}


def number(**more: Any) -> Schema:
    return {"type": "integer", **more}


def truth(**more: Any) -> Schema:
    return {"type": "boolean", **more}


def address(**more: Any) -> Schema:
    """An absolute address."""
    return text(format="uri", **more)


def day(**more: Any) -> Schema:
    return text(format="date", **more)


def moment(**more: Any) -> Schema:
    return text(format="date-time", **more)


def one_of(values: Iterable[str], **more: Any) -> Schema:
    return text(enum=list(values), **more)


def listing(items: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": items, **more}


def record(properties: dict[str, Schema], **more: Any) -> Schema:
    """An object that has each of these properties and no other."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
        **more,
    }


def maybe(schema: Schema) -> Schema:
    """This, or null."""
    if isinstance(schema.get("type"), str) and "enum" not in schema:
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def ref(name: str) -> Schema:
    """A schema that stands once in the description's components."""
    return {"$ref": f"#/components/schemas/{name}"}


def both_languages() -> Schema:
    return ref("BothLanguages")


SHARED: dict[str, Schema] = {
    "BothLanguages": record({"sq": text(), "en": text()}, description="The same words in Albanian and English."),
    "Problem": {
        "type": "object",
        "description": "A problem document (RFC 9457). It never repeats what was sent.",
        "properties": {
            "type": text(pattern="^urn:vatra:problem:"),
            "title": text(),
            "status": number(minimum=400, maximum=599),
            "errors": listing(
                record({"parameter": text(), "message": text()}), description="One for each parameter refused."
            ),
        },
        "required": ["type", "title", "status"],
    },
}
