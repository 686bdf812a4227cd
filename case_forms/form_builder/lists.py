"""Lists of choices that questions share: the form's own (`lists`), and those that any form may use (`shared:<key>`).

Published versions hold only resolved questions: their choices stand in them, with the name of the list they came from.
A list that changes later changes no answer's meaning.
"""

import copy
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from .models import ChoiceList
from .shape_checks import Problem, list_of, part
from .shapes import CHOICE, MAX_CHOICES

Definition = dict[str, Any]
Choices = list[dict[str, Any]]
Shared = Callable[[str], Choices | None]  # a shared list's key -> its choices, None when there is no such list

_CHOICES = list_of(part(CHOICE), MAX_CHOICES)

BUILT_IN = (
    *("municipalities", "regions", "units", "zones", "countries", "languages"),
    *("partners", "social_services", "schools"),
    *("sessions", "outreach_visits", "colleagues"),  # these are one's own
)
SHARED = "shared:"


def no_shared_lists(key: str) -> Choices | None:
    return None


def shared_lists() -> Shared:
    """The look-up of shared lists in the database. Each is read once, so that what is checked is what is published."""

    @cache
    def look_up(key: str) -> Choices | None:
        return ChoiceList.objects.filter(key=key).values_list("choices", flat=True).first()

    return look_up


def usable(shared: Shared) -> Shared:
    """The look-up without lists whose shape is wrong."""

    def look_up(key: str) -> Choices | None:
        choices = shared(key)
        return None if choices is None or list(shape_of_choices(choices)) else choices

    return look_up


def resolved(definition: Definition, shared: Shared = no_shared_lists) -> Definition:
    """The definition (of good shape) with own and shared lists written into the questions that choose from them.

    A name that no list has stays as it is, for the checker to report. Resolving again changes nothing.
    """
    made = {
        **definition,
        "sections": [_with_choices(section, definition, shared) for section in definition["sections"]],
    }
    return copy.deepcopy(made)


def unresolved(definition: Definition) -> Definition:
    """The other way, for a version that becomes a draft again: choices that equal the form's own list name it."""
    own = definition.get("lists", {})

    def named(item: dict[str, Any]) -> dict[str, Any]:
        if "items" in item:
            return {**item, "items": [named(inner) for inner in item["items"]]}
        key = item.get("list", "")
        if key not in own or own[key]["choices"] != item.get("choices"):
            return item
        kept = {name: value for name, value in item.items() if name not in ("choices", "list")}
        return {**kept, "choices_from": key}

    return copy.deepcopy({**definition, "sections": [named(section) for section in definition["sections"]]})


def shape_of_choices(choices: Any) -> Iterator[Problem]:
    """What is wrong with the shape of a list's choices; `properties.choice_problems` looks into them."""
    return _CHOICES(choices, "")


def list_names(definition: Definition) -> Iterator[str]:
    """What `choices_from` names, each time a question does."""

    def within(items: list[dict[str, Any]]) -> Iterator[str]:
        for item in items:
            if "choices_from" in item:
                yield item["choices_from"]
            yield from within(item.get("items", []))

    for section in definition["sections"]:
        yield from within(section["items"])


def _with_choices(part: dict[str, Any], definition: Definition, shared: Shared) -> dict[str, Any]:
    if "items" in part:
        return {**part, "items": [_with_choices(item, definition, shared) for item in part["items"]]}
    name = part.get("choices_from")
    choices = None if name is None or "choices" in part else _choices(name, definition, shared)
    if choices is None:
        return part
    kept = {key: value for key, value in part.items() if key != "choices_from"}
    return {**kept, "choices": choices, "list": name}


def _choices(name: str, definition: Definition, shared: Shared) -> Choices | None:
    if name in BUILT_IN:
        return None
    if name.startswith(SHARED):
        return shared(name.removeprefix(SHARED))
    own = definition.get("lists", {}).get(name)
    return own["choices"] if own else None
