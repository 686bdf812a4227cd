"""Create, open and cancel notices. Sending them is `delivery`'s."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F

from audit import clock
from audit.chain import log_event
from notifications import signals
from notifications.directory.chain import resolve_chain
from notifications.directory.links import COORDINATOR_LINKS, DEFAULT_CHAIN, OPERATOR
from notifications.directory.models import Contact, Partner, Role
from notifications.texts.values import build_link as build_notice_link

from .agreement_limit import fit_to_office
from .escalation_policy import get_first_step_time, snapshot_ladder
from .locking import lock_chases
from .models import Attempt, AttemptOutcome, Notice, Purpose
from .queueing import enqueue_document_on_commit, enqueue_on_commit
from .requests import NoticeRequest
from .service_briefs import NOBODY_FOUND, build_call_brief, explain_missing_agreement
from .sharing import ensure_may_create
from .staff_waking import wake_staff
from .states import NO_CONTACT, OPEN, NoticeState
from .ways.planning import plan_ways

RESOLVE_INTERVAL = timedelta(seconds=10)  # until the directory is asked again when it named nobody
WAKE_GRACE = timedelta(seconds=2)  # for which the sweeper leaves a new notice to the task that its transaction enqueues
EMAIL = "email"
BY_HAND = "hand"  # an attempt over no channel: the link reached the recipient some other way

log = structlog.get_logger(__name__)


def create_notice(request: NoticeRequest) -> Notice:
    """Create the notice that `request` describes, in the caller's transaction; it is enqueued on commit.

    Asking for the same recipient and event twice returns the first notice. Without a contact the notice stands failed
    with reason "no_contact", the directory is asked again every few seconds, and the coordinators of its chain get a
    fallback notice with it; callers needn't ask for one. A brief for an office outside whose area the place lies
    begins by saying so. Raises LadderUnusable, and SharingRefused where the gate for sharing
    says no.
    """
    ensure_may_create(request)
    moment = request.at or clock.now()
    notice = _build_notice(request, moment)
    # No look before the insert, and no savepoint around the whole: all other writers wait meanwhile (docs/outbox.md).
    with transaction.atomic(savepoint=False):
        if (existing := _insert(notice)) is not None:
            return existing
        log_event(
            "notice.owed",
            target_kind="notice",
            target_id=notice.pk,
            role=notice.role,
            purpose=str(notice.purpose),
            reason=notice.reason,
            case=notice.case_id,
        )
        if request.contact is not None:
            enqueue_on_commit(notice.pk)
            plan_ways(notice, is_urgent=request.brief.get("urgent") is True, at=moment)
            wake_staff(notice, at=moment)
        else:
            notify_coordinators(notice, at=moment)
    return notice


def _insert(notice: Notice) -> Notice | None:
    """Insert the notice; return the one that there is already for this event and recipient, and None otherwise."""
    try:
        with transaction.atomic():
            notice.save(force_insert=True)
    except IntegrityError:
        existing = Notice.objects.filter(event_id=notice.event_id, recipient_key=notice.recipient_key).first()
        if existing is None:
            raise
        return existing
    return None


def create_notices(contacts: Sequence[Contact], request: NoticeRequest) -> list[Notice]:
    """Create the same notice for each of these contacts, or one without a contact when there are none."""
    return [create_notice(request.to(contact)) for contact in contacts or (None,)]


def _build_notice(request: NoticeRequest, moment: datetime) -> Notice:
    """Build the row, unsaved. What a request leaves out comes from the notice that it follows up on."""
    contact, office, followed = request.contact, request.office, request.chases
    token = secrets.token_urlsafe(32)
    steps = snapshot_ladder(request.ladder) if request.has_clock else []
    return Notice(
        event_id=request.own_event_id,
        case_id=request.case_id,
        case_reference=request.case_reference,
        purpose=request.purpose,
        chases=followed,
        role=request.role,
        contact=contact,
        partner=office,
        recipient_key=_build_recipient_key(request.role, contact, office),
        municipality=request.municipality,
        home=request.home or (followed.home if followed else None),
        unit=request.unit or (followed.unit if followed else None),
        chain=list(request.chain or (followed.chain if followed else ())),
        language=contact.language if contact else settings.LANGUAGE_CODE,
        way=request.way,
        channel=request.way.channel if request.way else EMAIL,
        is_drill=request.is_drill,
        needs_document=request.needs_document,
        brief=fit_to_office(
            request.brief, role=request.role, office=office, municipality=request.municipality, at=moment
        ),
        link_hash=hash_link_token(token),
        link_token=token,
        link_expires_at=moment + timedelta(hours=settings.BRIEF_LINK_HOURS),
        ladder=steps,
        next_step_at=get_first_step_time(steps, moment),
        answer_by=_minutes_after(moment, request.answer_minutes),
        owed_at=moment,
        **_build_clock_marks(request.marks, moment),
        **_build_first_state(contact, moment),
    )


def hash_link_token(token: str) -> str:
    """Hash a link's token for the lookup: its sha256, in hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def build_link(notice: Notice) -> str:
    """Return the absolute address of the brief, for the recipient only: whoever holds it is asked for the PIN."""
    return build_notice_link(notice.link_token)


def mark_opened(*, notice: Notice, at: datetime) -> bool:
    """Record that the recipient has opened the brief with the right PIN. True the first time; then a signal is sent.

    Whoever is just sending the notice loses it (the fencing token rises): opened is more than sent. One that was
    answered from a telephone, unread, keeps its state.
    """
    with transaction.atomic():
        found = Notice.objects.select_for_update().get(pk=notice.pk)
        if found.opened_at is not None or found.contact_id is None:
            return False
        if found.state in OPEN:
            _count_as_sent(found, at)
            Notice.objects.filter(pk=found.pk).update(state=NoticeState.OPENED, reason="", opened_at=at)
        elif found.accepted_at is not None and found.state in (NoticeState.ACCEPTED, NoticeState.CLOSED):
            Notice.objects.filter(pk=found.pk).update(opened_at=at)
        else:
            return False
        notice.refresh_from_db()
        log_event("notice.opened", target_kind="notice", target_id=notice.pk, case=notice.case_id)
        signals.notice_opened.send(sender=Notice, notice=notice)
        if notice.needs_document:
            enqueue_document_on_commit(notice.pk)
    return True


def mark_answered_unread(*, notice: Notice, by: str, at: datetime) -> None:
    """Record on a locked, open notice that its recipient answers from a telephone without having opened the brief.

    It isn't opened by that: `opened_at` stays empty until the PIN was entered, and whoever looks at the case sees it.
    """
    _count_as_sent(notice, at)
    Notice.objects.filter(pk=notice.pk).update(answered_by=by)
    notice.refresh_from_db()


def _count_as_sent(notice: Notice, at: datetime) -> None:
    """Note that the notice has reached its recipient, and take it from whoever is just sending it.

    One that reached them before any attempt of its own (another way did, or somebody passed the link on) gets an
    attempt row, over channel "hand": a check constraint holds that nothing counts as sent without an attempt.
    """
    token = notice.token + 1
    if notice.attempts == 0:
        Attempt.objects.create(
            notice=notice,
            number=1,
            token=token,
            channel=BY_HAND,
            address="",
            started_at=at,
            finished_at=at,
            outcome=AttemptOutcome.ACCEPTED,
        )
    Notice.objects.filter(pk=notice.pk).update(
        sent_at=notice.sent_at or at,
        attempts=max(notice.attempts, 1),
        token=token,
        # A check constraint: a lease is held while sending only. The state that follows is written by the caller.
        state=NoticeState.SENT,
        reason="",
        lease_until=None,
        next_attempt_at=None,
    )


def cancel(*, notice: Notice, reason: str) -> bool:
    """Withdraw an open notice: no further attempt, no further step, its link opens nothing. False when it was settled.

    Whatever follows up on it is withdrawn with it. `reason`: a machine code of at most 40 characters. An e-mail already
    handed over can't be called back.

    A follow-up may hold the clock of its whole chain. Who withdraws one alone creates its replacement in the same
    transaction, or withdraws the chain from its first notice; `escalation.findings` finds what is left without a clock.
    """
    moment = clock.now()
    withdrawn = []
    with transaction.atomic():
        # The whole chain before the first write: whoever answers one of its notices locks in the same order.
        lock_chases([notice.chase_id])
        for member in _get_ids_with_follow_ups(notice):
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


def _get_ids_with_follow_ups(notice: Notice) -> list[UUID]:
    """Return the ids of this notice, of its follow-ups, and of theirs."""
    found = newest = [notice.pk]
    while newest := list(Notice.objects.filter(chases__in=newest).values_list("pk", flat=True)):
        found = [*found, *newest]
    return found


def notify_coordinators(notice: Notice, *, at: datetime) -> list[Notice]:
    """Create a fallback notice for each coordinator when nobody could be found for `notice`, and log an error.

    It is created once, for the coordinators of the sending unit, else every one on duty, else nobody, which is the
    operator's alarm (`alarm`). Empty for a notice that was for a coordinator itself.
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
    # The coordinator has as long to answer as the recipient would have had.
    window = notice.answer_by - notice.owed_at if notice.answer_by else None
    return create_notices(
        found.coordinators,
        NoticeRequest(
            event_id=notice.event_id,
            case_id=notice.case_id,
            case_reference=notice.case_reference,
            role=Role.COORDINATOR,
            municipality=notice.municipality,
            brief=build_call_brief(notice, why=[NOBODY_FOUND, *explain_missing_agreement(notice, at)]),
            answer_minutes=window.total_seconds() / 60 if window else None,
            is_drill=notice.is_drill,
            purpose=Purpose.FALLBACK,
            chases=notice,
            at=at,
        ),
    )


def get_recipient_key(contact: Contact) -> str:
    return f"contact:{contact.pk}"


def _build_recipient_key(role: str, contact: Contact | None, office: Partner | None) -> str:
    return get_recipient_key(contact) if contact else f"nobody:{role}:{office.pk if office else '-'}"


def _build_first_state(contact: Contact | None, moment: datetime) -> dict[str, Any]:
    if contact is None:
        return {"state": NoticeState.FAILED, "reason": NO_CONTACT, "next_attempt_at": moment + RESOLVE_INTERVAL}
    return {"state": NoticeState.OWED, "next_attempt_at": moment + WAKE_GRACE}


def _minutes_after(moment: datetime, minutes: float | None) -> datetime | None:
    return moment + timedelta(minutes=minutes) if minutes is not None else None


def _build_clock_marks(marks: Mapping[str, Any], moment: datetime) -> dict[str, datetime | None]:
    return {f"{mark}_at": _minutes_after(moment, marks.get(f"{mark}_minutes")) for mark in ("amber", "red", "breach")}
