"""The fields of a form as a phone's pages had them, read as the online pages' are."""

from collections.abc import Iterable, Iterator, Mapping
from uuid import UUID

from django.http import QueryDict

from case_forms.form_builder.definition import Form, Section
from case_forms.submissions.attachments.section_uploads import question_at
from case_forms.submissions.drafts.typed_values import typed_in
from case_forms.submissions.validation.validate import Answers

KEPT = ".kept"  # the end of the field that says which file is there


def read_typed(form: Form, fields: Iterable[tuple[str, str]], files: Mapping[str, UUID]) -> tuple[Answers, int]:
    """Return the answers of all sections as raw values, and how many files they name that aren't here.

    `files`: {the phone's UUID of a file: the attachment that it became}.
    """
    answers: Answers = {}
    missing = 0
    for section, post, gone in _iter_posts(form, fields, files):
        answers |= typed_in(section, post)
        missing += gone
    return answers, missing


def read_posts(form: Form, fields: Iterable[tuple[str, str]], files: Mapping[str, UUID]) -> dict[str, QueryDict]:
    """Return {section: its own fields, as its page sends them}."""
    found = {}
    for section, post, _missing in _iter_posts(form, fields, files):
        keys = tuple(item.key for item in section.items)
        own = QueryDict(mutable=True)
        for name, values in post.lists():
            if name.startswith(keys):  # with what stands behind a key: rows, parts of an answer, files
                own.setlist(name, values)
        found[section.key] = own
    return found


def _iter_posts(
    form: Form, fields: Iterable[tuple[str, str]], files: Mapping[str, UUID]
) -> Iterator[tuple[Section, QueryDict, int]]:
    """Yield (section, the fields with files that are here, how many aren't)."""
    given = list(fields)
    for section in form.sections:
        missing = 0
        post = QueryDict(mutable=True)
        for name, value in given:
            question = name.removesuffix(KEPT)
            if question_at(section.items, question) is None:
                post.appendlist(name, value)
            elif value and (found := files.get(value.lower())) is not None:
                post[f"{question}{KEPT}"] = str(found)
            else:
                missing += bool(value)
        yield section, post, missing


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
