"""Sending a notice on: to another municipality's office, along the same chain as the first one, or to coordinators."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from access.languages import format_in_each_language
from access.models import Municipality
from audit.chain import Actor, log_event
from notifications.briefs.composing import BriefRow, compose
from notifications.directory.chain import resolve_chain
from notifications.directory.links import COORDINATOR_LINKS, DEFAULT_CHAIN, OPERATOR
from notifications.directory.models import Role
from notifications.directory.resolve import Resolution
from notifications.outbox.actions import create_notice, create_notices
from notifications.outbox.models import Notice, Purpose, Reply
from notifications.outbox.requests import NoticeRequest
from notifications.outbox.resolving import get_offices_that_passed_on
from notifications.outbox.service_briefs import build_call_brief
from notifications.outbox.sharing import may_receive

from .brief_content import EVERY_ROLE, both
from .consent.deciding import Asked, decide_sharing
from .consent.gate import find_recipient_of, may_share
from .consent.ledger import Recipient
from .models import Case, CaseEvent, Referral
from .referring.arrival import ask_for_consent

REROUTED = "rerouted"
MARKS = ("amber", "red", "breach")
NOT_COVERED = _("{who} answers there, and the person's consent does not cover it, so it was not notified.")
CALL_AGAIN_MINUTES = 30
COORDINATOR_LADDER = ({"after_minutes": CALL_AGAIN_MINUTES, "do": "call", "repeat_minutes": CALL_AGAIN_MINUTES},)


def reroute(*, case: Case, notice: Notice, reply: Reply) -> Notice:
    """Send a notice on to the municipality that its recipient named, as a new case event.

    The brief is the one that this role was allowed to read. The clocks go on from where they stand; those of a referral
    count anew, because another office is asked to help. When nobody of the role is found along the chain but those who
    have already passed this notice on, coordinators are asked to call; where no consent covers who was found, the unit
    is asked to ask the person, too.
    """
    municipality = reply.to_municipality or notice.municipality
    at = reply.at
    found, uncovered = look_for_successor(notice, municipality, at)
    event = CaseEvent(
        case=case,
        kind=REROUTED,
        at=at,
        notice_id=notice.pk,
        detail={"role": notice.role, "from": notice.municipality.slug, "to": municipality.slug, "resolved": True},
        explanation=[{"rule": REROUTED, "words": words} for words in found.words],
    )
    if found.contact is None:
        event.detail["resolved"] = False
        callers = callers_for(notice, municipality, at)
        event.explanation = [{"rule": REROUTED, "words": words} for words in (*found.words, *callers.words)]
        event.save()
        if uncovered is not None and find_referral_of(notice) is not None:
            ask_for_consent(case, event, at, uncovered.names)
        return ask_to_call(
            notice,
            municipality,
            callers,
            at,
            event_id=event.pk,
            case_id=event.case_id,
            case_reference=event.case.reference,
        )
    event.save()
    is_referral = find_referral_of(notice) is not None
    if is_referral:
        _record_basis(case, event, notice, found, reply)
    sent_on = _create_successor(event, notice, municipality, found, at, counts_anew=is_referral)
    log_event(
        "notice.rerouted",
        actor=Actor("contact", str(notice.contact_id or "")),
        target_kind="notice",
        target_id=sent_on.pk,
        case=case.pk,
        chases=notice.pk,
        to=municipality.slug,
    )
    return sent_on


def find_referral_of(notice: Notice) -> Referral | None:
    """Return the referral that a notice's chain carries; None for any other notice."""
    return Referral.objects.filter(notice_id=notice.chase_id).order_by("made_at").first() if notice.chase_id else None


def _record_basis(case: Case, event: CaseEvent, notice: Notice, found: Resolution, reply: Reply) -> None:
    """Record on what the office that the referral is passed on to may read of the person."""
    office = found.partner or (found.contact.partner if found.contact else None)
    to = replace(find_recipient_of(case, notice), partner=office)
    # What an emergency has allowed goes on by that; there is nothing new to write down.
    if may_share(case, to, at=reply.at).is_allowed:
        asked = Asked("", None, None, None, Actor("contact", str(notice.contact_id or "")))
        decide_sharing(case=case, event=event, to=to, asked=asked, at=reply.at)


def find_successor(notice: Notice, municipality: Municipality, at: datetime) -> Resolution:
    """Find who of the same role takes the notice over (`look_for_successor`)."""
    return look_for_successor(notice, municipality, at)[0]


def look_for_successor(notice: Notice, municipality: Municipality, at: datetime) -> tuple[Resolution, Recipient | None]:
    """Find who of the same role takes the notice over, and who would have but isn't covered by the person's consent.

    Offices that have passed it on, and whoever was asked, don't get it back.
    """
    found = resolve_chain(
        role=notice.role,
        municipality=municipality,
        at=at,
        unit=notice.unit,
        # Without the links that end at coordinators: a successor reads the brief, a coordinator is asked to call.
        chain=[link for link in notice.chain or DEFAULT_CHAIN if link not in (*COORDINATOR_LINKS, OPERATOR)],
        passed_on=get_offices_that_passed_on(notice),
    )
    if found.contact is None:
        return found, None
    was_asked = found.contact.pk in {asked.contact_id for asked in get_chain(notice)}
    if was_asked:
        return Resolution(found.role, found.partner, words=found.words, link=OPERATOR), None
    if not may_receive(notice, found.contact, at):
        uncovered = Recipient(found.role, found.contact.partner)
        words = format_in_each_language(NOT_COVERED, who=uncovered.names)
        return Resolution(found.role, None, words=[*found.words, words], link=OPERATOR), uncovered
    return found, None


def callers_for(notice: Notice, municipality: Municipality, at: datetime) -> Resolution:
    """Find the coordinators to ask: those of the municipality that was named, else the sending unit's, else every one.

    Where the case is in another municipality than the notice, those of the case.
    """
    place = notice.home or municipality
    return resolve_chain(role=Role.COORDINATOR, municipality=place, at=at, unit=notice.unit, chain=notice.chain)


def ask_to_call(notice: Notice, municipality: Municipality, found: Resolution, at: datetime, **whose: Any) -> Notice:
    """Ask these coordinators to call, until answered, about a notice that has no recipient any more.

    `whose`: event_id, case_id and case_reference. Returns the first of the calls.
    """
    told = [notice.contact] if notice.contact else []
    calls = create_notices(
        found.coordinators,
        NoticeRequest(
            **whose,
            role=Role.COORDINATOR,
            municipality=municipality,
            brief=build_call_brief(notice, why=[why_call(municipality)], notified=told),
            answer_minutes=CALL_AGAIN_MINUTES,
            ladder=COORDINATOR_LADDER,
            is_drill=notice.is_drill,
            purpose=Purpose.CALL,
            chases=notice,
            at=at,
        ),
    )
    return calls[0]


def why_call(municipality: Municipality) -> dict[str, str]:
    """Explain why a coordinator is asked to call when nobody new answers for the municipality that was named."""
    return both(
        lambda: (
            gettext(
                "The recipient says that this belongs to %(place)s, but nobody new is responding there. Please call."
            )
            % {"place": municipality.name}
        )
    )


def _create_successor(
    event: CaseEvent,
    notice: Notice,
    municipality: Municipality,
    found: Resolution,
    at: datetime,
    *,
    counts_anew: bool,
) -> Notice:
    given = sent_on_as(notice, municipality, found, at)
    if counts_anew:
        given["marks"] = marks_from(notice.root, notice.root.owed_at)
    return create_notice(
        NoticeRequest(event_id=event.pk, case_id=event.case_id, case_reference=event.case.reference, **given)
    )


def sent_on_as(notice: Notice, municipality: Municipality, found: Resolution, at: datetime) -> dict[str, Any]:
    """Build what `create_notice` is given to send a notice on, besides whose it is.

    The same brief, ladder and clocks.
    """
    # Whoever gets it has the whole time to answer; only the duty's marks keep running.
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
        "marks": marks_from(notice, at),
        "needs_document": notice.needs_document,
        "is_drill": notice.is_drill,
        "purpose": Purpose.REROUTE,
        "chases": notice,
        "at": at,
    }


def get_chain(notice: Notice) -> list[Notice]:
    """List this notice and all those it chases, up to the first one."""
    chain = [notice]
    while chain[-1].chases is not None:
        chain.append(chain[-1].chases)
    return chain


def marks_from(notice: Notice, at: datetime) -> dict[str, float]:
    """Return the original's marks, in minutes from now on.

    The duty doesn't start anew because it was misdirected. Negative for a mark that has passed.
    """
    return {
        f"{mark}_minutes": (moment - at).total_seconds() / 60
        for mark in MARKS
        if (moment := getattr(notice, f"{mark}_at")) is not None
    }


def _brief_with_origin(notice: Notice, municipality: Municipality) -> dict[str, Any]:
    """Return what this role was allowed to read, headed by where it comes from."""
    origin = compose(
        notice.role,
        [
            BriefRow(
                key="rerouted.from",
                label=both(lambda: gettext("Forwarded")),
                value=both(
                    lambda: (
                        gettext("First sent to %(first)s; the recipient says it belongs to %(second)s.")
                        % {"first": notice.municipality.name, "second": municipality.name}
                    )
                ),
                shared_with=EVERY_ROLE,
                section=both(lambda: gettext("Forwarded from another area")),
            )
        ],
    )
    return {**notice.brief, "sections": [*origin["sections"], *notice.brief["sections"]]}
