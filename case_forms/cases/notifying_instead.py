"""“Tell this person instead”: a person chooses whom to notify when the directory names nobody (docs/adr/0033).

It only ever adds an attentive reader, so one person is enough; but only people of the directory whose role may read
that brief can be chosen, or a coordinator, who reads a call and none of the answers.

    of the missing role   the new notice replaces the one that has nobody: that one, and the calls about it, are settled
    a coordinator         is asked to call; the notice that has nobody stays open and urgent, because nobody of its role
                          knows yet. A coordinator's call that has nobody is replaced
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext

from access.models import Municipality, User
from audit import clock
from audit.chain import get_actor, log_event
from notifications.directory.areas import NAMED_ROLES, offices_for, roles_answering
from notifications.directory.chain import BY_AREA, get_offices_of_region
from notifications.directory.models import Contact, Role
from notifications.outbox.actions import cancel, create_notice
from notifications.outbox.locking import lock_chases
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.requests import NoticeRequest
from notifications.outbox.service_briefs import NOBODY_FOUND, build_call_brief
from notifications.outbox.sharing import may_receive

from .brief_content import both
from .calling import get_duty
from .models import Case, CaseEvent
from .referring.untold import begin
from .rerouting import CALL_AGAIN_MINUTES, COORDINATOR_LADDER, marks_from

TOLD_INSTEAD = "told_instead"
MAX_REASON = 300


class CannotNotify(Exception):
    """A choice that can't be carried out.

    `code`: unknown_notice, not_needed (somebody has been found meanwhile), unknown_contact, no_reason, too_long.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Choices:
    """The people who can be chosen.

    People of the role near the place, the others of the role, coordinators; each only once.
    """

    near: list[Contact]
    others: list[Contact]
    coordinators: list[Contact]

    def __iter__(self) -> Iterator[Contact]:
        return iter([*self.near, *self.others, *self.coordinators])


def get_notice_without_recipient(case: Case, notice_id: UUID) -> Notice:
    """Return the notice of this case, if it has no recipient. Raises CannotNotify (unknown_notice, not_needed)."""
    notices = Notice.objects.filter(case_id=case.pk, pk=notice_id)
    if not notices.exists():
        raise CannotNotify("unknown_notice")
    found = notices.without_recipient().select_related("municipality__region", "unit__region", "partner").first()
    if found is None:
        raise CannotNotify("not_needed")
    return found


def list_choices(notice: Notice) -> Choices:
    """List whom this notice may be given to. A referral stays with the service that it names."""
    duty = get_duty(notice)
    people = Contact.objects.filter(is_active=True, partner__is_active=True, reachable_at__isnull=False)
    # A notice goes out by mail; whoever has no address can be phoned, not notified.
    people = people.exclude(email="")
    people = people.select_related("partner").order_by("partner__slug", "name", "pk")
    coordinators = list(people.filter(partner__role=Role.COORDINATOR))
    if duty.role == Role.COORDINATOR:
        return Choices([], [], coordinators)
    # Another office of the role may be one that the person's consent doesn't cover.
    now = clock.now()
    of_the_role = [contact for contact in _of_the_role(people, duty) if may_receive(duty, contact, now)]
    near_offices = _near(duty, notice.municipality)
    near = [contact for contact in of_the_role if contact.partner_id in near_offices]
    return Choices(near, [contact for contact in of_the_role if contact not in near], coordinators)


def _of_the_role(people: "QuerySet[Contact]", duty: Notice) -> "QuerySet[Contact]":
    # of a school that was named, its own people only: another school must not learn of the pupil
    """Limit the people to those whose role may read the duty's brief."""
    if duty.role == Role.PROTECTION_SERVICE or (duty.role == Role.SCHOOL and duty.partner_id is not None):
        return people.filter(partner=duty.partner_id)
    return people.filter(partner__role__in=roles_answering(duty.role))


def _near(duty: Notice, municipality: Municipality) -> set[int]:
    """Return the ids of the offices for the place, in its region, and in the sending unit's region."""
    partner = duty.partner if duty.role in NAMED_ROLES else None
    found = set(offices_for(duty.role, municipality, partner).values_list("pk", flat=True))
    if duty.role in BY_AREA:
        for region in {municipality.region, duty.unit.region if duty.unit else municipality.region}:
            found |= set(get_offices_of_region(duty.role, region).values_list("pk", flat=True))
    return found


@transaction.atomic
def notify_instead(*, case: Case, notice_id: UUID, contact_id: int | None, why: str, by: User) -> Notice:
    """Create the notice for the person that was chosen, as a new case event, and settle the one that it replaces.

    The caller has made sure that `by` may see the case. A second press finds somebody notified and changes nothing;
    one for
    a coordinator who has an open call about it already returns that call.
    Raises CannotNotify.
    """
    found = Notice.objects.filter(case_id=case.pk, pk=notice_id).first()
    if found is None:
        raise CannotNotify("unknown_notice")
    # Before anything is judged: the notice is read again under the lock, because the directory may find somebody now.
    lock_chases([found.chase_id])
    notice = get_notice_without_recipient(case, notice_id)
    # Out of what the page offers, never by the id alone: a contact of another role could read the brief.
    contact = next((each for each in list_choices(notice) if each.pk == contact_id), None)
    if contact is None:
        raise CannotNotify("unknown_contact")
    reason = " ".join(why.split())
    if not reason:
        raise CannotNotify("no_reason")
    if len(reason) > MAX_REASON:
        raise CannotNotify("too_long")
    open_call = _find_open_call(notice, contact)
    if open_call is not None:
        return open_call
    at = clock.now()
    event = CaseEvent.objects.create(
        case=case,
        kind=TOLD_INSTEAD,
        at=at,
        notice_id=notice.pk,
        detail={"role": contact.partner.role, "contact": contact.pk, "by": by.pk},
        explanation=[{"rule": TOLD_INSTEAD, "words": _words(contact, reason, by)}],
    )
    successor = _create_notice(event, notice, contact, at)
    if successor.role != Role.COORDINATOR:
        begin(successor, case, at, actor=get_actor(by))
    log_event(
        "notice.told_instead",
        actor=get_actor(by),
        target_kind="notice",
        target_id=successor.pk,
        case=case.pk,
        instead_of=notice.pk,
        contact=contact.pk,
    )
    return successor


def _find_open_call(notice: Notice, contact: Contact) -> Notice | None:
    """Return the open call about it that this coordinator already has, if any."""
    if contact.partner.role != Role.COORDINATOR:
        return None
    calls = Notice.objects.open().with_recipient().filter(chase_id=notice.chase_id, purpose=Purpose.CALL)
    return calls.filter(contact=contact, link_revoked_at__isnull=True).first()


def _create_notice(event: CaseEvent, notice: Notice, contact: Contact, at: datetime) -> Notice:
    """Settle the notice that is replaced, if any, and create the new one.

    A call for a coordinator, else a notice with the duty's brief.
    """
    duty = get_duty(notice)
    whose: dict[str, Any] = {
        "event_id": event.pk,
        "case_id": event.case_id,
        "case_reference": event.case.reference,
        "contact": contact,
        "municipality": notice.municipality,
        "is_drill": notice.is_drill,
        "at": at,
    }
    is_call = contact.partner.role == Role.COORDINATOR
    # A coordinator's yes is no answer of the police, so a call leaves the duty's own notice open (ADR 33).
    if not is_call or notice.role == Role.COORDINATOR:
        cancel(notice=notice, reason=TOLD_INSTEAD)
    if is_call:
        chased = notice if duty.pk == notice.pk else notice.chases
        return create_notice(
            NoticeRequest(
                **whose,
                role=Role.COORDINATOR,
                brief=build_call_brief(duty, why=[NOBODY_FOUND]),
                answer_minutes=CALL_AGAIN_MINUTES,
                ladder=COORDINATOR_LADDER,
                purpose=Purpose.CALL,
                chases=chased,
            )
        )
    # The person chosen gets the whole time to answer; the marks of the duty go on from where they stand.
    minutes = (duty.answer_by - duty.owed_at).total_seconds() / 60 if duty.answer_by else None
    return create_notice(
        NoticeRequest(
            **whose,
            role=duty.role,
            brief=duty.brief,
            answer_minutes=minutes,
            ladder=duty.root.ladder,
            marks=marks_from(duty, at),
            needs_document=duty.needs_document,
            purpose=Purpose.INSTEAD,
            chases=duty,
        )
    )


def _words(contact: Contact, why: str, by: User) -> dict[str, str]:
    def write() -> str:
        return gettext("%(by)s chose to notify %(name)s (%(office)s) instead. Reason: %(why)s") % {
            "by": by.get_full_name() or by.get_username(),
            "name": contact.name,
            "office": contact.partner.name,
            "why": why,
        }

    return both(write)
