"""Which coordinator is asked to call about a notice, and what is done when none is on duty.

A call that a case event created (everybody on duty asked at once, one coordinator chosen by hand) has a clock of its
own and stands on the case as asked of this coordinator. The clock repeats it to them and closes it for nobody else:
only an answer does. A call that the clock itself created goes on to whoever is on duty now.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID, uuid5

from django.utils.functional import Promise

from access.languages import Texts
from notifications.directory import roster
from notifications.directory.models import Contact, Role
from notifications.directory.resolve import Resolution
from notifications.outbox.escalation_chain import get_contacts_who_declined, get_notified_contacts
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.resolving import resolve_for
from notifications.outbox.service_briefs import build_call_brief
from notifications.outbox.states import NO_CONTACT
from notifications.outbox.subjects import Subject

DERIVED_ID_VERSION = 5  # of UUIDs: event ids that the clock makes from a notice's id; a case event's own are random


def find_coordinator(notice: Notice, members: Sequence[Notice], now: datetime) -> Contact | None:
    """Return the coordinator on duty, or the deputy when that one has declined a call of this escalation chain.

    A call stays with its own coordinator for as long as they are on duty. `members`: of the notice's chain.
    """
    declined = get_contacts_who_declined(members)
    if notice.purpose == Purpose.CALL and is_on_duty(notice.contact, now) and notice.contact_id not in declined:
        return notice.contact
    found = resolve_for(notice, at=now, role=Role.COORDINATOR)
    candidates = (found.contact, found.deputy, *found.coordinators)
    willing = [contact for contact in candidates if contact and contact.pk not in declined]
    # When everybody has declined, whoever is on duty is asked again rather than nobody.
    return willing[0] if willing else found.contact


def is_on_duty(contact: Contact | None, now: datetime) -> bool:
    """Tell whether the contact is on duty at their own office at this moment."""
    return contact is not None and contact in roster.on_duty(contact.partner, now)


def is_created_by_event(call: Notice) -> bool:
    """Tell whether a case event created this call, and not the clock."""
    return call.purpose == Purpose.CALL and call.event_id.version != DERIVED_ID_VERSION


def has_valid_recipient(call: Notice) -> bool:
    """Tell whether the call can still notify its contact: active, and the link wasn't revoked."""
    contact = call.contact
    return contact is not None and contact.is_active and call.reason != NO_CONTACT and call.link_revoked_at is None


def has_unassigned_call(members: Iterable[Notice]) -> bool:
    """Tell whether a coordinator's notice of the chain is open without a recipient.

    Such a notice is counted by the operator's alarm, and the directory is asked about it again and again.
    """
    return any(one.role == Role.COORDINATOR and one.is_open and one.reason == NO_CONTACT for one in members)


def create_unassigned_call(
    notice: Notice, members: Sequence[Notice], now: datetime, *, why: Iterable[Texts | Promise | str], event_id: UUID
) -> None:
    """Create a call without a recipient, once, when no coordinator is on duty.

    It stands beside whatever is open, alarms the operator, and goes to the next coordinator who comes on duty.
    """
    if has_unassigned_call(members):
        return
    Subject.of_notice(notice).notify(
        Role.COORDINATOR,
        event_id=event_id,
        found=Resolution(Role.COORDINATOR),
        brief=build_call_brief(notice, why=why, notified=get_notified_contacts(members, notice.role)),
        purpose=Purpose.CALL,
        chases=notice,
        at=now,
    )


def build_unassigned_call_id(notice: Notice, now: datetime) -> UUID:
    """Return the event id of a call for which nobody was on duty at this moment."""
    return uuid5(notice.pk, f"nobody-{now.isoformat()}")
