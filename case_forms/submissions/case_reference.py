"""The case that a form's answers name."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from access.models import User
from case_forms.cases.finding.links import get_standing_references
from case_forms.cases.models import Case
from case_forms.form_builder.definition import Form

from .validation.validate import AnswerProblem


def named_case(form: Form, answers: Mapping[str, Any], user: User) -> tuple[Case | None, list[AnswerProblem]]:
    """Return the case that the answers name (the first, in document order), and a problem for each unknown one.

    Another unit's case is as unknown as one that doesn't exist. A merged case's reference names the one that stays.
    """
    named = list(iter_named_references(form, answers))
    if not named:
        return None, []
    # through `visible_to`, so that a reference can't be tried out to learn which cases other units have
    references = {reference for _path, reference in named}
    stands_for = get_standing_references(references)
    visible = Case.objects.visible_to(user).readable().filter(reference__in={*references, *stands_for.values()})
    found = {case.reference: case for case in visible.select_related("procedure_version", "municipality", "unit")}
    cases = {
        reference: found[stands_for.get(reference, reference)]
        for reference in references
        if stands_for.get(reference, reference) in found
    }
    problems = [
        AnswerProblem(path, "unknown_case", _("You have no case with this reference."))
        for path, reference in named
        if reference not in cases
    ]
    return cases.get(named[0][1]), problems


def case_problems(form: Form, answers: Mapping[str, Any], case: Case | None) -> list[AnswerProblem]:
    """Return a problem for each question that names another case than this one, which a correction belongs to."""
    return [
        AnswerProblem(
            path,
            "another_case",
            _("A correction stays with its case. For another person's case, send a new form there."),
        )
        for path, reference in iter_named_references(form, answers)
        if case is None or reference != case.reference
    ]


def iter_named_references(form: Form, answers: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (path, reference) of each case that the answers name, in document order."""
    for place in form.iter_answers_of("case_reference", answers):
        if place.value:
            yield place.path, place.value
