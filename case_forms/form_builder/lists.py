"""Lists of choices that questions share: the form's own (`lists`), and those that any form may use (`shared:<key>`).

Published versions hold only resolved questions: the choices are written into them, with the name of the list they came
from. So a list that changes later changes no answer's meaning.
"""

import copy
from collections.abc import Callable, Iterator
from typing import Any

from .definition import Form, Problem, parse_form
from .definition.shape import choices_shape_problems

Definition = dict[str, Any]
Choices = list[dict[str, Any]]
Shared = Callable[[str], Choices | None]  # a shared list's key -> its choices, None when there is no such list

BUILT_IN = (
    *("municipalities", "regions", "units", "zones", "countries", "languages"),
    *("partners", "social_services", "schools"),
    *("sessions", "outreach_visits", "colleagues"),  # these are one's own
)
SHARED = "shared:"


def no_shared_lists(key: str) -> Choices | None:
    return None


def usable(shared: Shared, broken: set[str] | None = None) -> Shared:
    """Return the look-up without lists whose shape is wrong; their names are added to `broken`."""

    def look_up(key: str) -> Choices | None:
        choices = shared(key)
        # A row in the database can be damaged; written into a form, it would make the whole form unreadable.
        if choices is not None and list(shape_of_choices(choices)):
            if broken is not None:
                broken.add(f"{SHARED}{key}")
            return None
        return choices

    return look_up


def resolved(definition: Definition | Form, shared: Shared = no_shared_lists) -> Definition:
    """Return the definition with own and shared lists written into the questions that choose from them.

    The definition must be well-shaped. A name that no list has stays as it is, for the checker to report. Resolving
    again changes nothing.
    """
    return resolved_form(parse_form(definition), shared).to_json()


def resolved_form(form: Form, shared: Shared) -> Form:
    """Resolve a parsed form; it is returned itself when there is nothing to write."""
    written = {
        located.path: choices
        for located in form.iter_questions()
        if located.question.has("choices_from") and not located.question.has("choices")
        if (choices := _choices(located.question.choices_from, form, shared)) is not None
    }
    if not written:
        return form
    made = form.to_json()
    for path, choices in written.items():
        stored = part_of_json(made, path)
        stored["list"] = stored.pop("choices_from")
        # A copy for each question: one object shared by several would change in all of them at once.
        stored["choices"] = copy.deepcopy(choices)
    return parse_form(made)


def unresolved(definition: Definition | Form) -> Definition:
    """Reverse `resolved`, for a version that becomes a draft again: choices that equal the form's own list name it."""
    form = parse_form(definition)
    made = form.to_json()
    for located in form.iter_questions():
        question = located.question
        own = form.lists.get(question.from_list)
        # Choices that the list no longer equals stay in the question: naming it would change what was published.
        if own is not None and question.has("choices") and own.stored["choices"] == question.stored["choices"]:
            stored = part_of_json(made, located.path)
            stored["choices_from"] = stored.pop("list")
            del stored["choices"]
    return made


def shape_of_choices(choices: Any) -> Iterator[Problem]:
    """Find what is wrong with the shape of a list's choices; `properties.choice_problems` checks their content."""
    return choices_shape_problems(choices)


def list_names(form: Form) -> Iterator[str]:
    """Iterate over what `choices_from` names, once for each question."""
    return (located.question.choices_from for located in form.iter_questions() if located.question.has("choices_from"))


def part_of_json(made: Definition, path: str) -> dict[str, Any]:
    """Return the object of one part in a form's JSON, by the path that the parsed part has."""
    here: Any = made
    for step in path.split("/")[1:]:
        here = here[int(step)] if isinstance(here, list) else here[step]
    found: dict[str, Any] = here
    return found


def _choices(name: str, form: Form, shared: Shared) -> Choices | None:
    # Built-in lists are read where a form is filled; a version never holds their entries.
    if name in BUILT_IN:
        return None
    if name.startswith(SHARED):
        return shared(name.removeprefix(SHARED))
    own = form.lists.get(name)
    return own.stored["choices"] if own else None
