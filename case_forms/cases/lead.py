"""The lead worker of a case: who of the unit follows the person now. First whoever opened the case."""

from datetime import datetime

from django.db import transaction

from access.models import User
from access.reach import read_reach
from audit.chain import get_actor, log_event

from .models import Case


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
        locked = Case.objects.select_for_update().get(pk=case.pk)
        if not may_lead(locked, by):
            raise CannotLead
        before = locked.lead_worker
        if before.pk == by.pk:
            return False
        locked.lead, locked.lead_since = by, at
        locked.save(update_fields=["lead", "lead_since"])
        log_event("case.lead_taken", actor=get_actor(by), target_kind="case", target_id=case.pk, before=str(before.pk))
    return True
