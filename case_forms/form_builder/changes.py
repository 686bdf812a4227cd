"""Changes to a definition as the editor sends them: four operations of RFC 6902, bounded. Pure.

A change is {"op": "add" | "remove" | "replace" | "move", "path": pointer, "value"?: JSON, "from"?: pointer}. They are
applied in order, each to the result of the one before. `copy` is left out so that a result is never larger than what
was there and what was sent together; `test` because the base is compared as a whole.
"""

import copy
import re
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .definition.value_checks import is_plain

MAX_CHANGES, MAX_POINTER_LENGTH, MAX_STEPS = 5_000, 1_000, 40
# RFC 6901 has no leading zeros in an index; six digits are far beyond MAX_ITEMS and keep `int` from long texts.
INDEX = re.compile(r"0|[1-9][0-9]{0,5}")
PROPERTIES = {
    "add": frozenset({"op", "path", "value"}),
    "remove": frozenset({"op", "path"}),
    "replace": frozenset({"op", "path", "value"}),
    "move": frozenset({"op", "path", "from"}),
}


class ChangeRefused(Exception):
    """Raised for a change that can't be applied.

    `position` counts from 0; `message` is for people and repeats nothing that was sent.
    """

    def __init__(self, position: int, message: "str | Promise") -> None:
        super().__init__(f"change {position}: {message}")
        self.position = position
        self.message = message


def apply_changes(definition: dict[str, Any], changes: Any) -> dict[str, Any]:
    """Return the definition after the changes; the one given stays as it was. Raises ChangeRefused."""
    if not isinstance(changes, list):
        raise ChangeRefused(0, _("The changes must be a list."))
    if len(changes) > MAX_CHANGES:
        raise ChangeRefused(MAX_CHANGES, _("These are too many changes at once."))
    document: Any = copy.deepcopy(definition)
    for position, change in enumerate(changes):
        try:
            document = _changed(document, change)
        except _Refused as refused:
            raise ChangeRefused(position, refused.message) from None
    if not isinstance(document, dict):
        raise ChangeRefused(len(changes) - 1, _("A definition must stay an object."))
    return document


class _Refused(Exception):
    def __init__(self, message: "str | Promise") -> None:
        super().__init__()
        self.message = message


def _changed(document: Any, change: Any) -> Any:
    """Apply one change. Raises _Refused."""
    kind = change.get("op") if isinstance(change, dict) else None
    if not isinstance(kind, str) or kind not in PROPERTIES or set(change) != PROPERTIES[kind]:
        raise _Refused(_("There is no such change."))
    path = _steps(change["path"])
    if kind == "remove":
        return _without(document, path)[0]
    if kind == "move":
        source = _steps(change["from"])
        # There is nothing to do; but the source must exist, as in any move.
        if source == path:
            _value_at(document, source)
            return document
        # RFC 6902, 4.4: the target must not lie inside what is moved.
        if path[: len(source)] == source:
            raise _Refused(_("Nothing can be moved into itself."))
        # The target is looked up after the removal, as RFC 6902 defines a move.
        document, value = _without(document, source)
        return _with(document, path, value)
    if not is_plain(change["value"]):
        raise _Refused(_("This must be plain JSON, without strange characters and not nested too deep."))
    # A copy: later changes may reach into this value and must leave the posted change as it was.
    value = copy.deepcopy(change["value"])
    return _with(document, path, value) if kind == "add" else _replaced(document, path, value)


def _with(document: Any, path: list[str], value: Any) -> Any:
    if not path:
        return value
    parent, step = _value_at(document, path[:-1]), path[-1]
    if isinstance(parent, dict):
        parent[step] = value
    elif isinstance(parent, list):
        place = len(parent) if step == "-" else _index(step)
        if place > len(parent):
            raise _missing()
        parent.insert(place, value)
    else:
        raise _missing()
    return document


def _replaced(document: Any, path: list[str], value: Any) -> Any:
    if not path:
        return value
    parent, key = _place(document, path)
    parent[key] = value
    return document


def _without(document: Any, path: list[str]) -> tuple[Any, Any]:
    if not path:
        raise _Refused(_("A definition must stay an object."))
    parent, key = _place(document, path)
    return document, parent.pop(key)


def _place(document: Any, path: list[str]) -> tuple[Any, Any]:
    """Return the list or object that holds the value at this path, and the value's index or key in it.

    Raises when the value isn't there.
    """
    parent = _value_at(document, path[:-1])
    _value_at(parent, path[-1:])
    return parent, _index(path[-1]) if isinstance(parent, list) else path[-1]


def _value_at(document: Any, path: list[str]) -> Any:
    for step in path:
        if isinstance(document, dict) and step in document:
            document = document[step]
        elif isinstance(document, list) and _index(step) < len(document):
            document = document[_index(step)]
        else:
            raise _missing()
    return document


def _steps(pointer: Any) -> list[str]:
    """Split a JSON pointer (RFC 6901) into its steps."""
    if not isinstance(pointer, str) or len(pointer) > MAX_POINTER_LENGTH or (pointer and not pointer.startswith("/")):
        raise _missing()
    steps = pointer.split("/")[1:]
    if len(steps) > MAX_STEPS or any(re.search(r"~(?![01])", step) for step in steps):
        raise _missing()
    # In this order (RFC 6901, 4): "~01" is "~1", not "/".
    return [step.replace("~1", "/").replace("~0", "~") for step in steps]


def _index(step: str) -> int:
    if not INDEX.fullmatch(step):
        raise _missing()
    return int(step)


def _missing() -> _Refused:
    return _Refused(_("This changes a part that the form doesn't have."))
