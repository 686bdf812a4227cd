"""What can be done to a form: save its working copy, publish a version of it."""

import copy
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from access.models import User

from . import canonical
from .checker import check_definition
from .lists import resolved, shared_lists
from .models import FormDefinition, FormVersion
from .shapes import Problem, shape_problems

__all__ = ["DefinitionRefused", "publish_form", "save_definition"]


class DefinitionRefused(Exception):
    """A definition can't be published (or saved). `problems` says why, each with its path."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{problem.path or '/'}: {problem.code}" for problem in problems[:20]))
        self.problems = problems


def save_definition(*, key: str, definition: dict[str, Any], by: User | None = None) -> FormDefinition:
    """Makes or changes the working copy of a form and keeps a revision of it. A working copy may have problems of
    meaning, never of shape. Raises DefinitionRefused."""
    found = shape_problems(definition)
    if not found and definition["key"] != key:
        found = [Problem("/key", "wrong_key", _("The key inside the definition is another one."))]
    if found:
        raise DefinitionRefused(found)
    with transaction.atomic():
        form, made = FormDefinition.objects.select_for_update().get_or_create(
            key=key, defaults={"definition": copy.deepcopy(definition)}
        )
        # compared as text: to Python true, 1 and 1.0 are equal
        if made or canonical.dump(form.definition) != canonical.dump(definition):
            form.definition = copy.deepcopy(definition)
            form.save(update_fields=["definition"])
            form.save_revision(user=by)
    return form


def publish_form(*, form: FormDefinition, by: User | None = None) -> FormVersion:
    """Publishes the working copy as the next version, with the lists it names written into its questions.

    The same content as the newest version is that version again.

    Raises DefinitionRefused with every problem when the definition can't be filled.
    """
    shared = shared_lists()
    found = check_definition(form.definition, shared=shared)
    if not found and form.definition["key"] != form.key:
        found = [Problem("/key", "wrong_key", _("The key inside the definition is another one."))]
    if found:
        raise DefinitionRefused(found)
    text = canonical.dump(resolved(form.definition, shared))
    digest = canonical.sha256_of(text)
    with transaction.atomic():
        FormDefinition.objects.select_for_update().get(pk=form.pk)
        newest = form.newest_version()
        if newest and newest.sha256 == digest:
            return newest
        return FormVersion.objects.create(
            form=form,
            number=newest.number + 1 if newest else 1,
            canonical=text,
            sha256=digest,
            published_by=by,
        )
