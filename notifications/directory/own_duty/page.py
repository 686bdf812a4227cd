"""What a contact's own page shows: their coming shifts, with whom they can be swapped, and what was asked for."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from ..models import Contact, DutyShift, Leave
from ..moments import moment_in_words, stretch_in_words
from ..roster import FOR_EVER, Stretch
from .models import DutyRequest, RequestKind, Stage

AHEAD = timedelta(days=92)
MAX_SHOWN = 400  # more than anybody has in AHEAD: shifts, and of the colleagues' shifts
SHOWN_FOR = timedelta(days=14)  # a request that has ended


@dataclass(frozen=True)
class OwnShift:
    """A coming shift. `can_be_swapped`: it hasn't begun, has an end, and no swap of it is open."""

    shift: DutyShift
    when: str
    is_away: bool
    has_begun: bool
    can_be_swapped: bool


@dataclass(frozen=True)
class AskedLine:
    """A request as one of its contacts reads it."""

    request: DutyRequest
    what: str
    stage: str
    may_withdraw: bool


def list_shifts(contact: Contact, now: datetime) -> list[OwnShift]:
    """Return the contact's shifts that run or come in the next three months, the soonest first."""
    coming = DutyShift.objects.between(now, now + AHEAD).filter(contact=contact, partner=contact.partner_id)
    leaves = list(Leave.objects.between(now, now + AHEAD).filter(contact=contact))
    asked = set(DutyRequest.objects.open().filter(contact=contact, shift__isnull=False).values_list("shift", flat=True))
    return [
        OwnShift(
            shift=shift,
            when=word_period(shift.starts_at, shift.ends_at),
            is_away=any(
                leave.starts_at < (shift.ends_at or FOR_EVER) and leave.ends_at > shift.starts_at for leave in leaves
            ),
            has_begun=shift.starts_at <= now,
            can_be_swapped=shift.starts_at > now and shift.ends_at is not None and shift.pk not in asked,
        )
        for shift in coming.order_by("starts_at", "rank", "pk")[:MAX_SHOWN]
    ]


def list_partners(contact: Contact, now: datetime) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return with whom a shift can be swapped: (colleague's name, [(value of the field, in words)])."""
    people = Contact.objects.filter(partner=contact.partner_id, is_active=True, reachable_at__isnull=False)
    people = people.exclude(pk=contact.pk).exclude(pin_hash="").order_by("name", "pk")
    theirs: dict[int, list[DutyShift]] = {person.pk: [] for person in people}
    shifts = DutyShift.objects.filter(
        contact__in=theirs, partner=contact.partner_id, starts_at__gt=now, starts_at__lt=now + AHEAD, ends_at__gt=now
    )
    for shift in shifts.order_by("starts_at", "pk")[:MAX_SHOWN]:
        theirs[shift.contact_id].append(shift)
    return [
        (
            person.name,
            [(f"c{person.pk}", _("%(name)s takes it over") % {"name": person.name})]
            + [
                (
                    f"s{shift.pk}",
                    _("in return for %(when)s of %(name)s")
                    % {"name": person.name, "when": word_period(shift.starts_at, shift.ends_at)},
                )
                for shift in theirs[person.pk]
            ],
        )
        for person in people
    ]


def list_to_answer(contact: Contact) -> list[AskedLine]:
    """Return the swaps that wait for this contact's answer."""
    waiting = DutyRequest.objects.filter(stage=Stage.COLLEAGUE, colleague=contact)
    return [_word(each, contact) for each in _with_people(waiting.order_by("starts_at"))]


def list_asked(contact: Contact, now: datetime) -> list[AskedLine]:
    """Return what concerns this contact and is open, or has ended not long ago; the newest first."""
    own = DutyRequest.objects.filter(Q(contact=contact) | Q(colleague=contact))
    own = own.exclude(stage=Stage.COLLEAGUE, colleague=contact)
    recent = own.filter(Q(ended_at=None) | Q(ended_at__gt=now - SHOWN_FOR)).order_by("-asked_at")
    return [_word(each, contact) for each in _with_people(recent[:MAX_SHOWN])]


def _with_people(requests: Iterable[DutyRequest]) -> Iterable[DutyRequest]:
    return requests.select_related("contact", "colleague")  # type: ignore[attr-defined]  # a query set


def _word(request: DutyRequest, reader: Contact) -> AskedLine:
    is_mine = request.contact_id == reader.pk
    return AskedLine(request, describe_request(request), str(request.get_stage_display()), is_mine and request.is_open)


def describe_request(request: DutyRequest) -> str:
    """Say what is asked for, naming both people."""
    when = word_period(request.starts_at, request.ends_at)
    if request.kind == RequestKind.LEAVE:
        return _("%(name)s: leave %(when)s") % {"name": request.contact.name, "when": when}
    names = {"name": request.contact.name, "other": request.colleague.name if request.colleague else "", "when": when}
    theirs = request.terms.get("in_return")
    if not theirs:
        return _("%(other)s takes the shift of %(name)s: %(when)s") % names
    back = word_period(datetime.fromisoformat(theirs["starts_at"]), datetime.fromisoformat(theirs["ends_at"]))
    return _("%(other)s takes the shift of %(name)s: %(when)s; %(name)s takes %(back)s") % {**names, "back": back}


def word_period(starts_at: datetime, ends_at: datetime | None) -> str:
    """Format a shift or leave as people say it: "Tue 01.12.2026 08:00 – 20:00", and both days where it has two."""
    first, last = timezone.localtime(starts_at), timezone.localtime(ends_at or FOR_EVER)
    day = date_format(first, "D")
    if first.date() == last.date() and first.utcoffset() == last.utcoffset():
        return f"{day} {moment_in_words(starts_at)} – {last:%H:%M}"
    return f"{day} {stretch_in_words(Stretch(starts_at, ends_at or FOR_EVER))}"
