"""Outcome of a submission that opened and joined no case: the procedure's explanation, or that no rule matched.

A form that has rules, and answers that none of them is about, are a gap in the procedure: nobody was notified, and
nobody decided that it should be so. So is a form that names a case and that no rule knows. The unit and its
coordinators see it until one of them has handled it. A rule that does nothing but say why (`"then": []`) is no gap.
"""

from collections.abc import Iterator
from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from access.languages import get_current_language
from access.models import MobileUnit, Municipality, User, localize
from audit.chain import get_actor, log_event
from case_forms.procedures.decide import Decision, Event
from case_forms.procedures.definition import Procedure
from case_forms.procedures.models import ProcedureVersion
from notifications.directory.areas import get_seat
from notifications.directory.models import Contact, Role
from notifications.directory.resolve import resolve

from .models import Submission

MAX_ON_HOME = 20

log = structlog.get_logger(__name__)


def set_outcome(submission: Submission, decision: Decision, event: Event, procedure: ProcedureVersion) -> None:
    """Set the explanation on an unsaved submission. One that no rule matches is logged, by ids."""
    submission.explanation = [{"rule": entry["rule"], "words": dict(entry["words"])} for entry in decision.explanation]
    submission.is_unmatched = is_unmatched(decision, event, procedure.parsed)
    if submission.is_unmatched:
        log.error(
            "submission_matches_no_rule",
            submission=str(submission.pk),
            unit=submission.unit.slug,
            form=str(submission.form_version),
            procedure=str(procedure),
        )


def is_unmatched(decision: Decision, event: Event, procedure: Procedure) -> bool:
    """Return whether no rule matched, though the procedure has rules about this form, or the form names a case.

    What is written for a case is meant for somebody, also when the procedure is older than the form.
    """
    if decision.explanation:
        return False
    return event.case_status is not None or bool(procedure.rules_about(event.kind, event.form))


def get_words(submission: Submission) -> list[str]:
    """Return the explanations of the rules that matched, in the reader's language."""
    language = get_current_language()
    return [localize(entry["words"], language) for entry in submission.explanation or ()]


def unmatched(user: User) -> QuerySet[Submission]:
    """Return the submissions that no rule matched and nobody handled, of what this person sees, the oldest first."""
    waiting = Submission.objects.filter(is_unmatched=True, handled_at__isnull=True, is_drill=False)
    # The few that wait are named first, by the index of them: joined at once, the database would begin with all
    # submissions of the regions.
    keys = list(waiting.order_by().values_list("pk", flat=True))
    found = Submission.objects.visible_to(user).current().filter(pk__in=keys)
    return (
        found.select_related("form_version__form", "unit")
        .defer("answers", "explanation", "form_version__form__definition")
        .order_by("received_at", "pk")
        .distinct()
    )


def to_call(unit: MobileUnit, at: datetime | None = None) -> list[Contact]:
    """Return coordinators with a telephone: the one on duty for the unit's region, then the region's others.

    If the region has none, every other region's.
    """
    coordinators = Contact.objects.filter(
        is_active=True, partner__is_active=True, partner__role=Role.COORDINATOR
    ).exclude(phone="")
    own = coordinators.filter(partner__regions=unit.region_id)
    found = [*_on_duty(unit, at or timezone.now()), *own.order_by("name")] or list(coordinators.order_by("name"))
    # whoever is on duty is among the region's coordinators, too
    return list({contact.pk: contact for contact in found}.values())


def handle(*, submission: Submission, by: User) -> bool:
    """Mark a submission that no rule matched as handled. Audited. Returns whether it was still open."""
    with transaction.atomic():
        # one conditional UPDATE: of two people who press at once, one is recorded
        changed = bool(
            Submission.objects.filter(pk=submission.pk, is_unmatched=True, handled_at__isnull=True).update(
                handled_at=timezone.now(), handled_by=by
            )
        )
        if changed:
            log_event("submission.handled", actor=get_actor(by), target_kind="submission", target_id=submission.pk)
    return changed


def _on_duty(unit: MobileUnit, at: datetime) -> Iterator[Contact]:
    try:
        found = resolve(role=Role.COORDINATOR, municipality=get_seat(unit.region), at=at).contact
    except Municipality.DoesNotExist:
        return
    if found is not None and found.phone:
        yield found
