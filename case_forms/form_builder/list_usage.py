"""The use of shared lists: which forms choose from which."""

from collections.abc import Iterator

from .definition import Problem, parse_form
from .dependents import problems_for_dependents
from .lists import SHARED, Choices, list_names, part_of_json
from .models import FormDefinition, FormVersion


def lists_of_forms() -> Iterator[tuple[FormDefinition, set[str]]]:
    """Yield each form's working copy, and the lists that it or what is published of it names."""
    for form in FormDefinition.objects.select_related("latest_revision"):
        draft = form.get_latest_revision_as_object()
        yield draft, {*list_names(parse_form(draft.definition)), *list_names(parse_form(form.definition))}


def forms_using(key: str) -> Iterator[FormDefinition]:
    return (form for form, names in lists_of_forms() if f"{SHARED}{key}" in names)


def is_used(key: str) -> bool:
    return any(True for _form in forms_using(key))


def problems_of_list(name: str, choices: Choices) -> list[Problem]:
    """Return what would break if the forms published with this list were published with these choices.

    The list reaches them only then; here it is reported while it can still be corrected in one place.
    """
    found = []
    for version in FormVersion.objects.newest():
        made = version.parsed_form.to_json()
        chosen = [each for each in version.parsed_form.iter_questions() if each.question.from_list == name]
        for located in chosen:
            part_of_json(made, located.path)["choices"] = choices
        if chosen:
            found += problems_for_dependents(version.form.key, parse_form(made))
    return found
