"""Files that a form's answers name, and whether they may."""

import contextlib
import uuid
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from access.models import User
from case_forms.form_builder.definition import Form, Question
from case_forms.questions.files import accepted
from sanitizer.file_types import ACCEPTED_AS

from ..models import Attachment, AttachmentQuerySet, Draft, Submission
from ..validation.result import AnswerProblem
from .messages import words_for


class AttachedFiles:
    """The files that answers may name: those of one draft, or those that a person has uploaded through the API.

    Implements what `CleanContext.attachments` needs. Read from the database on first use.
    """

    def __init__(self, rows: AttachmentQuerySet, besides: Mapping[uuid.UUID, Attachment] | None = None) -> None:
        self._rows = rows
        self._besides = besides or {}

    def has(self, identity: str) -> bool:
        return identity in self.by_id

    @cached_property
    def by_id(self) -> dict[str, Attachment]:
        return {str(row.pk): row for row in [*self._besides.values(), *self._rows]}


def files_of_draft(draft: Draft) -> AttachedFiles:
    return AttachedFiles(draft.attachments.all())


def files_of_submission(submission: Submission) -> AttachedFiles:
    return AttachedFiles(submission.attachments.all())


def files_of_person(owner: User, *, besides: Mapping[uuid.UUID, Attachment] | None = None) -> AttachedFiles:
    """Return what a person has uploaded for a submission; `besides`: of earlier versions of the form they correct."""
    return AttachedFiles(Attachment.objects.unclaimed().filter(owner=owner), besides)


def named_files(form: Form, answers: Mapping[str, Any]) -> set[uuid.UUID]:
    """Return the ids of the files that answers name; the answers may be cleaned or as they were typed."""
    found = set()
    for _path, _question, identity in _named(form, answers):
        # answers may be as they were typed: what is no UUID names no file
        with contextlib.suppress(ValueError):
            found.add(uuid.UUID(identity))
    return found


def file_problems(form: Form, answers: Mapping[str, Any], files: AttachedFiles) -> list[AnswerProblem]:
    """Return a problem for each file of a type that its question doesn't accept."""
    problems = []
    for path, question, identity in _named(form, answers):
        row, accept = files.by_id.get(identity), accepted(question)
        if row is not None and ACCEPTED_AS[row.media_type] not in accept:
            problems.append(AnswerProblem(path, "wrong_kind", words_for("wrong_kind", accept)))
    return problems


def _named(form: Form, answers: Mapping[str, Any]) -> Iterator[tuple[str, Question, str]]:
    """Yield (JSON pointer, question, id) of each file."""
    for place in form.iter_answers_of("file", answers):
        if isinstance(place.value, dict) and "id" in place.value:
            yield place.path, place.question, str(place.value["id"])
