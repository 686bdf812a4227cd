"""An identification that goes on in its case: it begins with what the case's last one holds."""

from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone

from access.models import User
from audit.chain import actor_of, record
from case_forms.builder.models import FormVersion
from case_forms.builder.outline import questions_by_key
from case_forms.builder.sources import Lists
from case_forms.cases.models import Case
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from .checking import Answers, CheckContext
from .models import Submission
from .moving import plan_move

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
NEVER_COPIED = frozenset({"file", "signature", "case_reference", "calculated"})

log = structlog.get_logger(__name__)


def answers_to_continue(*, version: FormVersion, case: Case, by: User) -> Answers:
    """The answers of the case's last identification on this form that fit its newest version; none for other forms.

    Opening them is recorded. One that doesn't open leaves the form empty: it can be filled all the same.
    """
    if version.definition["kind"] != KIND:
        return {}
    sent = Submission.objects.visible_to(by).filter(case=case, form_version__form=version.form_id)
    last = sent.select_related("form_version").order_by("-received_at").distinct().first()
    if last is None:
        return {}
    today = timezone.localdate()
    context = CheckContext(Lists(by), today, today, by.language, now=timezone.now())
    try:
        answers: dict[str, Any] = dict(last.answers)
    except (SealBroken, KeyRingError) as error:
        log.error("submission_unreadable", submission=str(last.pk), code=type(error).__name__)
        return {}
    with transaction.atomic():
        record("submission.read", actor=actor_of(by), target_kind="submission", target_id=last.pk)
        fitting = plan_move(last.form_version.definition, version.definition, answers, context).answers
    types = {key: placed.question["type"] for key, placed in questions_by_key(version.definition).items()}
    return {
        key: value for key, value in fitting.items() if key not in OF_THAT_MOMENT and types.get(key) not in NEVER_COPIED
    }
