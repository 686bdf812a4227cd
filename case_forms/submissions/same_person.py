"""Ask before a second case is opened for a person who has one: on the review page, and again in the transaction.

What the sender may open anyway is named, with the case to continue in; sending goes on when they confirm that it is
another person. Of what other units have, nothing is said here: it is stored beside the new case (`finding.asking`).
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext

from access.models import MobileUnit, User
from case_forms.cases.finding.asking import note_matches
from case_forms.cases.finding.identity import Identity
from case_forms.cases.finding.index import find_matches
from case_forms.cases.models import Case
from case_forms.form_builder.definition import Form, Question

from .confirmations import MAX_CASES, ToConfirm
from .drafts.actions import DraftIsSent
from .identity_index import identity_of
from .models import Draft, Submission
from .validation.validate import Answers

SAME_PERSON = "same_person_"  # and the reference of the case; it stands in no definition


def ask_about_person(submission: Submission, answers: Answers, user: User, case: Case | None) -> list[ToConfirm]:
    """Return what the sender must confirm because a case of theirs may be about the same person.

    `submission`: unsaved, or one that stands for a draft. Nothing is asked of a drill, nor of a form that names a case.
    """
    if case is not None or submission.is_drill:
        return []
    return _ask(submission, identity_of(submission, answers), user)


def _ask(submission: Submission, identity: Identity, user: User) -> list[ToConfirm]:
    form = submission.form_version.parsed_form
    return [_asked(form, each, user.language) for each in find_own_open_cases(identity, user)]


def find_own_open_cases(identity: Identity, user: User) -> list[Case]:
    """Return the open cases that this person may open and that may be about the person, the likeliest first."""
    found = [match.case for match in find_matches(identity) if not match.case.is_drill]
    if not found:
        return []
    visible = set(
        Case.objects.visible_to(user)
        .filter(pk__in=[case.pk for case in found], closed_at__isnull=True)
        .values_list("pk", flat=True)
    )
    return [case for case in found if case.pk in visible][:MAX_CASES]


def ask_in_turn(submission: Submission, identity: Identity, user: User, case: Case | None) -> list[ToConfirm]:
    """Return the same in the transaction that receives the submission, whose answers give this identity.

    Submissions of one unit that say who somebody is take turns until their transactions end, so that of two that come
    at once the second sees the first one's case. Called before anything else is locked (`outbox.locking`).
    """
    if case is not None or submission.is_drill or not identity:
        return []
    list(MobileUnit.objects.select_for_update(no_key=True).filter(pk=submission.unit_id).values_list("pk"))
    return _ask(submission, identity, user)


def note_what_was_found(submission: Submission, identity: Identity, confirmed: Collection[str]) -> None:
    """Store beside the case of a new submission which other cases may be about its person.

    Those that the sender confirmed to be about another person are stored as looked at.
    """
    if submission.case is None or submission.is_drill:
        return
    references = {key.removeprefix(SAME_PERSON) for key in confirmed if key.startswith(SAME_PERSON)}
    note_matches(
        identity,
        case=submission.case,
        unit=submission.unit,
        by=submission.submitted_by,
        at=submission.received_at,
        other_people=references,
    )


def case_of(key: str) -> str:
    """Return the reference of the case that a confirmation is about; "" for another confirmation."""
    return key.removeprefix(SAME_PERSON) if key.startswith(SAME_PERSON) else ""


def build_words(reference: str, language: str) -> str:
    """Word the question."""
    with translation.override(language):
        return gettext("Case %(case)s may be about this person already.") % {"case": reference}


@transaction.atomic
def continue_in_case(*, draft_id: UUID, case: Case, by: User) -> None:
    """Let a draft name this case, so that it is added there instead of opening a second one.

    Raises DraftIsSent, Draft.DoesNotExist; ValueError when its form asks for no case.
    """
    draft = Draft.objects.select_for_update(of=("self",)).select_related("form_version").get(pk=draft_id, owner=by)
    if draft.submitted_at is not None:
        raise DraftIsSent
    key = get_case_question(draft.form_version.parsed_form)
    if not key:
        raise ValueError("the form asks for no case")
    draft.answers = {**draft.answers, key: case.reference}
    draft.saved_at = timezone.now()
    draft.save(update_fields=["answers", "saved_at"])


def get_case_question(form: Form) -> str:
    """Return the key of the question by which a form names its case; "" when it asks none."""
    items: list[Any] = list(form.outer_items)
    return next((item.key for item in items if isinstance(item, Question) and item.type == "case_reference"), "")


def _asked(form: Form, case: Case, language: str) -> ToConfirm:
    # A form without a question for its case can't be added to one: then only the confirmation is offered.
    goes_on_in = case.reference if get_case_question(form) else ""
    words = build_words(case.reference, language)
    return ToConfirm(f"{SAME_PERSON}{case.reference}", "", words, case=goes_on_in, is_about_a_case=True)
