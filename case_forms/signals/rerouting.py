"""Sending a signal's notice on, when its recipient says that it belongs to another area."""

from typing import Any

from audit.chain import Actor, record
from case_forms.cases.rerouting import CALL_AGAIN_MINUTES, COORDINATOR_LADDER, chain_of, sent_on_as, why_call
from notifications.directory.models import Role
from notifications.directory.resolve import resolve
from notifications.outbox.actions import owe
from notifications.outbox.coordinator_briefs import call_brief
from notifications.outbox.models import Notice, Purpose, Reply

from .models import Signal, SignalEvent

REROUTED = "rerouted"


def reroute(*, signal: Signal, notice: Notice, reply: Reply) -> Notice:
    """As with a case's notice: to the office of the municipality that was named, with the same brief and clocks; to the
    region's coordinator when nobody new answers there."""
    municipality = reply.to_municipality or notice.municipality
    found = resolve(role=notice.role, municipality=municipality, at=reply.at)
    asked_before = {asked.contact_id for asked in chain_of(notice)}
    resolved = found.contact is not None and found.contact.pk not in asked_before
    event = SignalEvent.objects.create(
        signal=signal,
        kind=REROUTED,
        at=reply.at,
        notice_id=notice.pk,
        detail={
            "role": notice.role,
            "from": notice.municipality.slug,
            "to": municipality.slug,
            "resolved": resolved,
        },
        explanation=[{"rule": REROUTED, "words": words} for words in found.words],
    )
    whose: dict[str, Any] = {"event_id": event.pk, "case_id": signal.pk, "case_reference": signal.reference}
    if not resolved:
        coordinator = resolve(role=Role.COORDINATOR, municipality=municipality, at=reply.at)
        return owe(
            **whose,
            role=Role.COORDINATOR,
            contact=coordinator.contact,
            partner=coordinator.partner,
            municipality=municipality,
            brief=call_brief(notice, why=[why_call(municipality)], told=[notice.contact] if notice.contact else []),
            answer_minutes=CALL_AGAIN_MINUTES,
            ladder=COORDINATOR_LADDER,
            purpose=Purpose.CALL,
            chases=notice,
            at=reply.at,
        )
    sent_on = owe(**whose, **sent_on_as(notice, municipality, found, reply.at))
    record(
        "notice.rerouted",
        actor=Actor("contact", str(notice.contact_id or "")),
        target_kind="notice",
        target_id=sent_on.pk,
        case=signal.pk,
        chases=notice.pk,
        to=municipality.slug,
    )
    return sent_on
