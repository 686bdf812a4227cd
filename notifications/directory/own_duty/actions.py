"""Ask for leave or a swap, answer a swap, and decide about it.

1. A contact asks at their own link. Leave goes to the coordinators of the office, a swap first to the colleague, who
   confirms or declines it at theirs.
2. A coordinator agrees or refuses. What changes the roster of the next 24 hours takes two of them, by the same rule as
   any other change of it (`changes.needs`); two contacts with their PINs never change it alone (docs/adr/0146).
3. Whatever became impossible meanwhile (a shift that was changed or has begun, a colleague on leave) ends the request
   and changes nothing. Both contacts are mailed how it ended.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from access.models import User
from access.rate_limits import Limit
from audit.chain import SYSTEM, Actor, get_actor, log_event
from audit.put_aside import for_each_row, get_put_aside_keys

from .. import coverage
from ..changes.actions import write_entry
from ..changes.models import Act, ChangedKind
from ..changes.needs import lock_offices, takes_two
from ..changes.values import ChangeRequest, Values, apply_values, get_difference, get_values
from ..filling.plans import check_day
from ..models import Contact, DutyShift, Leave, LeaveKind, Partner
from ..moments import stretch_in_words
from ..outlook import WITHOUT_DEPUTY, iter_staffed
from ..roster import FOR_EVER, Stretch, find_gaps, join_stretches, read_rosters, utc
from ..scope import get_partners
from . import mails
from .models import DutyRequest, RequestKind, Stage

MAX_OPEN = 10  # of one contact
ASKED = Limit("duty.asked", 30, timedelta(hours=24))
LAPSE = "duty_request.lapse"  # kind of `audit.put_aside`: a request whose time has come and that can't be ended
SHIFT, IN_RETURN = "shift", "in_return"


class NotPossible(ValidationError):
    """Raised when a request can't be carried out as things are now; the words say why."""


# ---- what a contact does at their link ----


@transaction.atomic
def ask_leave(*, contact: Contact, starts_at: datetime, ends_at: datetime, kind: str, now: datetime) -> DutyRequest:
    """Ask for leave. Raises ValidationError for a time that can't be, or one that overlaps what there is."""
    _lock_asker(contact, now)
    if kind not in LeaveKind.values:
        raise ValidationError(_("Choose a reason from the list."))
    for moment in (starts_at, ends_at):
        check_day(timezone.localdate(moment))
    if utc(ends_at) <= utc(starts_at):
        raise ValidationError(_("The end must come after the start."))
    if utc(ends_at) <= utc(now):
        raise ValidationError(_("This time is over."))
    others = DutyRequest.objects.open().filter(contact=contact, kind=RequestKind.LEAVE)
    if others.filter(starts_at__lt=ends_at, ends_at__gt=starts_at).exists():
        raise ValidationError(_("You have asked for leave in this time already."))
    if Leave.objects.between(starts_at, ends_at).filter(contact=contact).exists():
        raise ValidationError(_("You are on leave in a part of this time already."))
    made = DutyRequest.objects.create(
        kind=RequestKind.LEAVE,
        contact=contact,
        starts_at=starts_at,
        ends_at=ends_at,
        leave_kind=kind,
        stage=Stage.COORDINATOR,
        asked_at=now,
    )
    mails.mail_coordinators(made, now=now)
    _log("duty.leave_asked", made, actor=_as_contact(contact))
    return made


@transaction.atomic
def ask_swap(*, contact: Contact, shift: int, with_whom: str, now: datetime) -> DutyRequest:
    """Ask a colleague to take a shift.

    `with_whom`: "c" and a contact's key, who takes it over, or "s" and the key of the colleague's shift that the asker
    takes for it. Raises ValidationError.
    """
    _lock_asker(contact, now)
    mine = DutyShift.objects.filter(pk=shift, contact=contact, partner=contact.partner_id).first()
    if mine is None:
        raise NotPossible(_("This shift is no longer yours."))
    colleague, theirs = _read_partner(contact, with_whom)
    made = DutyRequest(
        kind=RequestKind.SWAP,
        contact=contact,
        colleague=colleague,
        starts_at=mine.starts_at,
        ends_at=mine.ends_at or FOR_EVER,
        shift=mine,
        in_return=theirs,
        terms={SHIFT: get_values(mine)} | ({IN_RETURN: get_values(theirs)} if theirs else {}),
        stage=Stage.COLLEAGUE,
        asked_at=now,
    )
    check_possible(made, now)
    try:
        with transaction.atomic():
            made.save()
    except IntegrityError:
        raise ValidationError(_("You have asked for a swap of this shift already.")) from None
    mails.mail_colleague(made, now=now)
    _log("duty.swap_asked", made, actor=_as_contact(contact))
    return made


def answer_swap(*, request: DutyRequest, colleague: Contact, agree: bool, now: datetime) -> DutyRequest:
    """Confirm or decline a swap as the colleague. Raises ValidationError; one that isn't possible any more ends."""

    def answer(locked: DutyRequest) -> None:
        if locked.stage != Stage.COLLEAGUE or locked.colleague_id != colleague.pk:
            raise ValidationError(_("This has been answered or withdrawn meanwhile."))
        if not agree:
            _end(locked, Stage.DECLINED, now, actor=_as_contact(colleague), without=[colleague.pk])
            return
        check_possible(locked, now)
        locked.stage, locked.confirmed_at = Stage.COORDINATOR, now
        locked.save(update_fields=["stage", "confirmed_at"])
        mails.mail_coordinators(locked, now=now)
        _log("duty.swap_confirmed", locked, actor=_as_contact(colleague))

    return _act_or_lapse(request, answer, now)


def withdraw_request(*, request: DutyRequest, contact: Contact, now: datetime) -> DutyRequest:
    """Withdraw what one has asked for, while it is open. Raises ValidationError."""
    with transaction.atomic():
        locked = _lock(request)
        if not locked.is_open or locked.contact_id != contact.pk:
            raise ValidationError(_("This can't be withdrawn any more."))
        _end(locked, Stage.WITHDRAWN, now, actor=_as_contact(contact), without=[contact.pk])
    return locked


# ---- what a coordinator does ----


def agree_to_request(*, request: DutyRequest, by: User, seen: str, now: datetime) -> DutyRequest:
    """Agree as a coordinator. It is entered, or waits for a second one where that takes two.

    `seen`: the digest of what this person was shown to follow from it (`Outcome.digest`). Raises ValidationError.
    """

    def agree(locked: DutyRequest) -> None:
        _check_decider(locked, by)
        for wanted in _build_changes(locked):
            lock_offices(wanted.row)
        check_possible(locked, now)
        if seen != preview_request(locked, now=now).digest:
            raise ValidationError(_("The roster is not as you saw it. Look again; nothing has been entered yet."))
        if locked.stage == Stage.COORDINATOR and needs_second(locked, now):
            locked.stage, locked.agreed_by = Stage.SECOND, by
            locked.save(update_fields=["stage", "agreed_by"])
            mails.mail_coordinators(locked, now=now, without=[by.pk])
            _log("duty.request_agreed_first", locked, actor=get_actor(by))
            return
        # First what refers to people, then what is entered: entries of the chain come last (ARCHITECTURE.md).
        _close(locked, Stage.AGREED, now, by=by)
        try:
            _carry_out(locked, by=by, now=now)
        except ValidationError as error:
            raise NotPossible(error.messages) from None
        _log("duty.request_agreed", locked, actor=get_actor(by))

    return _act_or_lapse(request, agree, now)


def refuse_request(*, request: DutyRequest, by: User, now: datetime) -> DutyRequest:
    """Refuse as a coordinator, also as the one who agreed first. Raises ValidationError."""
    with transaction.atomic():
        locked = _lock(request)
        if locked.stage not in (Stage.COORDINATOR, Stage.SECOND):
            raise ValidationError(_("This has been decided meanwhile. Look again."))
        if not _manages(locked, by):
            raise ValidationError(_("Another coordinator of this office must decide."))
        _end(locked, Stage.REFUSED, now, actor=get_actor(by), by=by)
    return locked


def may_agree(request: DutyRequest, user: User) -> bool:
    """Tell whether this person may agree now: they manage the office, haven't agreed yet, and it isn't theirs."""
    if request.stage not in (Stage.COORDINATOR, Stage.SECOND) or request.agreed_by_id == user.pk:
        return False
    return _manages(request, user) and not _is_own(request, user)


@dataclass(frozen=True)
class Outcome:
    """What would follow from a request. `words`: hours with nobody and the like; `digest`: what somebody has seen."""

    words: list[str]
    digest: str


def preview_request(request: DutyRequest, *, now: datetime) -> Outcome:
    """Return what would follow from it. Nothing is stored, nor written and taken back: looking takes no lock."""
    try:
        check_possible(request, now)
    except ValidationError as error:
        return Outcome(error.messages, "")
    office, spans = request.contact.partner, _get_spans(request)
    since, until = min(start for start, _end in spans), max(end for _start, end in spans)
    shifts, leaves = read_rosters([office], since, until)[office.pk]
    imagined = _imagine(request, shifts, leaves)
    found = [each for span in spans for each in find_gaps(*imagined, *span)]
    alone = [each for span in spans for each in _iter_without_deputy(office, imagined, *span)]
    if alone == [each for span in spans for each in _iter_without_deputy(office, (shifts, leaves), *span)]:
        alone = []  # as it is now
    # By the whole of what is asked for: in words, a time that has begun begins now.
    seen = [[_get_times(each) for each in stretches] for stretches in (found, alone)]
    digest = hashlib.sha256(json.dumps(seen).encode()).hexdigest()
    is_leave = request.kind == RequestKind.LEAVE
    describe = coverage.describe_leave_gaps if is_leave else coverage.describe_gaps
    words = describe(office, _get_coming(found, now))
    words += [_("No deputy: %(when)s.") % {"when": stretch_in_words(each)} for each in _get_coming(alone, now)]
    return Outcome(words, digest)


def _iter_without_deputy(
    office: Partner, rows: tuple[list[DutyShift], list[Leave]], since: datetime, until: datetime
) -> Iterator[Stretch]:
    """Yield the times with one person and no deputy, at an office that should have one."""
    if office.role not in WITHOUT_DEPUTY:
        staffed = iter_staffed([rows], [None], since, until)
        yield from join_stretches(each.stretch for each in staffed if len(each.contacts) == 1)


def _get_coming(stretches: Iterable[Stretch], now: datetime) -> list[Stretch]:
    return [Stretch(max(each.starts_at, utc(now)), each.ends_at) for each in stretches if each.ends_at > utc(now)]


def _imagine(
    request: DutyRequest, shifts: Sequence[DutyShift], leaves: Sequence[Leave]
) -> tuple[list[DutyShift], list[Leave]]:
    """Return the office's rows as they would be; none of them is stored."""
    if request.kind == RequestKind.LEAVE:
        wanted = Leave(contact_id=request.contact_id, starts_at=request.starts_at, ends_at=request.ends_at)
        return list(shifts), [*leaves, wanted]
    to = {request.shift_id: request.colleague, request.in_return_id: request.contact}
    imagined = []
    for shift in shifts:
        changed = copy(shift)
        changed.contact = to.get(shift.pk) or shift.contact
        imagined.append(changed)
    return imagined, list(leaves)


def _get_times(stretch: Stretch) -> tuple[float, float]:
    return stretch.starts_at.timestamp(), stretch.ends_at.timestamp()


def _get_spans(request: DutyRequest) -> list[tuple[datetime, datetime]]:
    """Return the times that a request is about, from when to when."""
    spans = [(utc(request.starts_at), utc(request.ends_at))]
    if IN_RETURN in request.terms:
        start, end = (parse_datetime(request.terms[IN_RETURN][name] or "") for name in ("starts_at", "ends_at"))
        if start and end:
            spans.append((utc(start), utc(end)))
    return spans


def needs_second(request: DutyRequest, now: datetime) -> bool:
    """Tell whether this takes two coordinators, as `changes.needs` says: it changes the next 24 hours, or empties."""
    return any(takes_two(wanted, now=now) for wanted in _build_changes(request))


# ---- what time does ----


def each_minute(argument: str = "", *, now: datetime | None = None) -> None:
    """End what has become impossible because its time has come (settings.EACH_MINUTE)."""
    moment = now or timezone.now()
    swaps = DutyRequest.objects.open().filter(kind=RequestKind.SWAP, starts_at__lte=moment)
    returns = DutyRequest.objects.open().filter(in_return__starts_at__lte=moment)
    leaves = DutyRequest.objects.open().filter(kind=RequestKind.LEAVE, ends_at__lte=moment)
    over = {each for rows in (swaps, returns, leaves) for each in rows.values_list("pk", flat=True)}
    for_each_row(
        LAPSE, over - {UUID(key) for key in get_put_aside_keys(LAPSE, moment)}, partial(_lapse, moment), at=moment
    )


def _lapse(now: datetime, key: UUID) -> None:
    with transaction.atomic():
        rows = DutyRequest.objects.select_for_update(of=("self",)).select_related("contact", "colleague")
        locked = rows.filter(pk=key).first()
        if locked is not None and locked.is_open:
            _end(locked, Stage.LAPSED, now, actor=SYSTEM)


# ---- the rules ----


def check_possible(request: DutyRequest, now: datetime) -> None:
    """Raise NotPossible, in words, when the request can't be carried out as things are now."""
    if not request.contact.is_active:
        raise NotPossible(_("This contact is no longer active."))
    if request.kind == RequestKind.LEAVE:
        if utc(request.ends_at) <= utc(now):
            raise NotPossible(_("This time is over."))
        return
    assert request.colleague is not None  # the database holds that
    _check_colleague(request.contact, request.colleague)
    taken = _check_shift(request, SHIFT, request.contact, now)
    given = _check_shift(request, IN_RETURN, request.colleague, now) if IN_RETURN in request.terms else None
    _check_free(request.colleague, taken, given)
    if given is not None:
        _check_free(request.contact, given, taken)


def _check_colleague(contact: Contact, colleague: Contact) -> None:
    if colleague.partner_id != contact.partner_id or not colleague.is_active or colleague.reachable_at is None:
        raise NotPossible(_("%(name)s is not on the roster of this office any more.") % {"name": colleague.name})
    if not colleague.pin_hash:
        raise NotPossible(_("%(name)s has no PIN, so can't confirm a swap.") % {"name": colleague.name})


def _check_shift(request: DutyRequest, which: str, owner: Contact, now: datetime) -> DutyShift:
    """Return a shift of the request, if it is still what it was, and hasn't begun. Raises NotPossible."""
    # Read anew: the request may hold a row that was read before somebody changed it.
    stored = DutyShift.objects.filter(pk=getattr(request, f"{which}_id") or 0).select_related("contact").first()
    if stored is None or stored.contact_id != owner.pk or get_difference(get_values(stored), request.terms[which])[1]:
        raise NotPossible(_("The shift was changed or deleted meanwhile."))
    if utc(stored.starts_at) <= utc(now):
        raise NotPossible(_("The shift has begun."))
    if stored.ends_at is None:
        raise NotPossible(_("A shift without an end can't be swapped. Ask your coordinator."))
    return stored


def _check_free(contact: Contact, shift: DutyShift, instead_of: DutyShift | None) -> None:
    """Raise NotPossible when this person is on leave in that shift, or on the roster at that time already."""
    assert shift.ends_at is not None  # `_check_shift`
    if Leave.objects.between(shift.starts_at, shift.ends_at).filter(contact=contact).exists():
        raise NotPossible(_("%(name)s is on leave then.") % {"name": contact.name})
    others = DutyShift.objects.between(shift.starts_at, shift.ends_at).filter(contact=contact)
    # A standing shift without an end is what shorter ones stand in for.
    others = others.exclude(pk=shift.pk).exclude(ends_at=None)
    if others.exclude(pk=instead_of.pk if instead_of else 0).exists():
        raise NotPossible(_("%(name)s is on the roster then already.") % {"name": contact.name})


def _check_decider(request: DutyRequest, by: User) -> None:
    if request.stage not in (Stage.COORDINATOR, Stage.SECOND):
        raise ValidationError(_("This has been decided meanwhile. Look again."))
    if not may_agree(request, by):
        raise ValidationError(_("Another coordinator of this office must decide."))


def _manages(request: DutyRequest, user: User) -> bool:
    return user.is_active and get_partners(user).filter(pk=request.contact.partner_id).exists()


def _is_own(request: DutyRequest, user: User) -> bool:
    """Tell whether a coordinator is one of the two contacts: nobody agrees to what they have asked for themselves."""
    own = {each.email.casefold() for each in (request.contact, request.colleague) if each is not None and each.email}
    return user.email.casefold() in own


# ---- carrying out ----


def _build_changes(request: DutyRequest) -> list[ChangeRequest]:
    """Build the changes of the directory that the request is. Raises NotPossible when a row is gone."""
    if request.kind == RequestKind.LEAVE:
        after: Values = {
            "contact": request.contact_id,
            "starts_at": request.starts_at.isoformat(),
            "ends_at": request.ends_at.isoformat(),
            "kind": request.leave_kind,
        }
        row = Leave()
        apply_values(row, after)
        return [ChangeRequest(ChangedKind.LEAVE, Act.ADD, row, {}, after)]
    to = {SHIFT: request.colleague_id, IN_RETURN: request.contact_id}
    found = []
    for which in request.terms:
        row_now = DutyShift.objects.filter(pk=getattr(request, f"{which}_id") or 0).first()
        if row_now is None:
            raise NotPossible(_("The shift was changed or deleted meanwhile."))
        row_now.contact_id = to[which] or 0
        after = {"contact": to[which]}
        # All that was agreed about stands in `before`: a shift that was moved meanwhile isn't given away.
        found.append(ChangeRequest(ChangedKind.SHIFT, Act.CHANGE, row_now, request.terms[which], after))
    return found


def _carry_out(request: DutyRequest, *, by: User, now: datetime) -> None:
    for wanted in _build_changes(request):
        key = wanted.row.pk if wanted.act == Act.CHANGE else None
        write_entry(wanted.kind, wanted.act, key, wanted.before, wanted.after, by=by, now=now)


def _act_or_lapse(request: DutyRequest, act: Any, now: datetime) -> DutyRequest:
    """Do it with the row locked. What isn't possible any more ends the request, and raises NotPossible after that."""
    failed: NotPossible | None = None
    with transaction.atomic():
        locked = _lock(request)
        try:
            with transaction.atomic():
                act(locked)
        except NotPossible as error:
            failed = error
            locked = _lock(request)
            _end(locked, Stage.LAPSED, now, actor=SYSTEM)
    if failed is not None:
        raise failed
    return locked


def _lock(request: DutyRequest) -> DutyRequest:
    rows = DutyRequest.objects.select_for_update(of=("self",)).select_related("contact__partner", "colleague")
    return rows.get(pk=request.pk)


def _end(
    request: DutyRequest,
    stage: Stage,
    now: datetime,
    *,
    actor: Actor,
    by: User | None = None,
    without: Sequence[int] = (),
) -> None:
    _close(request, stage, now, by=by, without=without)
    _log(f"duty.request_{stage.value}", request, actor=actor)


def _close(
    request: DutyRequest, stage: Stage, now: datetime, *, by: User | None = None, without: Sequence[int] = ()
) -> None:
    request.stage, request.ended_at, request.ended_by = stage, now, by
    request.save(update_fields=["stage", "ended_at", "ended_by"])
    mails.mail_end(request, now=now, without=without)


def _lock_asker(contact: Contact, now: datetime) -> None:
    """Let one contact's requests come one after the other. Raises ValidationError when there are too many."""
    Contact.objects.select_for_update(no_key=True, of=("self",)).get(pk=contact.pk)
    if DutyRequest.objects.open().filter(contact=contact).count() >= MAX_OPEN or ASKED.is_used_up(
        str(contact.pk), at=now
    ):
        raise ValidationError(_("You have asked for much already. Wait for the answers, or call your coordinator."))
    ASKED.hit(str(contact.pk), at=now)


def _read_partner(contact: Contact, with_whom: str) -> tuple[Contact, DutyShift | None]:
    kind, key = with_whom[:1], with_whom[1:]
    number = int(key) if key.isascii() and key.isdigit() and len(key) < 19 else 0
    others = Contact.objects.filter(partner=contact.partner_id).exclude(pk=contact.pk)
    if kind == "s":
        theirs = DutyShift.objects.filter(pk=number, partner=contact.partner_id, contact__in=others).first()
        if theirs is not None:
            return theirs.contact, theirs
    colleague = others.filter(pk=number).first() if kind == "c" else None
    if colleague is None:
        raise ValidationError(_("Choose a colleague, or one of their shifts."))
    return colleague, None


def _as_contact(contact: Contact) -> Actor:
    return Actor("contact", str(contact.pk))


def _log(event: str, request: DutyRequest, *, actor: Actor) -> None:
    log_event(
        event,
        actor=actor,
        target_kind="duty_request",
        target_id=request.pk,
        contact=request.contact_id,
        colleague=request.colleague_id,
    )
