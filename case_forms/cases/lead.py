"""The lead worker of a case: who of the unit follows the person now. First whoever opened the case.

The lead worker is told first of a duty of the unit, where there is time for it: then whoever of the unit is on duty,
then a coordinator. A worker has an account and the directory has contacts: the two are one person when they have one
e-mail address. Without such a contact, on leave, gone from the unit, or where minutes count, the unit on duty is told
at once.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from access.models import MobileUnit, User
from access.reach import read_reach
from audit.chain import get_actor, log_event
from notifications.directory.models import Contact, Leave, Role
from notifications.outbox.escalation_policy import CALL, DEPUTY

from .models import Case, Deadline, LeadChange

LEAD_HAS_MINUTES = 240  # a proposal: with less until the next person is asked, the unit on duty is told at once


class CannotLead(Exception):
    """The person doesn't work in the unit of this case, or the case is closed."""


def may_lead(case: Case, user: User) -> bool:
    """Return whether this person can be the lead worker: who works in the case's unit today, while it is open."""
    return case.closed_at is None and case.unit_id in read_reach(user).units


def take_lead(*, case: Case, by: User, at: datetime) -> bool:
    """Make this person the lead worker, by their own word. Return False when they are already. Audited.

    Whoever presses it says that they follow the person from now on. Only a coordinator gives a case to somebody else,
    when its lead worker has left (`finding.assigning`). Raises CannotLead.
    """
    with transaction.atomic():
        # under the lock: of two colleagues who press at once, the second one takes over from the first
        locked = Case.objects.select_for_update(no_key=True).get(pk=case.pk)
        if not may_lead(locked, by):
            raise CannotLead
        before = locked.lead_worker
        if before.pk == by.pk:
            return False
        LeadChange.objects.create(case=locked, before=before, worker=by, by=by, at=at)
        locked.lead, locked.lead_since = by, at
        locked.save(update_fields=["lead", "lead_since"])
        log_event("case.lead_taken", actor=get_actor(by), target_kind="case", target_id=case.pk, before=str(before.pk))
    return True


def find_first_told(deadline: Deadline, case: Case, unit: MobileUnit, at: datetime) -> Contact | None:
    """Return the lead worker's contact, if they are told of this duty before the unit on duty; else None.

    `unit`: whose people the duty is about.
    """
    lead = case.lead_worker
    if deadline.owner != Role.MOBILE_UNIT or unit.pk != case.unit_id or deadline.not_by_id == lead.pk:
        return None
    others = [step["after_minutes"] for step in deadline.ladder if step.get("do") in (DEPUTY, CALL)]
    if not others or min(others) < LEAD_HAS_MINUTES:
        return None
    is_here = lead.is_active and lead.email and lead.units().filter(pk=unit.pk).exists()
    return _find_contact(lead, unit, at) if is_here else None


def _find_contact(lead: User, unit: MobileUnit, at: datetime) -> Contact | None:
    """Return the contact of this worker in the unit's offices who is told of things at this moment."""
    away = Leave.objects.filter(starts_at__lte=at, ends_at__gt=at).values("contact")
    found = Contact.objects.filter(
        partner__role=Role.MOBILE_UNIT,
        partner__is_active=True,
        partner__regions=unit.region_id,
        email__iexact=lead.email,
        is_active=True,
        reachable_at__isnull=False,
    )
    return found.exclude(pk__in=away).select_related("partner").order_by("pk").first()


def put_unit_after_lead(ladder: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the steps with one for the unit on duty between the lead worker and the coordinator's call."""
    steps = [dict(step) for step in ladder]
    if any(step["do"] == DEPUTY for step in steps):
        return steps
    first_call = min(step["after_minutes"] for step in steps if step["do"] == CALL)
    return sorted([*steps, {"after_minutes": first_call / 2, "do": DEPUTY}], key=lambda step: step["after_minutes"])
