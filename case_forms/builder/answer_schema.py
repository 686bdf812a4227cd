"""The JSON Schema of a form's answers, for those who write clients."""

from typing import Any

from case_forms.questions import registry
from case_forms.questions.base import ChoiceSource, text_in

from .outline import Definition

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def answers_schema(definition: Definition, sources: ChoiceSource) -> dict[str, Any]:
    """JSON Schema 2020-12 of `answers`. Relevance and constraints can't be said in it; the server decides those.

    A question that is always asked and always required is `required` here; nothing else is.
    """
    properties: dict[str, Any] = {}
    needed: list[str] = []
    for section in definition["sections"]:
        for item in section["items"]:
            if item["item"] == "note":
                continue
            properties[item["key"]] = _repeat(item, sources) if item["item"] == "repeat" else _question(item, sources)
            if "relevant" not in section and _always_needed(item):
                needed.append(item["key"])
    return {
        "$schema": DIALECT,
        "title": text_in(definition["title"], "en"),
        **_object(properties, needed),
    }


def _always_needed(item: dict[str, Any]) -> bool:
    if item["item"] == "repeat":
        return item.get("min", 0) > 0 and "relevant" not in item
    return item.get("required") is True and "relevant" not in item and "default" not in item


def _question(question: dict[str, Any], sources: ChoiceSource) -> dict[str, Any]:
    """The type's schema with the question's words."""
    described = {"title": text_in(question["label"], "en"), **registry.get(question["type"]).schema(question, sources)}
    if "hint" in question:
        described["description"] = text_in(question["hint"], "en")
    return described


def _repeat(repeat: dict[str, Any], sources: ChoiceSource) -> dict[str, Any]:
    rows = [row for row in repeat["items"] if row["item"] == "question"]
    needed = [row["key"] for row in rows if _always_needed(row)]
    return {
        "title": text_in(repeat["label"], "en"),
        "type": "array",
        "minItems": repeat.get("min", 0),
        "maxItems": repeat.get("max", 20),
        "items": _object({row["key"]: _question(row, sources) for row in rows}, needed),
    }


def _object(properties: dict[str, Any], needed: list[str]) -> dict[str, Any]:
    shape: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**shape, "required": needed} if needed else shape
