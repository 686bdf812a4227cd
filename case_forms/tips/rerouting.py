"""Sending a tip's notice on, when its recipient says that it belongs to another area."""

from typing import Any

from audit.chain import Actor, log_event
from case_forms.cases.rerouting import ask_to_call, callers_for, find_successor, sent_on_as
from notifications.outbox.actions import create_notice
from notifications.outbox.models import Notice, Reply
from notifications.outbox.requests import NoticeRequest

from .models import Tip, TipEvent

REROUTED = "rerouted"


def reroute(*, tip: Tip, notice: Notice, reply: Reply) -> Notice:
    """Send a notice on, as with a case's.

    To the office of the municipality that was named, with the same brief and clocks; to coordinators when nobody new is
    found along the chain.
    """
    municipality = reply.to_municipality or notice.municipality
    found = find_successor(notice, municipality, reply.at)
    resolved = found.contact is not None
    callers = None if resolved else callers_for(notice, municipality, reply.at)
    words_of_links = [*found.words, *(callers.words if callers else [])]
    event = TipEvent.objects.create(
        tip=tip,
        kind=REROUTED,
        at=reply.at,
        notice_id=notice.pk,
        detail={
            "role": notice.role,
            "from": notice.municipality.slug,
            "to": municipality.slug,
            "resolved": resolved,
        },
        explanation=[{"rule": REROUTED, "words": words} for words in words_of_links],
    )
    whose: dict[str, Any] = {"event_id": event.pk, "case_id": tip.pk, "case_reference": tip.reference}
    if callers is not None:
        return ask_to_call(notice, municipality, callers, reply.at, **whose)
    sent_on = create_notice(NoticeRequest(**whose, **sent_on_as(notice, municipality, found, reply.at)))
    log_event(
        "notice.rerouted",
        actor=Actor("contact", str(notice.contact_id or "")),
        target_kind="notice",
        target_id=sent_on.pk,
        case=tip.pk,
        chases=notice.pk,
        to=municipality.slug,
    )
    return sent_on
