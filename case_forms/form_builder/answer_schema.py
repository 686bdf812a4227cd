"""The JSON Schema of a form's answers, for those who write clients."""

from collections.abc import Iterable
from typing import Any

from case_forms.questions import registry
from case_forms.questions.base import ChoiceSource, text_in

from .definition import AnyItem, Form, Question, Repeat

# Titles and descriptions are for who writes clients, whatever language the form is filled in.
LANGUAGE = "en"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def answers_schema(form: Form, sources: ChoiceSource) -> dict[str, Any]:
    """Build the JSON Schema 2020-12 of `answers`.

    docs/form-definition.md lists what it can't express; the server decides that. A question that is always asked and
    always required is `required` here; nothing else is.
    """
    parts = [_items(section.items, sources, is_always_asked=section.relevant is True) for section in form.sections]
    properties = {key: schema for part, _needed in parts for key, schema in part.items()}
    needed = [key for _part, keys in parts for key in keys]
    return {
        "$schema": DIALECT,
        "title": text_in(form.title, LANGUAGE),
        **_object(properties, needed),
    }


def _items(
    items: Iterable[AnyItem], sources: ChoiceSource, *, is_always_asked: bool
) -> tuple[dict[str, Any], list[str]]:
    """Return the properties of a section's or a row's answers, and which of them must be there."""
    properties: dict[str, Any] = {}
    needed: list[str] = []
    for item in items:
        if isinstance(item, Repeat):
            properties[item.key] = _repeat(item, sources)
        elif isinstance(item, Question) and item.type != "calculated":
            properties[item.key] = _question(item, sources)
        else:
            continue
        if is_always_asked and _always_needed(item):
            needed.append(item.key)
    return properties, needed


def _always_needed(item: Question | Repeat) -> bool:
    if item.relevant is not True:
        return False
    if isinstance(item, Repeat):
        return item.min > 0
    return item.required is True and not item.is_worked_out


def _question(question: Question, sources: ChoiceSource) -> dict[str, Any]:
    """Return the type's schema with the question's words."""
    schema = registry.get(question.type).schema(question, sources)
    described = {"title": text_in(question.label, LANGUAGE), **schema}
    if question.has("hint"):
        described["description"] = text_in(question.hint, LANGUAGE)
    return described


def _repeat(repeat: Repeat, sources: ChoiceSource) -> dict[str, Any]:
    return {
        "title": text_in(repeat.label, LANGUAGE),
        "type": "array",
        "minItems": repeat.min,
        "maxItems": repeat.max,
        # Once there is a row, its questions are always asked, whatever the repeat and its section depend on.
        "items": _object(*_items(repeat.items, sources, is_always_asked=True)),
    }


def _object(properties: dict[str, Any], needed: list[str]) -> dict[str, Any]:
    shape: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**shape, "required": needed} if needed else shape
