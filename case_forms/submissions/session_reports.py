"""The report of an informative session: a form of kind `session` that names one.

When it is received, the session is marked as reported, in the same transaction; nothing is received that would report a
session twice.

The record (`outreach_pages.records`) holds what is counted and public; the form asks for what only the organisation
reads. Its texts take nothing that leads to one person, as the record's don't.
"""

import uuid
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from access.models import User
from access.scoping import visible_or_404
from case_forms.form_builder.definition import AnswerPlace, Form
from case_forms.form_builder.models import FormVersion
from outreach_pages.models import InformativeSession
from outreach_pages.records.actions import NotAllowed, NotNow, follow_correction, report_session
from outreach_pages.records.labels import SessionState
from outreach_pages.records.no_names import find_details

from .drafts import actions
from .models import Draft, Submission
from .refusals import AnswersRefused
from .validation.validate import AnswerProblem, Answers

KIND = "session"
TEXTS = ("text", "long_text", "other_specify")


def begin_report(*, form_version: FormVersion, session_id: str, by: User) -> Draft:
    """Return the draft of this session's report: the one that this person has begun, else a new one.

    A new one names the session and its time. Raises Http404 for a session that isn't theirs to report.
    """
    session = visible_or_404(InformativeSession, by, pk=_uuid(session_id))
    key = next((place.question.key for place in _naming(form_version.parsed_form, {})), "")
    known: Answers = {key: str(session.pk)} if key else {}
    # answers are sealed, so the session that a draft names can't be asked for in SQL
    own = Draft.objects.own(by).open().filter(form_version__form=form_version.form, unit=session.unit)
    begun = next((draft for draft in own if key and draft.answers.get(key) == str(session.pk)), None)
    return begun or actions.start_draft(
        form_version=form_version,
        unit=session.unit,
        owner=by,
        answers=known,
        # a report may be begun before the session; nothing is received that happened in the future
        occurred_at=min(session.begins_at(), timezone.now()),
    )


def report_problems(
    form: Form, answers: Mapping[str, Any], user: User, *, corrects: Collection[uuid.UUID] = ()
) -> list[AnswerProblem]:
    """Return why these answers can't report a session; empty when they can, and for forms of other kinds.

    `corrects`: the earlier versions of this report, which may have reported its session.
    """
    if form.kind != KIND:
        return []
    return [*_sessions_refused(form, answers, user, corrects), *_details_told(form, answers)]


def report_by(submission: Submission, answers: Mapping[str, Any]) -> None:
    """Mark the session that a stored report names as reported. A drill reports nothing.

    Runs in the caller's transaction. Raises AnswersRefused: somebody else was faster, or it is another unit's.
    """
    form = submission.form_version.parsed_form
    if form.kind != KIND or submission.is_drill:
        return
    for place in _naming(form, answers):
        if not place.value:
            continue
        session = _get_session(place.value, submission.submitted_by)
        try:
            if session is None or session.unit_id != submission.unit_id:
                raise NotAllowed
            if submission.corrects_id is not None:
                follow_correction(
                    session_id=session.pk,
                    earlier=submission.corrects_id,
                    submission_id=submission.pk,
                    by=submission.submitted_by,
                )
                continue
            report_session(
                session_id=session.pk,
                submission_id=submission.pk,
                by=submission.submitted_by,
                at=submission.received_at,
            )
        except (NotAllowed, NotNow) as refused:
            raise AnswersRefused([_problem(place, refused)]) from None


def _sessions_refused(
    form: Form, answers: Mapping[str, Any], user: User, corrects: Collection[uuid.UUID]
) -> Iterator[AnswerProblem]:
    for place in _naming(form, answers):
        if not place.value:
            continue
        session = _get_session(place.value, user)
        if session is None:
            yield _problem(place, NotAllowed())
        elif corrects:
            if session.report_submission not in corrects:
                yield _problem(place, NotNow("another_session"))
        elif session.state != SessionState.HELD:
            code = "reported" if session.state == SessionState.REPORTED else "not_held"
            yield _problem(place, NotNow(code))


def _details_told(form: Form, answers: Mapping[str, Any]) -> Iterator[AnswerProblem]:
    for place in form.iter_answer_places(answers):
        is_text = place.question.type in TEXTS and isinstance(place.value, str)
        if is_text and find_details(place.value):
            words = _(
                "Remove telephone numbers, addresses, profiles and document numbers: nothing here may lead to a person."
            )
            yield AnswerProblem(place.path, "leads_to_a_person", words)


def _problem(place: AnswerPlace, refused: NotAllowed | NotNow) -> AnswerProblem:
    code = refused.code if isinstance(refused, NotNow) else "unknown_session"
    words = {
        "unknown_session": _("Your unit has no such session."),
        "reported": _("This session already has its report."),
        "another_session": _(
            "A correction stays with the session that was reported. Report another session with a form of its own."
        ),
        "not_held": _("First record that it was held and who came, on the session's page."),
    }
    return AnswerProblem(place.path, f"session_{code}" if code != "unknown_session" else code, words[code])


def _naming(form: Form, answers: Mapping[str, Any]) -> list[AnswerPlace]:
    """Return the first place where the form asks for a session, as a list: a report is of one."""
    asked = form.iter_answers_of("session", answers)
    return [place for place, _first in zip(asked, range(1), strict=False)]


def _get_session(value: Any, user: User) -> InformativeSession | None:
    identity = _uuid(value)
    return InformativeSession.objects.visible_to(user).filter(pk=identity).first() if identity else None


def _uuid(value: Any) -> uuid.UUID | None:
    try:
        return uuid.UUID(value)
    except (ValueError, TypeError, AttributeError):
        return None
