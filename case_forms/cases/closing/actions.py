"""Ask to close a case or to declare it void, decide about it as the second person, and carry it out.

1. A worker of its unit or a coordinator asks: with a reason, what the person wants, the last safe contact, and words
   about what is still open; a high risk, overdue duties and silent police are confirmed one by one. Nothing changes
   yet. Where the procedure says that one person is enough (`closing_approval`), it is closed at once.
2. A coordinator of its region who hasn't asked agrees or refuses, on a page that shows what is open then.
3. Carried out, in one transaction: duties and awaited dates end without counting as met, except duties about the
   person's data, which go on; referrals without an answer end, notices are withdrawn or go on as was decided, links
   end, rules respond to `case_closed`.

Voiding always takes two; besides, everybody who was notified is told that the case is void. Nothing is deleted.
Locks: every notice of the case, then the case (`..locking`), then the audit chain.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from access.models import User
from access.reach import read_reach
from approvals.requests import Decision
from audit import clock
from audit.chain import get_actor, log_event
from case_forms.procedures.definition import Procedure
from notifications.briefs.models import BriefSession
from notifications.directory.models import Role
from notifications.outbox.actions import cancel
from notifications.outbox.models import Notice
from notifications.outbox.states import OPEN

from ..adopting import may_adopt
from ..brief_content import both
from ..deadlines import end_duties
from ..finding.duties import ask_for_answer, end_asking
from ..finding.ending import end_between_units
from ..locking import lock_all_of
from ..models import CLOSING_ASKED, DATA_DUTIES, Case, CaseClosing, CaseEvent, StatusChange
from ..moving.ending import end_moves
from ..referring.following import end_with_case
from ..retention.terms import compute_forget_after
from ..rule_events import CASE_CLOSED, respond_to_closing
from ..statuses.models import StatusDecision
from ..telling_again import list_told
from .models import ClosingAct, PersonsWish
from .open_ends import HIGH_RISK, OpenEnds, find_open_ends
from .reasons import get_reasons, label_reason
from .void_notices import notify_of_void

CASE_VOID = "case_void"
APPROVAL = "closing_approval"  # the setting of the procedure
ONE = "one"  # its value when one person is enough


class CannotClose(Exception):
    """A request or a decision that can't be carried out; nothing has changed.

    `code`: not_allowed, closed, void, asked_already, changed (something else is open than the page showed), no_reason,
    no_wish (nothing says what the person wants), not_confirmed (something speaks against it that wasn't confirmed),
    no_words (something is open, and nothing says why it can end), decided, own_request.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class ClosingRequest:
    """What is asked for. `seen`: the fingerprint of what was open on the page (`open_ends`).

    `wish`: a PersonsWish; `despite`: what was confirmed of `OpenEnds.despite`. Neither is asked when a case is void.
    """

    act: str
    reason: str
    seen: str
    last_contact_on: date | None = None
    contact: str = field(default="", repr=False)
    open: str = field(default="", repr=False)
    note: str = field(default="", repr=False)
    keeps_notices: bool = False
    wish: str = field(default="", repr=False)
    wish_words: str = field(default="", repr=False)
    risk: str = field(default="", repr=False)
    despite: Sequence[str] = ()

    @property
    def words(self) -> dict[str, Any]:
        names = ("contact", "open", "note", "wish", "wish_words", "risk")
        found = {name: getattr(self, name).strip() for name in names} | {"despite": list(self.despite)}
        return {key: text for key, text in found.items() if text}


def needs_second_person(procedure: Procedure) -> bool:
    """Return whether closing a case takes a coordinator besides whoever asks: unless its procedure says no."""
    setting = procedure.settings.get(APPROVAL)
    return setting is None or setting.chosen != ONE


def may_ask(case: Case, user: User) -> bool:
    """Return whether this person may ask to close the case: who works in its unit, or coordinates its region."""
    return case.unit_id in read_reach(user).units or may_adopt(case, user)


def may_decide(closing: CaseClosing, user: User) -> bool:
    """Return whether this person may decide: a coordinator of the case who hasn't asked."""
    return closing.asked_by_id != user.pk and may_adopt(closing.case, user)


@transaction.atomic
def ask_to_close(*, case: Case, wanted: ClosingRequest, by: User) -> CaseClosing:
    """Store what is asked for; where one person is enough, close the case. Raises CannotClose."""
    if not may_ask(case, by):
        raise CannotClose("not_allowed")
    locked = lock_all_of(case)
    if locked.closed_at is not None:
        raise CannotClose("closed")
    reason = get_reasons(wanted.act).get(wanted.reason)
    if reason is None or (reason.needs_words and not wanted.note.strip()):
        raise CannotClose("no_reason")
    ends = find_open_ends(locked)
    _check_seen(ends, wanted.seen)
    if wanted.act == ClosingAct.CLOSE:
        _check_words(ends, wanted)
    needs_two = wanted.act == ClosingAct.VOID or needs_second_person(locked.procedure_version.parsed)
    at = clock.now()
    closing = CaseClosing(
        case=locked,
        act=wanted.act,
        reason=wanted.reason,
        last_contact_on=wanted.last_contact_on,
        words=wanted.words,
        keeps_notices=wanted.keeps_notices and wanted.act == ClosingAct.CLOSE,
        needs_two=needs_two,
        asked_by=by,
        asked_at=at,
    )
    try:
        with transaction.atomic():
            closing.save(force_insert=True)
    except IntegrityError:
        raise CannotClose("asked_already") from None
    if needs_two:
        _ask_coordinator(closing, locked, at)
        _log("case.closing_asked" if wanted.act == ClosingAct.CLOSE else "case.void_asked", closing, by)
    else:
        closing.decide(Decision.AGREED, by, at)
        _carry_out(closing, locked, ends, by, at)
    return closing


@transaction.atomic
def decide_closing(*, closing: CaseClosing, agree: bool, by: User, seen: str = "", answer: str = "") -> CaseClosing:
    """Agree or refuse as the second person. `seen`: as in ClosingRequest, when agreeing. Raises CannotClose."""
    if closing.asked_by_id == by.pk:
        raise CannotClose("own_request")
    if not may_adopt(closing.case, by):
        raise CannotClose("not_allowed")
    case = lock_all_of(closing.case)
    locked = _lock_waiting(closing)
    if agree and case.closed_at is not None:
        raise CannotClose("closed")
    at = clock.now()
    end_asking(case, CLOSING_ASKED, at, by)
    locked.answer(answer)
    if not agree:
        locked.decide(Decision.REFUSED, by, at)
        _log("case.closing_refused", locked, by, asked_by=locked.asked_by_id, act=locked.act)
        return locked
    ends = find_open_ends(case)
    _check_seen(ends, seen)
    locked.decide(Decision.AGREED, by, at)
    _carry_out(locked, case, ends, by, at)
    return locked


@transaction.atomic
def withdraw_closing(*, closing: CaseClosing, by: User) -> None:
    """Withdraw what one has asked for, before it was decided. Raises CannotClose."""
    case = lock_all_of(closing.case)
    locked = _lock_waiting(closing)
    if locked.asked_by_id != by.pk:
        raise CannotClose("not_allowed")
    at = clock.now()
    end_asking(case, CLOSING_ASKED, at, by)
    locked.decide(Decision.WITHDRAWN, by, at)
    _log("case.closing_withdrawn", locked, by, act=locked.act)


def _ask_coordinator(closing: CaseClosing, case: Case, at: datetime) -> None:
    """Begin the task by which a coordinator is asked to decide: told at once, reminded, called."""
    is_void = closing.act == ClosingAct.VOID
    ask_for_answer(
        case=case,
        kind=CLOSING_ASKED,
        label=both(
            lambda: (
                gettext("The case may be void: a coordinator decides")
                if is_void
                else gettext("The case may be closed: a coordinator decides")
            )
        ),
        next_step=both(lambda: gettext("Look at what is still open, and agree or refuse.")),
        at=at,
        detail={"closing": str(closing.pk)},
        owner=Role.COORDINATOR,
    )


def _lock_waiting(closing: CaseClosing) -> CaseClosing:
    locked = CaseClosing.objects.select_related("case").lock_waiting(closing.pk)
    if locked is None:
        raise CannotClose("decided")
    return locked


def _check_seen(ends: OpenEnds, seen: str) -> None:
    if ends.fingerprint != seen:
        raise CannotClose("changed")


def _check_words(ends: OpenEnds, wanted: ClosingRequest) -> None:
    if ends and not wanted.open.strip():
        raise CannotClose("no_words")
    is_said = wanted.wish == PersonsWish.AGREES or wanted.wish_words.strip()
    if wanted.wish not in PersonsWish.values or not is_said:
        raise CannotClose("no_wish")
    if set(ends.despite) - set(wanted.despite) or (HIGH_RISK in ends.despite and not wanted.risk.strip()):
        raise CannotClose("not_confirmed")


def _log(kind: str, closing: CaseClosing, by: User, **detail: Any) -> None:
    log_event(kind, actor=get_actor(by), target_kind="case", target_id=closing.case_id, reason=closing.reason, **detail)


def _carry_out(closing: CaseClosing, case: Case, ends: OpenEnds, by: User, at: datetime) -> None:
    """End what is open in the locked case, and close it."""
    is_void = closing.act == ClosingAct.VOID
    told = list_told(case) if is_void else []
    duties = end_duties(case, at, without=DATA_DUTIES)
    referrals = end_with_case(case, at)
    withdrawn = [*ends.duty_chases, *([] if closing.keeps_notices else [each.id for each in ends.chases])]
    for first in Notice.objects.filter(pk__in=withdrawn).defer("brief", "ladder", "link_token").order_by("owed_at"):
        cancel(notice=first, reason=CASE_VOID if is_void else CASE_CLOSED)
    links = end_links(case, at)
    between = end_between_units(case, by=by, at=at) | {
        "statuses": _end_status_changes(case, by, at),
        "moves": end_moves(case, by, at),
    }
    case.closed_at, case.form_after_closing_at = at, None
    case.voided_at = at if is_void else None
    case.forget_after = compute_forget_after(case, at)
    case.save(update_fields=["closed_at", "voided_at", "form_after_closing_at", "forget_after"])
    closing.ended = {
        "duties": duties,
        "notices": 0 if closing.keeps_notices else len(ends.chases),
        "kept": len(ends.chases) if closing.keeps_notices else 0,
        "referrals": [str(key) for key in referrals],
        "dates": ends.dates,
        "links": links,
        "between": between,
    }
    closing.save(update_fields=["ended"])
    event = CaseEvent.objects.create(
        case=case,
        kind=CASE_VOID if is_void else CASE_CLOSED,
        at=at,
        detail={"closing": str(closing.pk), "reason": closing.reason, "asked_by": closing.asked_by_id, "by": by.pk},
        explanation=[
            {"rule": closing.act, "words": _words(closing, len(duties), len(ends.chases), sum(between.values()))}
        ],
    )
    ended = {key: value for key, value in closing.ended.items() if key != "between"} | between
    counts = {key: len(value) if isinstance(value, list) else value for key, value in ended.items()}
    _log("case.voided" if is_void else "case.closed", closing, by, asked_by=closing.asked_by_id, **counts)
    if is_void:
        notify_of_void(case, event, told, at)
    else:
        respond_to_closing(CASE_CLOSED, case, closing.pk, at, closing.reason)


def _end_status_changes(case: Case, by: User, at: datetime) -> int:
    waiting = StatusChange.objects.waiting().filter(case=case)
    return waiting.update(decision=StatusDecision.ENDED, decided_by=by, decided_at=at)


def end_links(case: Case, at: datetime) -> int:
    """Let the links of the case's settled notices open nothing any more. Notices that go on keep theirs."""
    over = Notice.objects.filter(case_id=case.pk, link_revoked_at__isnull=True).exclude(state__in=OPEN)
    keys = list(over.values_list("pk", flat=True))
    Notice.objects.filter(pk__in=keys).update(link_revoked_at=at)
    ended = Notice.objects.filter(case_id=case.pk, link_revoked_at__isnull=False).values("pk")
    BriefSession.objects.filter(notice__in=ended, closed_at__isnull=True).update(closed_at=at)
    return len(keys)


def _words(closing: CaseClosing, duties: int, notices: int, between: int) -> dict[str, str]:
    """Word what was done, for the case's course."""

    def write() -> str:
        if closing.act == ClosingAct.VOID:
            text = gettext("The case was declared void: %(reason)s. It counts in no number.")
        else:
            text = gettext("The case was closed: %(reason)s.")
        said = [text % {"reason": label_reason(closing.act, closing.reason)}]
        if duties:
            said.append(gettext("Duties that were not done end with it: %(count)d.") % {"count": duties})
        if notices and closing.keeps_notices:
            said.append(gettext("Notices without an answer go on: %(count)d.") % {"count": notices})
        elif notices:
            said.append(gettext("Notices without an answer were withdrawn: %(count)d.") % {"count": notices})
        if between:
            words = gettext("Requests, transfers and proposals that had no answer end with it: %(count)d.")
            said.append(words % {"count": between})
        return " ".join(said)

    return both(write)
