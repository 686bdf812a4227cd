"""The people whom the sender can phone when a notice reaches nobody, in words for a page or the API."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext

from access.models import MobileUnit, Municipality, localize
from notifications.directory.areas import NAMED_ROLES
from notifications.directory.call_list import Callee, call_list
from notifications.directory.models import Partner
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.states import NO_CONTACT, SETTLED

CALLS = (Purpose.CALL, Purpose.FALLBACK)


@dataclass(frozen=True)
class ToCall:
    """One person or line to call.

    `office` is "" for a line; `on_duty`: on the roster at this hour, or always answered.
    """

    name: str
    office: str
    phone: str
    on_duty: bool


def get_duty(notice: Notice) -> Notice:
    """Return the notice whose content somebody must learn.

    This one, or, for a coordinator's call, the nearest above it that is no call.
    """
    while notice.purpose in CALLS and notice.chases is not None:
        notice = notice.chases
    return notice


def to_call_about(notice: Notice, *, now: datetime, language: str | None = None) -> tuple[ToCall, ...]:
    """List whom to phone about a notice without a contact; never empty."""
    duty = get_duty(notice)
    return to_call(
        duty.role,
        notice.municipality,
        now=now,
        unit=notice.unit,
        partner=duty.partner if duty.role in NAMED_ROLES else None,
        language=language,
    )


def numbers_to_call(rows: list[Notice], now: datetime, language: str | None) -> dict[UUID, tuple[ToCall, ...]]:
    """List whom to phone, for each notice without a contact; looked up once for a notice and the calls about it."""
    by_pk = {row.pk: row for row in rows}
    for row in rows:
        # The rows are in memory already; following the relation would be one query for each.
        if row.chases_id in by_pk:
            row.chases = by_pk[row.chases_id]  # as they are here: no query for each
    asked: dict[tuple[UUID, int], tuple[ToCall, ...]] = {}
    found = {}
    for row in (each for each in rows if has_nobody(each)):
        key = (get_duty(row).pk, row.municipality_id)
        if key not in asked:
            asked[key] = to_call_about(row, now=now, language=language)
        found[row.pk] = asked[key]
    return found


def has_nobody(notice: Notice) -> bool:
    """Return whether the notice has no contact who could be notified; one who has left doesn't count.

    A test is for the one contact whose address it tries (`NoticeQuerySet.without_recipient`).
    """
    is_without = notice.contact_id is None or notice.reason == NO_CONTACT
    return notice.state not in SETTLED and notice.purpose != Purpose.TEST and is_without


def to_call(
    role: str,
    municipality: Municipality,
    *,
    now: datetime,
    unit: MobileUnit | None = None,
    partner: Partner | None = None,
    language: str | None = None,
) -> tuple[ToCall, ...]:
    """List whom to phone for this role and place, the nearest first; never empty."""
    found = call_list(role=role, municipality=municipality, at=now, unit=unit, partner=partner)
    return tuple(_in_words(callee, language) for callee in found)


def _in_words(callee: Callee, language: str | None) -> ToCall:
    # National lines end every list, so a page never says "nobody" without a number.
    if callee.contact is None:
        name = gettext("Police, day and night") if callee.line == "police" else gettext("Child helpline, day and night")
        return ToCall(name, "", callee.phone, True)
    office = localize(callee.contact.partner.names, language)
    return ToCall(callee.contact.name, office, callee.phone, callee.on_duty)
