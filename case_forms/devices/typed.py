"""The fields of a form as a phone's pages had them, read as the online pages' are."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.http import QueryDict

from case_forms.form_builder.definition import Form
from case_forms.submissions.attachments.section_uploads import question_at
from case_forms.submissions.drafts.typed_values import typed_in
from case_forms.submissions.validation.validate import Answers

KEPT = ".kept"  # the end of the field that says which file is there


def read_typed(form: Form, fields: Iterable[tuple[str, str]], files: Mapping[str, UUID]) -> tuple[Answers, int]:
    """Return the answers of all sections as raw values, and how many files they name that aren't here.

    `files`: {the phone's UUID of a file: the attachment that it became}.
    """
    answers: Answers = {}
    given = list(fields)
    missing = 0
    for section in form.sections:
        post = QueryDict(mutable=True)
        for name, value in given:
            question = name.removesuffix(KEPT)
            if question_at(section.items, question) is None:
                post.appendlist(name, value)
            elif value and (found := files.get(value.lower())) is not None:
                post[f"{question}{KEPT}"] = str(found)
            else:
                missing += bool(value)
        answers |= typed_in(section, post)
    return answers, missing


def named_uuids(form: Form, fields: Iterable[tuple[str, str]]) -> set[str]:
    """Return the phone's UUIDs of the files that the fields name; what is no UUID names none."""
    found = set()
    for name, value in fields:
        if any(question_at(section.items, name.removesuffix(KEPT)) for section in form.sections):
            try:
                found.add(str(UUID(value)))
            except ValueError:
                continue
    return found
