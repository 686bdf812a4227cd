"""The rules of shape: which properties each part has and of what kind they are (docs/form-definition.md).

They are read off the nodes. A working copy may be half-built: a blank label, a choice without a value, a bad key are
for `checker` to name. What has the right shape can be saved, walked through and compared.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from django.utils.translation import gettext_lazy as _

from .form import Form
from .limits import MAX_QUESTIONS, REPEAT_LEVELS
from .nodes import Node, Note, Question, Repeat, Shape
from .parse import PARTS
from .problems import Problem, pointer
from .value_checks import Check, by_name, list_of, wrong

Properties = Mapping[str, tuple[bool, Check]]  # True: must be there


def shape_problems(definition: Any) -> list[Problem]:
    """Problems of shape alone. When there are none, every property read elsewhere is there and of its kind."""
    found = list(part_check(Form)(definition, ""))
    if not found and _count(definition) > MAX_QUESTIONS:
        too_many = _("A form has at most %(count)s questions.") % {"count": MAX_QUESTIONS}
        found.append(Problem("/sections", "too_many", too_many))
    return found


def choices_shape_problems(choices: Any) -> Iterator[Problem]:
    """Problems of shape of a list's choices, each path beginning at the list."""
    return _parts_check("choices", _entries(Question, "choices"))(choices, "")


def warnings_shape_problems(warnings: Any, path: str) -> Iterator[Problem]:
    """Problems of shape of what is asked about before sending."""
    return _parts_check("warnings", _entries(Form, "warnings"))(warnings, path)


@cache
def part_check(model: type[Node], level: int = 0) -> Check:
    """The check of an object with exactly this node's properties. `level`: how many repeats are around its items."""

    def check(value: Any, path: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield wrong(path, _("This must be an object."))
            return
        properties = _properties(model, level)
        for name in value:
            if name not in properties:
                yield Problem(f"{path}/{pointer(name)}", "unknown_property", _("There is no such property here."))
        for name, (is_needed, check_value) in properties.items():
            if name in value:
                yield from check_value(value[name], f"{path}/{name}")
            elif is_needed:
                yield Problem(f"{path}/{name}", "missing_property", _("This is missing."))

    return check


@cache
def _properties(model: type[Node], level: int) -> Properties:
    found: dict[str, tuple[bool, Check]] = {}
    for own, field in model.model_fields.items():
        name = field.alias or own
        shape = next(extra for extra in field.metadata if isinstance(extra, Shape))
        check = shape.check
        if name == "items":
            check = list_of(_item_check(level), shape.entries)
        elif check is None:
            check = _parts_check(name, shape.entries)
        found[name] = (shape.is_needed, check)
    return found


def _entries(model: type[Node], own: str) -> int:
    """How many parts a property may hold."""
    return next(extra.entries for extra in model.model_fields[own].metadata if isinstance(extra, Shape))


def _parts_check(name: str, most: int) -> Check:
    check = part_check(PARTS[name])
    if name == "constraint":
        return check
    return by_name(check, most) if name == "lists" else list_of(check, most)


def _item_check(level: int) -> Check:
    """An item in a section (level 0) or in a repeat of this level."""
    kinds = {"question": part_check(Question), "note": part_check(Note)}
    if level < REPEAT_LEVELS:
        kinds["repeat"] = part_check(Repeat, level + 1)

    def check(value: Any, path: str) -> Iterator[Problem]:
        kind = value.get("item") if isinstance(value, dict) else None
        if isinstance(kind, str) and kind in kinds:
            yield from kinds[kind](value, path)
        elif kind == "repeat":
            too_deep = _("Repeat groups can be nested two levels deep, not deeper.")
            yield Problem(f"{path}/item", "unknown_item", too_deep)
        else:
            words = _("This must be one of: %(values)s.") % {"values": ", ".join(kinds)}
            yield Problem(f"{path}/item", "unknown_item", words)

    return check


def _count(definition: dict[str, Any]) -> int:
    """How many items a well-shaped definition has."""

    def within(items: list[dict[str, Any]]) -> int:
        return sum(within(item["items"]) + 1 if item["item"] == "repeat" else 1 for item in items)

    return sum(within(section["items"]) for section in definition["sections"])
