"""Which coordinator is asked to call about a notice, and what is done when none is on duty.

A call that a case event created (everybody on duty asked at once, one coordinator chosen by hand) has a clock of its
own and stands on the case as asked of this coordinator. The clock repeats it to them and closes it for nobody else:
only an answer does. A call that the clock itself created goes on to whoever is on duty now.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID, uuid5

from notifications.directory import roster
from notifications.directory.models import Contact, Role
from notifications.outbox.actions import create_notice
from notifications.outbox.coordinator_briefs import Words, call_brief
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.requests import NoticeRequest
from notifications.outbox.resolving import resolve_for
from notifications.outbox.states import NO_CONTACT

from .escalation_chain import refusers, told

DERIVED = 5  # the version of the event ids that are made from another notice's


def coordinator_for(notice: Notice, chase: list[Notice], now: datetime) -> Contact | None:
    """Return the coordinator on duty, or the deputy when that one has declined a call of this escalation chain.

    A call stays with its own coordinator for as long as they are on duty.
    """
    declined = refusers(chase)
    if notice.purpose == Purpose.CALL and is_at_work(notice.contact, now) and notice.contact_id not in declined:
        return notice.contact
    found = resolve_for(notice, at=now, role=Role.COORDINATOR)
    asked = (found.contact, found.deputy, *found.coordinators)
    willing = [each for each in asked if each and each.pk not in declined]
    # When everybody has declined, whoever is on duty is asked again rather than nobody.
    return willing[0] if willing else found.contact


def is_at_work(contact: Contact | None, now: datetime) -> bool:
    """Tell whether the contact is on duty at their own office at this moment."""
    return contact is not None and contact in roster.on_duty(contact.partner, now)


def is_by_deed(call: Notice) -> bool:
    """Tell whether a case event created this call, not the clock, which makes its event ids from those of notices."""
    return call.purpose == Purpose.CALL and call.event_id.version != DERIVED


def reaches_somebody(call: Notice) -> bool:
    """Tell whether the call can still notify somebody and its link wasn't revoked."""
    contact = call.contact
    return contact is not None and contact.is_active and call.reason != NO_CONTACT and call.link_revoked_at is None


def has_nobody(chase: Iterable[Notice]) -> bool:
    """Tell whether a coordinator's notice of the chain is open without a recipient.

    Such a notice is counted by the operator's alarm, and the directory is asked about it again and again.
    """
    return any(one.role == Role.COORDINATOR and one.is_open and one.reason == NO_CONTACT for one in chase)


def ask_for_somebody(notice: Notice, chase: list[Notice], now: datetime, *, why: list[Words], event_id: UUID) -> None:
    """Create a call without a recipient, once, when no coordinator is on duty.

    It stands beside whatever is open, alarms the operator, and goes to the next coordinator who comes on duty.
    """
    if has_nobody(chase):
        return
    create_notice(
        NoticeRequest(
            event_id=event_id,
            case_id=notice.case_id,
            case_reference=notice.case_reference,
            role=Role.COORDINATOR,
            contact=None,
            municipality=notice.municipality,
            brief=call_brief(notice, why=why, told=told(chase, notice.role)),
            is_drill=notice.is_drill,
            purpose=Purpose.CALL,
            chases=notice,
            at=now,
        )
    )


def event_of_need(notice: Notice, now: datetime) -> UUID:
    """Return the event id of a call for which nobody was on duty at this moment."""
    return uuid5(notice.pk, f"nobody-{now.isoformat()}")
