"""Files uploaded with a section's page, each for its question."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from access.models import User
from case_forms.form_builder.definition import AnyItem, Question, Repeat, Section
from case_forms.questions.files import accepted
from sanitizer.file_types import FileRefused

from ..drafts.unmapped_answers import files_left_over
from ..models import Attachment, Draft
from .actions import make_room, store_attachment
from .messages import words_for
from .named_files import named_files
from .uploads import content_of_upload, with_stored_ids

Files = Mapping[str, Any]  # of a request: {field name: uploaded file}


@dataclass(frozen=True)
class StoredUploads:
    """The result of storing a page's files.

    `post`: the page's fields, the stored files among them. `stored` and `errors` by the name of the question's field.
    """

    post: QueryDict = field(repr=False)
    stored: dict[str, Attachment] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


def store_uploads(files: Files, post: QueryDict, *, section: Section, draft: Draft, by: User | None) -> StoredUploads:
    """Store the files that are accepted; a refused one leaves what was there before.

    `by`: whoever fills the draft; None with the draft's key, after the session had ended.
    """
    asked = {name: question for name in files if (question := question_at(section.items, name)) is not None}
    if not asked:
        return StoredUploads(post)
    # what answers or left-over answers of an earlier version name is in use, everything else may make room
    make_room(draft, named_files(draft.form_version.parsed_form, draft.answers) | files_left_over(draft))
    stored: dict[str, Attachment] = {}
    errors: dict[str, str] = {}
    for name, question in asked.items():
        accept = accepted(question)
        try:
            stored[name] = store_attachment(
                content=content_of_upload(files[name]),
                name=str(files[name].name),
                owner=by or draft.owner,
                unit=draft.unit,
                draft=draft,
                accept=accept,
                with_key=by is None,
            )
        except FileRefused as refused:
            errors[name] = words_for(refused.code, accept)
    return StoredUploads(with_stored_ids(post, {name: str(row.pk) for name, row in stored.items()}), stored, errors)


def refuse_uploads(files: Files, post: QueryDict, *, section: Section) -> StoredUploads:
    """Report, for a page that can't be saved, that each file has to be chosen again."""
    asked = [name for name in files if question_at(section.items, name) is not None]
    return StoredUploads(post, errors=dict.fromkeys(asked, words_for("again")))


def question_at(items: Iterable[AnyItem], name: str) -> Question | None:
    """Return the question of type `file` that a form field belongs to: photo, household-0-photo."""
    key, _dash, rest = name.partition("-")
    item = next((item for item in items if item.key == key), None)
    if isinstance(item, Repeat):
        index, _dash, inner = rest.partition("-")
        return question_at(item.items, inner) if index.isascii() and index.isdigit() else None
    is_file = isinstance(item, Question) and item.type == "file" and not rest and not item.read_only
    return item if isinstance(item, Question) and is_file else None
