"""The rules of shape: which properties each part has and of what type they are (docs/form-definition.md).

They are read off the nodes. A working copy may be half-built: a blank label, a choice without a value, a bad key are
for `checker` to report. A definition with the right shape can be saved, walked through and compared.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from django.utils.translation import gettext_lazy as _

from .form import Form
from .limits import MAX_QUESTIONS, REPEAT_LEVELS
from .nodes import Node, Note, Question, Repeat, Shape
from .parse import PARTS, parse_form
from .problems import Problem, pointer
from .value_checks import Check, by_name, list_of, wrong

Properties = Mapping[str, tuple[bool, Check]]  # True: must be there


def shape_problems(definition: Any, form: Form | None = None) -> list[Problem]:
    """Return the problems of shape alone. Without any, every property read elsewhere is there and of its type.

    `form`: the parsed definition, where the caller has it.
    """
    # Counting needs the right shape: only then does the walk see every item.
    found = list(part_check(Form)(definition, ""))
    if not found and sum(1 for _item in (form or parse_form(definition)).iter_items()) > MAX_QUESTIONS:
        too_many = _("A form has at most %(count)s questions.") % {"count": MAX_QUESTIONS}
        found.append(Problem("/sections", "too_many", too_many))
    return found


def choices_shape_problems(choices: Any) -> Iterator[Problem]:
    """Find the problems of shape of a list's choices, each path beginning at the list."""
    return _parts_check("choices", _entries(Question, "choices"))(choices, "")


def warnings_shape_problems(warnings: Any, path: str) -> Iterator[Problem]:
    """Find the problems of shape of the warnings before sending."""
    return _parts_check("warnings", _entries(Form, "warnings"))(warnings, path)


@cache
def part_check(model: type[Node], level: int = 0) -> Check:
    """Return the check of an object with exactly this node's properties.

    `level`: how many repeats are around its items.
    """

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
    """Return how many parts a property may hold."""
    return next(extra.entries for extra in model.model_fields[own].metadata if isinstance(extra, Shape))


def _parts_check(name: str, most: int) -> Check:
    check = part_check(PARTS[name])
    if name == "constraint":
        return check
    return by_name(check, most) if name == "lists" else list_of(check, most)


def _item_check(level: int) -> Check:
    """Return the check of an item in a section (level 0) or in a repeat of this level."""
    kinds = {"question": part_check(Question), "note": part_check(Note)}
    # The nodes can nest without end; how deep a stored form may nest is limited only here.
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
