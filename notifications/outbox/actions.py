"""What may be done to a notice from outside: owe it, open it, cancel it. Sending is `delivery`'s."""

import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from access.models import MobileUnit, Municipality
from audit.chain import log_event
from notifications import signals
from notifications.directory.chain import resolve_chain
from notifications.directory.links import COORDINATOR_LINKS, DEFAULT_CHAIN, OPERATOR
from notifications.directory.models import Contact, Partner, Role

from .coordinator_briefs import NOBODY_FOUND, call_brief
from .escalation_policy import first_time, snapshot
from .locking import lock_chases
from .models import Attempt, AttemptOutcome, Notice, Purpose
from .outside_area import headed
from .queueing import wake
from .states import NO_CONTACT, OPEN, NoticeState

RESOLVE_AGAIN = timedelta(seconds=10)  # how soon the directory is asked again when it named nobody
WAKE_GRACE = timedelta(seconds=2)  # how long the sweeper leaves a new notice to its wake-up
BY_HAND = "hand"  # an attempt over no channel: the link reached the recipient some other way

log = structlog.get_logger(__name__)


def create_notice(
    *,
    event_id: UUID,
    case_id: UUID,
    case_reference: str,
    role: str,
    contact: Contact | None,
    municipality: Municipality,
    brief: Mapping[str, Any],
    answer_minutes: float | None = None,
    ladder: Iterable[Mapping[str, Any]] = (),
    marks: Mapping[str, Any] | None = None,
    needs_document: bool = False,
    is_drill: bool = False,
    purpose: str = Purpose.FIRST,
    chases: Notice | None = None,
    partner: Partner | None = None,
    unit: MobileUnit | None = None,
    chain: Sequence[str] = (),
    home: Municipality | None = None,
    at: datetime | None = None,
) -> Notice:
    """The duty to tell `contact` about one case event, in the caller's transaction; a worker is woken on commit.

    Owing the same recipient the same event twice returns the first notice. `contact` None is a loud state: the notice
    stands failed with reason "no_contact", the directory is asked again every few seconds, and the coordinators of the
    chain are owed a fallback notice (purpose "fallback") with it; callers need not owe one themselves.
    `partner`: the recipient's office; by default the contact's. Give it when `contact` is None and it is known.
    `unit` and `chain`: whose notice it is and along which links somebody is looked for (see `Notice`); by default those
    of the notice it chases. `home`: the case's own municipality, when it is another one than `municipality`; by default
    that of the notice it chases. A brief for an office outside whose area the place lies says so before all else.
    `ladder`: the procedure's steps (see `ladders`); a first notice always gets one that ends in a repeated call, a
    notice that chases another has none unless given. `marks`: {"amber_minutes", "red_minutes", "breach_minutes"}.
    Raises LadderUnusable.
    """
    moment = at or timezone.now()
    office = partner or (contact.partner if contact else None)
    key = _recipient_key(role, contact, office)
    if purpose == Purpose.FALLBACK and chases is not None:
        event_id = uuid5(chases.pk, "fallback")
    token = secrets.token_urlsafe(32)
    has_clock = purpose != Purpose.TEST and (chases is None or bool(ladder))
    steps = snapshot(ladder) if has_clock else []
    sender = unit or (chases.unit if chases else None)
    links = list(chain or (chases.chain if chases else ()))
    notice = Notice(
        event_id=event_id,
        case_id=case_id,
        case_reference=case_reference,
        purpose=purpose,
        chases=chases,
        role=role,
        contact=contact,
        partner=office,
        recipient_key=key,
        municipality=municipality,
        home=home or (chases.home if chases else None),
        unit=sender,
        chain=links,
        language=contact.language if contact else "sq",
        is_drill=is_drill,
        needs_document=needs_document,
        brief=headed(brief, role=role, office=office, municipality=municipality),
        link_hash=link_hash(token),
        link_token=token,
        link_expires_at=moment + timedelta(hours=settings.BRIEF_LINK_HOURS),
        ladder=steps,
        next_step_at=first_time(steps, moment),
        answer_by=_after(moment, answer_minutes),
        owed_at=moment,
        **_marks(marks or {}, moment),
        **_first_state(contact, moment),
    )
    # No look before the insert, and no savepoint around the whole: all of this happens under the writers' lock.
    with transaction.atomic(savepoint=False):
        try:
            with transaction.atomic():
                notice.save(force_insert=True)
        except IntegrityError:
            first = Notice.objects.filter(event_id=event_id, recipient_key=key).first()
            if first is None:
                raise
            return first
        log_event(
            "notice.owed",
            target_kind="notice",
            target_id=notice.pk,
            role=role,
            purpose=str(purpose),
            reason=notice.reason,
            case=case_id,
        )
        if contact is not None:
            wake(notice.pk, needs_document=needs_document)
        else:
            tell_coordinators(notice, at=moment)
    return notice


def owe_each(contacts: Sequence[Contact], **owed: Any) -> list[Notice]:
    """The same duty to each of these contacts; with none of them, to nobody, which is loud. `owed`: as for `create_notice`."""
    return [create_notice(contact=contact, **owed) for contact in contacts] or [create_notice(contact=None, **owed)]


def link_hash(token: str) -> str:
    """How a link's token is looked up: its sha256, in hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def link_for(notice: Notice) -> str:
    """The absolute address of the brief, for the recipient only: whoever holds it is asked for the PIN."""
    return f"{settings.PUBLIC_URL}/n/{notice.link_token}/"


def mark_opened(*, notice: Notice, at: datetime) -> bool:
    """The recipient has opened the brief with the right PIN. True the first time; then the rooms above are told.

    Whoever is just sending the notice loses it (the fencing token rises): opened is more than sent. A notice opened
    before any attempt (somebody passed the link on) gets an attempt row of its own, over channel "hand".
    """
    with transaction.atomic():
        found = Notice.objects.select_for_update().get(pk=notice.pk)
        first_time_opened = found.opened_at is None
        if not first_time_opened or found.state not in OPEN or found.contact_id is None:
            return False
        token = found.token + 1
        if found.attempts == 0:
            Attempt.objects.create(
                notice=found,
                number=1,
                token=token,
                channel=BY_HAND,
                address="",
                started_at=at,
                finished_at=at,
                outcome=AttemptOutcome.ACCEPTED,
            )
        Notice.objects.filter(pk=found.pk).update(
            state=NoticeState.OPENED,
            reason="",
            opened_at=at,
            sent_at=found.sent_at or at,
            attempts=max(found.attempts, 1),
            token=token,
            lease_until=None,
            next_attempt_at=None,
        )
        notice.refresh_from_db()
        log_event("notice.opened", target_kind="notice", target_id=notice.pk, case=notice.case_id)
        signals.notice_opened.send(sender=Notice, notice=notice)
    return True


def cancel(*, notice: Notice, reason: str) -> bool:
    """Withdraws an open notice: no further attempt, no further step, its link opens nothing. False when it was settled.

    Whatever chased it is withdrawn with it. `reason`: a machine code of at most 40 characters. An e-mail already handed
    over can't be called back.
    """
    moment = timezone.now()
    withdrawn = []
    with transaction.atomic():
        lock_chases([notice.chase_id])
        for member in _with_chasers(notice):
            changed = Notice.objects.filter(pk=member, state__in=OPEN).update(
                state=NoticeState.CANCELLED,
                reason=reason,
                cancelled_at=moment,
                token=F("token") + 1,
                lease_until=None,
                next_attempt_at=None,
                next_step_at=None,
                link_revoked_at=moment,
            )
            if changed:
                withdrawn.append(member)
                log_event(
                    "notice.cancelled", target_kind="notice", target_id=member, reason=reason, case=notice.case_id
                )
    notice.refresh_from_db()
    return notice.pk in withdrawn


def _with_chasers(notice: Notice) -> list[UUID]:
    """This notice, and what chases it, and what chases that."""
    found = ring = [notice.pk]
    while ring := list(Notice.objects.filter(chases__in=ring).values_list("pk", flat=True)):
        found = [*found, *ring]
    return found


def tell_coordinators(notice: Notice, *, at: datetime) -> list[Notice]:
    """Nobody is there for this notice: an error in the log, and the coordinators of its chain are owed a fallback each,
    once: those of the sending unit, else every one on duty, else nobody, which is the operator's alarm (`alarm`).

    Empty for a notice that was for a coordinator itself.
    """
    log.error("nobody_to_tell", notice=str(notice.pk), role=notice.role, municipality=notice.municipality.slug)
    if notice.role == Role.COORDINATOR:
        return []
    found = resolve_chain(
        role=Role.COORDINATOR,
        municipality=notice.home or notice.municipality,
        at=at,
        unit=notice.unit,
        chain=[link for link in notice.chain or DEFAULT_CHAIN if link in (*COORDINATOR_LINKS, OPERATOR)],
    )
    window = notice.answer_by - notice.owed_at if notice.answer_by else None
    return owe_each(
        found.coordinators,
        event_id=notice.event_id,
        case_id=notice.case_id,
        case_reference=notice.case_reference,
        role=Role.COORDINATOR,
        municipality=notice.municipality,
        brief=call_brief(notice, why=[NOBODY_FOUND]),
        answer_minutes=window.total_seconds() / 60 if window else None,
        is_drill=notice.is_drill,
        purpose=Purpose.FALLBACK,
        chases=notice,
    )


def get_recipient_key(contact: Contact) -> str:
    return f"contact:{contact.pk}"


def _recipient_key(role: str, contact: Contact | None, office: Partner | None) -> str:
    return get_recipient_key(contact) if contact else f"nobody:{role}:{office.pk if office else '-'}"


def _first_state(contact: Contact | None, moment: datetime) -> dict[str, Any]:
    if contact is None:
        return {"state": NoticeState.FAILED, "reason": NO_CONTACT, "next_attempt_at": moment + RESOLVE_AGAIN}
    return {"state": NoticeState.OWED, "next_attempt_at": moment + WAKE_GRACE}


def _after(moment: datetime, minutes: float | None) -> datetime | None:
    return moment + timedelta(minutes=minutes) if minutes is not None else None


def _marks(marks: Mapping[str, Any], moment: datetime) -> dict[str, datetime | None]:
    return {f"{mark}_at": _after(moment, marks.get(f"{mark}_minutes")) for mark in ("amber", "red", "breach")}
