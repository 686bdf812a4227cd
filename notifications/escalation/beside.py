"""Tell whoever was added in an emergency, beside the person on duty: at once, and without moving anybody's clock.

A notice to an office where somebody is on duty beside the others (`directory.changes.emergency`) goes to that person
too, unless somebody has opened it. Drills and tests stay as they are. Two sweepers create one notice.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from uuid import UUID, uuid5

from django.db.models import QuerySet

from audit.put_aside import for_each_row, get_put_aside_keys
from notifications.directory import roster
from notifications.directory.models import Contact, DutyShift
from notifications.directory.resolve import Resolution
from notifications.outbox.escalation_chain import get_chain_members, get_notified_contacts
from notifications.outbox.escalation_policy import DEPUTY
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.sharing import may_be_read, may_receive
from notifications.outbox.subjects import Subject

CLOCK = "notice.beside"
MAX_NOTICES = 200  # of one person in one pass


def advance(now: datetime) -> int:
    """Tell everybody who was added of what their office hasn't opened. Return how many notices were created."""
    return sum(_tell(shift, now) for shift in _find_beside(now=now))


def _tell(shift: DutyShift, now: datetime) -> int:
    if shift.contact not in roster.on_duty(shift.partner, now):
        return 0  # on leave, or no longer active
    keys = _find_unopened(shift, get_put_aside_keys(CLOCK, now))
    return for_each_row(CLOCK, keys, partial(_tell_of, shift.contact, now), at=now)


def _find_unopened(shift: DutyShift, aside: Iterable[str]) -> list[UUID]:
    """Return the first notices to this office that nobody has opened, and that this person hasn't got."""
    first = Notice.objects.open().counted().filter(purpose=Purpose.FIRST, contact__partner=shift.partner_id)
    unopened = first.filter(opened_at__isnull=True).exclude(contact=shift.contact_id).exclude(pk__in=list(aside))
    has_it = Notice.objects.filter(contact=shift.contact_id).values("chase_id")
    return list(unopened.exclude(chase_id__in=has_it).order_by("owed_at").values_list("pk", flat=True)[:MAX_NOTICES])


def _tell_of(contact: Contact, now: datetime, key: UUID) -> bool:
    rows = Notice.objects.open().select_related("contact__partner", "municipality", "partner", "unit")
    notice = rows.filter(pk=key).first()
    if notice is None or not may_be_read(notice, now) or not may_receive(notice, contact, now):
        return False
    if contact in get_notified_contacts(get_chain_members(notice), notice.role):
        return False
    minutes = (notice.answer_by - notice.owed_at).total_seconds() / 60 if notice.answer_by else None
    Subject.of_notice(notice).notify(
        notice.role,
        event_id=uuid5(notice.pk, f"{DEPUTY}-beside"),
        found=Resolution(notice.role, contact=contact),
        brief=notice.brief,
        answer_minutes=minutes,
        needs_document=notice.needs_document,
        purpose=Purpose.DEPUTY,
        chases=notice,
        at=now,
    )
    return True


# Asked in each pass; there are none but in an emergency.


def _find_beside(now: datetime) -> QuerySet[DutyShift]:
    return DutyShift.objects.at(now).filter(is_beside=True).select_related("contact", "partner").order_by("pk")
