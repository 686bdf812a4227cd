"""The gate that rooms above put before everything that leaves: this room asks it, and knows nothing of its rules.

Asked when a notice is created, when somebody is found for one that has nobody, when a step of an escalation is taken,
and when a link is opened. Without a registered gate everything may pass, as where there are no cases.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from notifications.directory.models import Contact

from .models import Notice, Purpose
from .requests import NoticeRequest


class SharingRefused(Exception):
    """The gate doesn't let this notice be created. `code` says why; it holds nothing of the case."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Gate:
    """`check_request` and `check_notice` return why a notice may not be created, or read: a code; "" if it may."""

    check_request: Callable[[NoticeRequest], str]
    check_notice: Callable[[Notice, datetime], str]


_gates: list[Gate] = []


def register_gate(gate: Gate) -> None:
    """Put this gate before everything that leaves. Only the newest counts."""
    _gates[:] = [gate]


def ensure_may_create(request: NoticeRequest) -> None:
    """Raise SharingRefused if this notice may not be created."""
    for gate in _gates:
        if code := gate.check_request(request):
            raise SharingRefused(code)


def may_be_read(notice: Notice, at: datetime) -> bool:
    """Say whether what this notice holds may still be read, and sent on."""
    return not any(gate.check_notice(notice, at) for gate in _gates)


def may_receive(notice: Notice, contact: Contact, at: datetime) -> bool:
    """Say whether this notice may go on to this person: a deputy, or whoever was found for one that has nobody."""
    request = NoticeRequest(
        event_id=notice.event_id,
        case_id=notice.case_id,
        case_reference=notice.case_reference,
        role=notice.role,
        municipality=notice.municipality,
        brief={},
        contact=contact,
        purpose=Purpose.DEPUTY,
        chases=notice,
        at=at,
    )
    return not any(gate.check_request(replace(request, partner=contact.partner)) for gate in _gates)
