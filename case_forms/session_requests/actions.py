"""Actions on a request for a session, one mutation each: receive, withdraw, take, answer, plan, decline, hand over.

Whoever acts on a request that nobody has taken yet takes it by that. Of two who act at once the second gets TakenBy,
which names the first. Answering, planning and declining are for whoever may see it (`SessionRequest.visible_to`).
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from access.models import MobileUnit, Municipality, User
from audit import clock
from audit.chain import ANONYMOUS, get_actor, log_event
from case_forms.cases.deadlines import withdraw_chase
from case_forms.form_builder.definition import Question
from case_forms.form_builder.models import FormVersion
from case_forms.form_builder.retention import first_due
from case_forms.tips import codes
from case_forms.tips.locking import lane
from case_forms.tips.public_actions import unit_of_region
from outreach_pages.records.actions import plan_session
from outreach_pages.records.models import InformativeSession

from .clock import ANSWERED
from .models import Answer, DeclineReason, RequestState, SessionRequest, get_first_mark

TARGET_KIND = "session_request"
LANE = "session requests"


class TakenBy(Exception):
    """Somebody else handles the request. `person`: who, or None when it is closed or moved on meanwhile."""

    def __init__(self, person: User | None) -> None:
        super().__init__("taken")
        self.person = person


class NothingToWithdraw(Exception):
    """The request was declined, or its session was cancelled or held: nothing is left to withdraw."""


@dataclass(frozen=True)
class ReceivedRequest:
    """A stored request; `code`: its receipt words."""

    request: SessionRequest
    created: bool
    code: str = field(repr=False)


# ---- the public's ----


def receive_request(
    *,
    secret: bytes,
    form_version: FormVersion,
    answers: Mapping[str, Any],
    language: str,
    is_above_budget: Callable[[], bool] = lambda: False,
    at: datetime | None = None,
) -> ReceivedRequest:
    """Store a request with its answers sealed. `answers` are checked and cleaned.

    `secret` is the form's own: sending it again finds what it stored, and the same receipt code. Raises
    Municipality.DoesNotExist when the form didn't ask where.
    """
    earlier = find_sent_request(secret)
    if earlier is not None:
        return earlier
    code = codes.code_from(secret, language)
    moment = at or clock.now()
    municipality = get_municipality(form_version, answers)
    if municipality is None:
        raise Municipality.DoesNotExist
    request = SessionRequest(
        form_version=form_version,
        municipality=municipality,
        unit=unit_of_region(municipality.region),
        language=language,
        answers=dict(answers),
        send_key=_send_key(secret),
        receipt_hash=codes.compute_hash(code),
        received_at=moment,
        forget_after=first_due(form_version.parsed_form, timezone.localdate(moment)),
    )
    try:
        # One lane for all: a flood of these has one place in the database's queue, beside everything else.
        with lane(LANE), transaction.atomic():
            request.above_budget = is_above_budget()
            # Of a flood nobody is told one by one: the list marks it.
            request.next_mark_at = None if request.above_budget else get_first_mark(moment)
            request.save(force_insert=True)
            log_event(
                "session_request.received",
                actor=ANONYMOUS,
                target_kind=TARGET_KIND,
                target_id=request.pk,
                form=form_version.form.key,
                version=form_version.number,
                municipality=municipality.slug,
                unit=request.unit.slug if request.unit else "",
                above_budget=request.above_budget,
            )
    except IntegrityError:
        # The same form came in twice at once: whoever was second finds what the first one stored.
        earlier = find_sent_request(secret)
        if earlier is None:
            raise
        return earlier
    return ReceivedRequest(request, True, code)


def find_sent_request(secret: bytes) -> ReceivedRequest | None:
    """Return what this form has stored already, or None."""
    found = SessionRequest.objects.filter(send_key=_send_key(secret)).select_related("unit", "municipality").first()
    if found is None:
        return None
    return ReceivedRequest(found, False, codes.get_shown_code(secret, found.language, found.receipt_hash))


def get_request(*meant: str) -> SessionRequest | None:
    """Return the request that a receipt code belongs to, or None. `meant`: as for a tip (`tips.public_actions`)."""
    hashes = [codes.compute_hashes(code) for code in meant]
    possible = [each for of_one in hashes for each in of_one]
    found = _read_whole().filter(receipt_hash__in=possible).first()
    if found is not None:
        newest = next(of_one[0] for of_one in hashes if found.receipt_hash in of_one)
        if found.receipt_hash != newest:  # made under a key that is on its way out
            SessionRequest.objects.filter(pk=found.pk).update(receipt_hash=newest)
    return found


def get_followed(request_id: UUID) -> SessionRequest | None:
    """Return a request whose receipt was opened before, unless it has been forgotten meanwhile."""
    found: SessionRequest | None = _read_whole().filter(pk=request_id, receipt_hash__isnull=False).first()
    return found


def withdraw_request(*, request_id: UUID, at: datetime | None = None) -> SessionRequest:
    """Withdraw a request, for whoever asked. Doing it twice does it once. Raises NothingToWithdraw, DoesNotExist.

    A session that was planned because of it stays planned: others may expect it. Its unit is told, and decides.
    """
    moment = at or clock.now()
    with transaction.atomic():
        rows = SessionRequest.objects.select_for_update(of=("self",), no_key=True).filter(receipt_hash__isnull=False)
        locked: SessionRequest = rows.select_related("unit", "session").get(pk=request_id)
        if locked.withdrawn_at is not None:
            return locked
        if not locked.may_be_withdrawn:
            raise NothingToWithdraw
        locked.withdrawn_at = moment
        if locked.is_open:
            locked.state, locked.closed_at = RequestState.WITHDRAWN, moment
            # What was offered no longer holds.
            locked.answer, locked.offered_on, locked.answer_text = "", None, ""
            _end_chase(locked)
        else:
            locked.next_mark_at = moment
        locked.save()
        log_event(
            "session_request.withdrawn",
            actor=ANONYMOUS,
            target_kind=TARGET_KIND,
            target_id=locked.pk,
            session=locked.session_id or "",
        )
    return locked


def get_municipality(form_version: FormVersion, answers: Mapping[str, Any]) -> Municipality | None:
    """Return where the session would be: the first answered question of that type."""
    asked = form_version.parsed_form.outer_items
    keys = [item.key for item in asked if isinstance(item, Question) and item.type == "municipality"]
    slug = next((answers[key] for key in keys if answers.get(key)), "")
    return Municipality.objects.select_related("region").filter(slug=slug).first() if slug else None


def get_answering_unit(form_version: FormVersion, answers: Mapping[str, Any]) -> MobileUnit | None:
    """Return the unit that would answer these answers; None for the centre."""
    municipality = get_municipality(form_version, answers)
    return unit_of_region(municipality.region) if municipality else None


def _send_key(secret: bytes) -> str:
    return hashlib.sha256(b"session request\0" + secret).hexdigest()


# ---- the unit's ----


def take_request(*, request: SessionRequest, by: User, seen: str = "", at: datetime | None = None) -> SessionRequest:
    """Take care of a request, or take it over from whom the page showed (`seen`: their key). Raises TakenBy."""
    with transaction.atomic():
        locked = _lock(request)
        if locked.taken_by_id == by.pk:
            return locked
        if not locked.is_open:
            raise TakenBy(None)
        if locked.taken_by_id is not None and str(locked.taken_by_id) != seen:
            raise TakenBy(locked.taken_by)
        before = locked.taken_by_id
        _take(locked, by, at or clock.now())
        locked.save(update_fields=["state", "taken_by", "taken_at"])
        _log("session_request.taken", locked, by, taken_from=before or "")
    return locked


def answer_request(
    *,
    request: SessionRequest,
    by: User,
    answer: Answer,
    offered_on: date | None = None,
    text: str = "",
    at: datetime | None = None,
) -> SessionRequest:
    """Answer while no session is planned: with a day, or with what happens next. Raises TakenBy."""
    moment = at or clock.now()
    with transaction.atomic():
        locked = _lock_for(request, by, moment)
        locked.state, locked.answer, locked.answered_at = RequestState.ANSWERED, answer, moment
        locked.offered_on = offered_on if answer == Answer.DAY else None
        locked.answer_text = text
        _end_chase(locked)
        locked.save()
        _log("session_request.answered", locked, by, answer=str(answer))
    return locked


def decline_request(
    *, request: SessionRequest, by: User, reason: DeclineReason, text: str = "", at: datetime | None = None
) -> SessionRequest:
    """Say that the session can't be held, and why. Raises TakenBy."""
    moment = at or clock.now()
    with transaction.atomic():
        locked = _lock_for(request, by, moment)
        locked.state, locked.decline_reason = RequestState.DECLINED, reason
        locked.answer, locked.offered_on, locked.answer_text = "", None, text
        locked.answered_at = locked.closed_at = moment
        _end_chase(locked)
        locked.save()
        _log("session_request.declined", locked, by, reason=str(reason))
    return locked


def hand_to_centre(*, request: SessionRequest, by: User, at: datetime | None = None) -> SessionRequest:
    """Hand a unit's request to the coordinators. It waits there as one that nobody has taken. Raises TakenBy."""
    moment = at or clock.now()
    with transaction.atomic():
        locked = _lock_for(request, by, moment)
        if locked.unit is None:
            raise TakenBy(None)
        unit = locked.unit.slug
        locked.unit, locked.handed_at = None, moment
        # A day that the unit offered is none that others can keep.
        locked.answer, locked.offered_on, locked.answer_text, locked.answered_at = "", None, "", None
        locked.state, locked.taken_by, locked.taken_at = RequestState.NEW, None, None
        _end_chase(locked)
        locked.next_mark_at = get_first_mark(moment)
        locked.save()
        _log("session_request.handed_over", locked, by, unit=unit)
    return locked


def plan_for_request(
    *, request: SessionRequest, by: User, values: Mapping[str, Any], at: datetime | None = None
) -> InformativeSession:
    """Plan the session that was asked for. `values`: of a plan, checked by its form. Raises TakenBy, NotAllowed."""
    moment = at or clock.now()
    with transaction.atomic():
        locked = _lock_for(request, by, moment)
        session = plan_session(by=by, values=values)
        locked.state, locked.session, locked.closed_at = RequestState.PLANNED, session, moment
        # What was answered before no longer holds: the day is the plan's.
        locked.answer, locked.offered_on, locked.answer_text = "", None, ""
        _end_chase(locked)
        locked.save()
        _log("session_request.planned", locked, by, session=session.pk)
    return session


def _lock(request: SessionRequest) -> SessionRequest:
    rows = SessionRequest.objects.select_for_update(of=("self",), no_key=True).select_related("unit", "taken_by")
    return rows.get(pk=request.pk)


def _lock_for(request: SessionRequest, by: User, at: datetime) -> SessionRequest:
    """Lock it for somebody who acts on it, which takes it when nobody has. Raises TakenBy."""
    locked = _lock(request)
    if not locked.is_open:
        raise TakenBy(None)
    if locked.taken_by_id not in (None, by.pk):
        raise TakenBy(locked.taken_by)
    if locked.taken_by_id is None:
        _take(locked, by, at)
    return locked


def _end_chase(locked: SessionRequest) -> None:
    """Let nobody be told any more, and withdraw what was sent."""
    locked.next_mark_at = None
    # Not now: the audit chain is held by then (`outbox.locking`). If the process ends meanwhile, the clock does it.
    transaction.on_commit(partial(withdraw_chase, locked, ANSWERED))


def _take(locked: SessionRequest, by: User, at: datetime) -> None:
    if locked.state == RequestState.NEW:
        locked.state = RequestState.TAKEN
    locked.taken_by, locked.taken_at = by, at


def _read_whole() -> Any:
    return SessionRequest.objects.select_related("unit", "municipality__region", "form_version__form", "session")


def _log(action: str, request: SessionRequest, by: User, **detail: Any) -> None:
    log_event(action, actor=get_actor(by), target_kind=TARGET_KIND, target_id=request.pk, **detail)
