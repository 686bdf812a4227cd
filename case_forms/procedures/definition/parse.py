"""Parsing: turn a stored procedure, or a published version's canonical text, into a `Procedure`, once.

Parsing never judges and never fails; what keeps a procedure from being published is for `procedures.checker` to say.
"""

import json
from collections.abc import Callable, Mapping
from functools import cache, lru_cache, partial
from typing import Any

from pydantic import TypeAdapter

from case_forms.json_nodes import Node, read_damaged

from ..rule_actions.registry import get_action
from .nodes import (
    Calendar,
    Chain,
    Deadline,
    Fact,
    Flag,
    Ladder,
    LadderStep,
    ListNode,
    Procedure,
    Rule,
    Setting,
    SettingChoice,
)

# The properties that hold parts, in a list or by name.
LISTS: Mapping[str, type[Node]] = {"choices": SettingChoice, "facts": Fact, "rules": Rule, "steps": LadderStep}
BY_NAME: Mapping[str, type[Node]] = {
    "settings": Setting,
    "calendars": Calendar,
    "deadlines": Deadline,
    "ladders": Ladder,
    "chains": Chain,
    "flags": Flag,
}


def parse_procedure(definition: "Procedure | Any") -> Procedure:
    """Return the parsed procedure of any JSON value, however damaged. Never raises.

    A procedure that is parsed already is returned as it is.
    """
    if isinstance(definition, Procedure):
        return definition
    try:
        procedure = Procedure.model_validate(definition)
        # Asked for once here: what is nested deeper than pydantic writes can only be held as it came.
        procedure.stored  # noqa: B018
    except ValueError:  # a ValidationError is one
        return _read(Procedure, definition)  # type: ignore[return-value]
    return procedure


@lru_cache(maxsize=64)
def parse_canonical(text: str) -> Procedure:
    """Return the procedure of a version's canonical text.

    Cached by the text, which is what its sha256 is over.
    """
    return parse_procedure(json.loads(text))


def _read(model: type[Node], came: Any) -> Node:
    if not issubclass(model, ListNode):
        return read_damaged(model, came, partial(_read_property, model))
    # Read as if it had the property that its one field is; what came stays a list.
    (own,) = model.model_fields
    node = read_damaged(model, {own: came}, partial(_read_property, model))
    node.__dict__["stored"] = came
    return node


def _read_property(model: type[Node], own: str, name: str, came: Any) -> Any:
    """Read one property. Raises ValidationError or TypeError when the value has the wrong type."""
    if name in BY_NAME:
        return {str(key): _read(BY_NAME[name], entry) for key, entry in _held(came, dict).items()}
    if name in LISTS:
        return tuple(_read(LISTS[name], entry) for entry in _held(came, list))
    if name == "then":
        return tuple(_read(get_action(entry), entry) for entry in _held(came, list))
    if name == "links":
        # A link that is no text still takes its position.
        return tuple(link if isinstance(link, str) else "" for link in _held(came, list))
    return _adapter(model, own).validate_python(came)


def _held(came: Any, kind: "Callable[..., Any] | type") -> Any:
    if not isinstance(came, kind):  # type: ignore[arg-type]
        raise TypeError
    return came


@cache
def _adapter(model: type[Node], own: str) -> TypeAdapter[Any]:
    # Cached because building an adapter compiles a validator, which costs far more than one use of it.
    return TypeAdapter(model.model_fields[own].annotation or Any)
