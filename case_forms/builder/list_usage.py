"""Which forms choose from which shared lists."""

from collections.abc import Iterator

from .lists import SHARED, list_names
from .models import FormDefinition


def lists_of_forms() -> Iterator[tuple[FormDefinition, set[str]]]:
    """Each form as its designers left it, and the lists that its draft or what is published of it names."""
    for form in FormDefinition.objects.select_related("latest_revision"):
        draft = form.get_latest_revision_as_object()
        yield draft, {*list_names(draft.definition), *list_names(form.definition)}


def forms_using(key: str) -> Iterator[FormDefinition]:
    return (form for form, names in lists_of_forms() if f"{SHARED}{key}" in names)


def is_used(key: str) -> bool:
    return any(True for _form in forms_using(key))
