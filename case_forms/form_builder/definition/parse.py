"""Parsing: turn a stored definition, or a published version's canonical text, into a `Form`, once.

A version is well-shaped, and pydantic reads it in one go. A draft may not be; then it is read property by property, and
a value of the wrong type reads as its default (see `nodes`). Parsing never judges: `shape.shape_problems` and the
checker do.
"""

import json
from collections.abc import Mapping
from functools import cache, lru_cache, partial
from typing import Any

from pydantic import TypeAdapter, ValidationError

from case_forms.json_nodes import read_damaged

from .form import Form
from .nodes import (
    Choice,
    ChoiceList,
    Constraint,
    MatrixRow,
    Node,
    Note,
    Question,
    Repeat,
    Section,
    SendWarning,
    Unreadable,
)

ITEMS: Mapping[str, type[Node]] = {"question": Question, "note": Note, "repeat": Repeat}
# the properties that hold parts; each name means the same wherever it stands
PARTS: Mapping[str, type[Node]] = {
    "sections": Section,
    "warnings": SendWarning,
    "choices": Choice,
    "rows": MatrixRow,
    "lists": ChoiceList,
    "constraint": Constraint,
}


def parse_form(definition: "Form | Any") -> Form:
    """Return the parsed form of any JSON value, however damaged. Never raises.

    A form that is parsed already is returned as it is.
    """
    if isinstance(definition, Form):
        return definition
    try:
        return Form.model_validate(definition)
    except ValidationError:
        return _read(Form, definition)  # type: ignore[return-value]


def parse_question(stored: Mapping[str, Any]) -> Question:
    """Return one question by itself, for what stands outside a form. Never raises."""
    try:
        return Question.model_validate(stored)
    except ValidationError:
        return _read(Question, stored)  # type: ignore[return-value]


@lru_cache(maxsize=256)
def parse_canonical(text: str) -> Form:
    """Return the form of a version's canonical text.

    Cached by the text, which is what its sha256 is over.
    """
    return parse_form(json.loads(text))


def _read(model: type[Node], came: Any) -> Node:
    """Read a damaged part property by property; the value as it came is stored in `stored`."""
    return read_damaged(model, came, partial(_read_property, model))


def _read_property(model: type[Node], own: str, name: str, came: Any) -> Any:
    """Read one property. Raises ValidationError or TypeError when the value has the wrong type."""
    if name == "items":
        return tuple(_read_item(entry) for entry in _list(came))
    part = PARTS.get(name)
    if part is None:
        return _adapter(model, own).validate_python(came)
    if name == "constraint":
        return _read(part, _object(came))
    if name == "lists":
        return {str(key): _read(part, entry) for key, entry in _object(came).items()}
    return tuple(_read(part, entry) for entry in _list(came))


def _read_item(came: Any) -> Node:
    kind = came.get("item") if isinstance(came, dict) else None
    # An entry without a known kind still takes its position: JSON pointers of the items behind it must go on counting.
    return _read(ITEMS.get(kind, Unreadable) if isinstance(kind, str) else Unreadable, came)


def _list(came: Any) -> list[Any]:
    if not isinstance(came, list):
        raise TypeError
    return came


def _object(came: Any) -> dict[str, Any]:
    if not isinstance(came, dict):
        raise TypeError
    return came


@cache
def _adapter(model: type[Node], own: str) -> TypeAdapter[Any]:
    # Cached because building an adapter compiles a validator, which costs far more than one use of it.
    return TypeAdapter(model.model_fields[own].annotation or Any)
