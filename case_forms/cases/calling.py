"""Whom the sender can phone when a notice reaches nobody, in words for a page or the API."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext

from access.models import MobileUnit, Municipality, in_language
from notifications.directory.call_list import Callee, call_list
from notifications.directory.models import Partner, Role
from notifications.outbox.models import Notice, Purpose

CALLS = (Purpose.CALL, Purpose.FALLBACK)


@dataclass(frozen=True)
class ToCall:
    """One person or line. `office` is "" for a line; `on_duty`: on the roster at this hour, or always answered."""

    name: str
    office: str
    phone: str
    on_duty: bool


def duty_of(notice: Notice) -> Notice:
    """What has to be told: this notice, or, for a coordinator's call, the nearest above that is none."""
    while notice.purpose in CALLS and notice.chases is not None:
        notice = notice.chases
    return notice


def to_call_about(notice: Notice, *, now: datetime, language: str | None = None) -> tuple[ToCall, ...]:
    """Whom to phone about a notice that has nobody; never empty."""
    duty = duty_of(notice)
    return to_call(
        duty.role,
        notice.municipality,
        now=now,
        unit=notice.unit,
        partner=duty.partner if duty.role == Role.PROTECTION_SERVICE else None,
        language=language,
    )


def to_call(
    role: str,
    municipality: Municipality,
    *,
    now: datetime,
    unit: MobileUnit | None = None,
    partner: Partner | None = None,
    language: str | None = None,
) -> tuple[ToCall, ...]:
    """Whom to phone for this role and place, the nearest first; never empty."""
    found = call_list(role=role, municipality=municipality, at=now, unit=unit, partner=partner)
    return tuple(_in_words(callee, language) for callee in found)


def _in_words(callee: Callee, language: str | None) -> ToCall:
    if callee.contact is None:
        name = gettext("Police, day and night") if callee.line == "police" else gettext("Child helpline, day and night")
        return ToCall(name, "", callee.phone, True)
    office = in_language(callee.contact.partner.names, language)
    return ToCall(callee.contact.name, office, callee.phone, callee.on_duty)
