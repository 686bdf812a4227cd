"""Which forms choose from which shared lists."""

import copy
from collections.abc import Iterator
from typing import Any

from .dependents import problems_for_dependents
from .lists import SHARED, Choices, list_names
from .models import FormDefinition, FormVersion
from .shapes import Problem


def lists_of_forms() -> Iterator[tuple[FormDefinition, set[str]]]:
    """Each form as its designers left it, and the lists that its draft or what is published of it names."""
    for form in FormDefinition.objects.select_related("latest_revision"):
        draft = form.get_latest_revision_as_object()
        yield draft, {*list_names(draft.definition), *list_names(form.definition)}


def forms_using(key: str) -> Iterator[FormDefinition]:
    return (form for form, names in lists_of_forms() if f"{SHARED}{key}" in names)


def is_used(key: str) -> bool:
    return any(True for _form in forms_using(key))


def problems_of_list(name: str, choices: Choices) -> list[Problem]:
    """What would stop working if the forms that are published with this list were published with these choices. The
    list reaches them only then; here it is said while it can still be mended in one place."""
    found = []
    for version in FormVersion.objects.newest():
        definition = copy.deepcopy(version.definition)
        if _put(definition["sections"], name, choices):
            found += problems_for_dependents(version.form.key, definition)
    return found


def _put(parts: list[dict[str, Any]], name: str, choices: Choices) -> bool:
    """Gives the questions that choose from the list these choices; whether there are any."""
    found = False
    for part in parts:
        if part.get("list") == name:
            part["choices"] = choices
            found = True
        found = _put(part.get("items", []), name, choices) or found
    return found
