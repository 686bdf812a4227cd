"""Which case a form's answers name."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from access.models import User
from case_forms.cases.models import Case
from case_forms.form_builder.outline import given

from .validation.validate import AnswerProblem


def named_case(
    definition: Mapping[str, Any], answers: Mapping[str, Any], user: User
) -> tuple[Case | None, list[AnswerProblem]]:
    """The case that the answers name (the first one, in document order), and a problem for each that isn't there.

    Another unit's case is as unknown as one that doesn't exist.
    """
    named = list(_named_references(definition, answers))
    if not named:
        return None, []
    visible = Case.objects.visible_to(user).filter(reference__in={reference for _path, reference in named})
    cases = {case.reference: case for case in visible.select_related("procedure_version", "municipality", "unit")}
    problems = [
        AnswerProblem(path, "unknown_case", _("You have no case with this reference."))
        for path, reference in named
        if reference not in cases
    ]
    return cases.get(named[0][1]), problems


def _named_references(definition: Mapping[str, Any], answers: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for place in given(dict(definition), answers):
        if place.placed.question["type"] == "case_reference" and place.value:
            yield place.path, place.value
