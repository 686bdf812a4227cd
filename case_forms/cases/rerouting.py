"""Sending a notice on: to another municipality's office, or, when there is none, to the region's coordinator."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from access.models import Municipality
from audit.chain import Actor, record
from notifications.briefs.composing import BriefRow, compose
from notifications.directory.models import Role
from notifications.directory.resolve import Resolution, resolve
from notifications.outbox.actions import owe
from notifications.outbox.coordinator_briefs import call_brief
from notifications.outbox.models import Notice, Purpose, Reply

from .brief_content import EVERY_ROLE, both
from .models import Case, CaseEvent

REROUTED = "rerouted"
MARKS = ("amber", "red", "breach")
CALL_AGAIN_MINUTES = 30
COORDINATOR_LADDER = ({"after_minutes": CALL_AGAIN_MINUTES, "do": "call", "repeat_minutes": CALL_AGAIN_MINUTES},)


def reroute(*, case: Case, notice: Notice, reply: Reply) -> Notice:
    """Sends a notice on to the municipality that its recipient named, as a new case event.

    The brief is the one that this role was allowed to read; the clocks go on from where they stand. When nobody answers
    for that municipality, or only somebody who has already passed this notice on, the coordinator is told.
    """
    municipality = reply.to_municipality or notice.municipality
    at = reply.at
    found = resolve(role=notice.role, municipality=municipality, at=at)
    event = CaseEvent(
        case=case,
        kind=REROUTED,
        at=at,
        notice_id=notice.pk,
        detail={"role": notice.role, "from": notice.municipality.slug, "to": municipality.slug, "resolved": True},
        explanation=[{"rule": REROUTED, "words": words} for words in found.words],
    )
    if found.contact is None or found.contact.pk in _already_asked(notice):
        event.detail["resolved"] = False
        event.save()
        return _ask_coordinator(event, notice, municipality)
    event.save()
    sent_on = _owe_on(event, notice, municipality, found, at)
    record(
        "notice.rerouted",
        actor=Actor("contact", str(notice.contact_id or "")),
        target_kind="notice",
        target_id=sent_on.pk,
        case=case.pk,
        chases=notice.pk,
        to=municipality.slug,
    )
    return sent_on


def _ask_coordinator(event: CaseEvent, notice: Notice, municipality: Municipality) -> Notice:
    """Owes the region's coordinator a call about a notice that nobody is asked to take any more, until answered."""
    found = resolve(role=Role.COORDINATOR, municipality=municipality, at=event.at)
    return owe(
        event_id=event.pk,
        case_id=event.case_id,
        case_reference=event.case.reference,
        role=Role.COORDINATOR,
        contact=found.contact,
        partner=found.partner,
        municipality=municipality,
        brief=call_brief(notice, why=[why_call(municipality)], told=[notice.contact] if notice.contact else []),
        answer_minutes=CALL_AGAIN_MINUTES,
        ladder=COORDINATOR_LADDER,
        is_drill=notice.is_drill,
        purpose=Purpose.CALL,
        chases=notice,
        at=event.at,
    )


def why_call(municipality: Municipality) -> dict[str, str]:
    """Why a coordinator is asked to call when nobody new answers for the municipality that was named."""
    return both(
        lambda: (
            gettext("The recipient says that this belongs to %(place)s, but nobody new answers there. Please call.")
            % {"place": municipality.name}
        )
    )


def _owe_on(event: CaseEvent, notice: Notice, municipality: Municipality, found: Resolution, at: datetime) -> Notice:
    return owe(
        event_id=event.pk,
        case_id=event.case_id,
        case_reference=event.case.reference,
        **sent_on_as(notice, municipality, found, at),
    )


def sent_on_as(notice: Notice, municipality: Municipality, found: Resolution, at: datetime) -> dict[str, Any]:
    """What `owe` is given to send a notice on, besides whose it is: the same brief, ladder and clocks."""
    answer_minutes = None
    if notice.answer_by is not None:
        answer_minutes = (notice.answer_by - notice.owed_at).total_seconds() / 60
    return {
        "role": notice.role,
        "contact": found.contact,
        "partner": found.partner,
        "municipality": municipality,
        "brief": _brief_with_origin(notice, municipality),
        "answer_minutes": answer_minutes,
        "ladder": notice.root.ladder,
        "marks": _marks_from(notice, at),
        "needs_document": notice.needs_document,
        "is_drill": notice.is_drill,
        "purpose": Purpose.REROUTE,
        "chases": notice,
        "at": at,
    }


def chain_of(notice: Notice) -> list[Notice]:
    """This notice and all those it chases, up to the first one."""
    chain = [notice]
    while chain[-1].chases is not None:
        chain.append(chain[-1].chases)
    return chain


def _already_asked(notice: Notice) -> set[int | None]:
    """The contacts of the chain so far: nobody gets back what they have passed on."""
    return {asked.contact_id for asked in chain_of(notice)}


def _marks_from(notice: Notice, at: datetime) -> dict[str, float]:
    """The original's marks, in minutes from now on; the duty doesn't start anew because it was misdirected."""
    return {
        f"{mark}_minutes": (moment - at).total_seconds() / 60
        for mark in MARKS
        if (moment := getattr(notice, f"{mark}_at")) is not None
    }


def _brief_with_origin(notice: Notice, municipality: Municipality) -> dict[str, Any]:
    """What this role was allowed to read, headed by where it comes from."""
    origin = compose(
        notice.role,
        [
            BriefRow(
                key="rerouted.from",
                label=both(lambda: gettext("Sent on")),
                value=both(
                    lambda: (
                        gettext("First sent to %(first)s; the recipient says it belongs to %(second)s.")
                        % {"first": notice.municipality.name, "second": municipality.name}
                    )
                ),
                shared_with=EVERY_ROLE,
                section=both(lambda: gettext("Sent on from another area")),
            )
        ],
    )
    return {**notice.brief, "sections": [*origin["sections"], *notice.brief["sections"]]}
