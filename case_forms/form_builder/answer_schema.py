"""The JSON Schema of a form's answers, for those who write clients."""

from typing import Any

from case_forms.questions import registry
from case_forms.questions.base import ChoiceSource, text_in

from .outline import Definition, is_worked_out

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def answers_schema(definition: Definition, sources: ChoiceSource) -> dict[str, Any]:
    """JSON Schema 2020-12 of `answers`. docs/form-definition.md lists what it can't say; the server decides that.

    A question that is always asked and always required is `required` here; nothing else is.
    """
    parts = [
        _items(section["items"], sources, is_always_asked=section.get("relevant", True) is True)
        for section in definition["sections"]
    ]
    properties = {key: schema for part, _needed in parts for key, schema in part.items()}
    needed = [key for _part, keys in parts for key in keys]
    return {
        "$schema": DIALECT,
        "title": text_in(definition["title"], "en"),
        **_object(properties, needed),
    }


def _items(
    items: list[dict[str, Any]], sources: ChoiceSource, *, is_always_asked: bool
) -> tuple[dict[str, Any], list[str]]:
    """The properties of a section's or a row's answers, and which of them must be there."""
    asked = [item for item in items if item["item"] != "note" and item.get("type") != "calculated"]
    properties = {
        item["key"]: _repeat(item, sources) if item["item"] == "repeat" else _question(item, sources) for item in asked
    }
    return properties, [item["key"] for item in asked if is_always_asked and _always_needed(item)]


def _always_needed(item: dict[str, Any]) -> bool:
    if item.get("relevant", True) is not True:
        return False
    if item["item"] == "repeat":
        return item.get("min", 0) > 0
    return item.get("required") is True and not is_worked_out(item)


def _question(question: dict[str, Any], sources: ChoiceSource) -> dict[str, Any]:
    """The type's schema with the question's words."""
    described = {"title": text_in(question["label"], "en"), **registry.get(question["type"]).schema(question, sources)}
    if "hint" in question:
        described["description"] = text_in(question["hint"], "en")
    return described


def _repeat(repeat: dict[str, Any], sources: ChoiceSource) -> dict[str, Any]:
    least = repeat.get("min", 0)
    return {
        "title": text_in(repeat["label"], "en"),
        "type": "array",
        "minItems": least,
        "maxItems": repeat.get("max", 20),
        "items": _object(*_items(repeat["items"], sources, is_always_asked=True)),
    }


def _object(properties: dict[str, Any], needed: list[str]) -> dict[str, Any]:
    shape: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**shape, "required": needed} if needed else shape
