"""Prefilling of forms from their case.

An identification begins with what the case's last one holds, a request to offices with the offices whose help was named
as a need. What is known about the person (`drafts.filled`) comes on top, with its date and source: only what no fact
holds, such as the signs and the account, is copied from one form to the next of its kind.
"""

from collections.abc import Iterator
from typing import Any

import structlog
from django.utils import timezone

from access.models import User
from audit.chain import get_actor, log_event
from case_forms.cases.models import Case
from case_forms.form_builder.definition import Question
from case_forms.form_builder.models import FormVersion
from case_forms.form_builder.sources import Lists
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from ..drafts.migration import plan_move
from ..models import Submission
from ..validation.validate import Answers, CheckContext

KIND = "identification"
# What was so at that moment is asked anew: an answer of yesterday must not tell the police of danger today.
# Nor may yesterday's place, consent, refusal or decision be sent again unasked. Who the person is, and the signs, stay.
OF_THAT_MOMENT = frozenset(
    {"immediate_danger", "urgent_notice", "medical_now", "seen_alone"}
    | {"whereabouts", "whereabouts_when", "whereabouts_point", "where_tonight", "transport_now"}
    | {"explained", "police_contact_consent", "ra_name_consent", "service_consent"}
    | {"needs_now", "needs_note", "suicide_words", "others_present", "police_present"}
    | {"refusal", "refusal_informed", "left_card", "source_visit", "reflection_offered", "reflection_from"}
    | {"worker_decision", "decision_reason"}
)
REQUEST = "service_request"
# Which office a named need is for: in the identification (`needs_now`), and in the plan's rows (`area`).
OFFICE_OF_NEED = {"medical": "health", "psychological": "psychologist", "legal": "legal_aid"}
OFFICE_OF_AREA = {"health": "health", "psychological": "psychologist", "legal": "legal_aid"}
AREA_IS_OVER = ("done", "dropped")
NEVER_COPIED = frozenset({"file", "signature", "case_reference", "calculated"})

log = structlog.get_logger(__name__)


def answers_to_continue(*, version: FormVersion, case: Case, by: User) -> Answers:
    """Return what the newest version of this form begins with in this case; nothing for most forms.

    Opening a submission is audited. One that doesn't open leaves the form empty: it can be filled all the same.
    """
    if version.form.key == REQUEST:
        return _offices_for_needs(version, case, by)
    if version.parsed_form.kind != KIND:
        return {}
    opened = _last_opened(case, by, version.form.key)
    if opened is None:
        return {}
    last, answers = opened
    today = timezone.localdate()
    context = CheckContext(Lists(by), today, today, by.language, now=timezone.now())
    # the last one may have been filled under an older version: answers that no longer fit are left out
    fitting = plan_move(last.form_version.parsed_form, version.parsed_form, answers, context).answers
    return {
        key: value
        for key, value in fitting.items()
        if key not in OF_THAT_MOMENT and _may_copy(version.parsed_form.get_question(key))
    }


def _may_copy(question: Question | None) -> bool:
    """Return whether an answer may be copied; groups may, what the server works out again isn't an answer."""
    return question is None or not (question.type in NEVER_COPIED or question.is_worked_out)


def _offices_for_needs(version: FormVersion, case: Case, by: User) -> Answers:
    """Propose the offices for the needs that the last identification and the last plan name.

    A proposal to the worker, who asks the person: no consent is copied.
    """
    named = {*_needs_at_first_contact(case, by), *_needs_of_the_plan(case, by)}
    asked = version.parsed_form.get_question("ask")
    offered = [choice.value for choice in (asked.choices if asked else ()) if choice.value in named]
    return {"ask": offered} if offered else {}


def _needs_at_first_contact(case: Case, by: User) -> Iterator[str]:
    opened = _last_opened(case, by, "initial_identification")
    for need in (opened[1].get("needs_now") or ()) if opened else ():
        if need in OFFICE_OF_NEED:
            yield OFFICE_OF_NEED[need]


def _needs_of_the_plan(case: Case, by: User) -> Iterator[str]:
    opened = _last_opened(case, by, "assistance_plan")
    for row in (opened[1].get("areas") or ()) if opened else ():
        if row.get("area") in OFFICE_OF_AREA and row.get("area_state") not in AREA_IS_OVER:
            yield OFFICE_OF_AREA[row["area"]]


def _last_opened(case: Case, by: User, form: str) -> tuple[Submission, Answers] | None:
    """Return the case's last submission of a form that this person may see, and its answers; None when unreadable."""
    sent = Submission.objects.visible_to(by).current().filter(case=case, form_version__form__key=form)
    last = sent.select_related("form_version").order_by("-received_at").distinct().first()
    if last is None:
        return None
    try:
        answers: dict[str, Any] = dict(last.answers)
    except (SealBroken, KeyRingError) as error:
        log.error("submission_unreadable", submission=str(last.pk), code=type(error).__name__)
        return None
    log_event("submission.read", actor=get_actor(by), target_kind="submission", target_id=last.pk)
    return last, answers
