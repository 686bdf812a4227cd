"""Record a recipient's answer, whoever asks for it: the room's pages, a command, a test.

What `answer` does, in one transaction:

1. locks the notice with its escalation chain and looks whether the same answer was already given (a double tap): then
   that reply is returned;
2. checks the answer against the closed lists and the state machine;
3. writes the Reply and the notice's state and times; a settled notice has no next step, and a holder that may still be
   sending it loses its fencing token;
4. settles the escalation chain: once somebody accepts, nobody else of it is asked any more; when somebody declines, the
   rest of it takes its next step now;
5. writes the audit entry and sends the signal to the rooms above (`notice_answered`).
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from access.models import Municipality
from audit import clock
from audit.chain import Actor, log_event
from notifications import signals
from notifications.outbox.actions import mark_answered_unread, mark_opened
from notifications.outbox.escalation_chain import RELEASED_FIELDS, release, settle_others
from notifications.outbox.locking import lock_chase
from notifications.outbox.models import AnsweredBy, Notice, Reply, ReplyKind
from notifications.outbox.states import (
    ANSWERED,
    NOTHING_LEFT,
    REPLACED,
    TAKEN,
    TRANSITIONS,
    WRONG_AREA,
    NoticeState,
)

from .choices import (
    DETAILS,
    NEEDS_NOTE,
    NOT_ASKED,
    can_report_another_outcome,
    get_answer_kinds,
    get_decline_reasons,
    get_outcomes,
    get_reasons,
)

NOTE_LENGTH = 2000
MAX_MINUTES = 600  # until somebody who is on the way is there

# The state that an answer leads to. An outcome closes; "on the way" accepts, too, where nobody had accepted before.
TARGETS: dict[str, NoticeState] = {
    ReplyKind.ACCEPTED: NoticeState.ACCEPTED,
    ReplyKind.ON_THE_WAY: NoticeState.ACCEPTED,
    ReplyKind.DECLINED: NoticeState.DECLINED,
    ReplyKind.WRONG_AREA: NoticeState.DECLINED,
    ReplyKind.OUTCOME: NoticeState.CLOSED,
}

REFUSALS: dict[str, str | Promise] = {
    "unknown_answer": _("Choose one of the answers on this page."),
    "reason_missing": _("Choose a reason from the list."),
    "outcome_missing": _("Choose what happened from the list."),
    "municipality_missing": _("Choose the municipality this notice belongs to."),
    "same_municipality": _("This notice already belongs to that municipality. Choose another one."),
    "note_missing": _("Write in the note what happened."),
    "details_elsewhere": _(
        "A number or a prosecutor belongs to “Registered an investigation”. Choose that, or clear the fields."
    ),
    "minutes_wrong": _("Write the minutes as a number from 1 to 600, or leave the field empty."),
    "details_too_long": _("The number has at most 60 characters and the prosecutor's name at most 120."),
    "note_too_long": _("The note is too long. Write at most 2000 characters."),
    "not_accepted": _("Accept the notice first; then you can report the outcome."),
    "declined": _("You have already passed this notice on. Call the unit if that was a mistake."),
    "taken": _("Somebody else has already taken this notice. You don't need to do anything."),
    "answered": _("You have already answered this through another notice. You don't need to do anything."),
    "nothing_left": _(
        "Everything on this list has been answered, or is on another one. You don't need to do anything."
    ),
    "replaced": _(
        "This notice goes on in a newer one, with whoever is on duty now. You don't need to do anything here."
    ),
    "closed": _("This notice is closed. Call the unit if something has changed."),
    "withdrawn": _("This notice was withdrawn. You don't need to do anything."),
}


class AnswerRefused(Exception):
    """Raised for an answer that can't be taken. `code` is a key of REFUSALS; `words` tell the recipient what to do."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    @property
    def words(self) -> str:
        return str(REFUSALS[self.code])

    @property
    def where(self) -> str:
        """The part of the answer to correct: "note", "details" or "choice"."""
        return {"note_missing": "note", "note_too_long": "note", "minutes_wrong": "minutes"}.get(
            self.code, "details" if self.code.startswith("details_") else "choice"
        )


@transaction.atomic
def answer(
    *,
    notice: Notice,
    kind: str,
    reason: str = "",
    to_municipality: Municipality | None = None,
    note: str = "",
    details: Mapping[str, str] | None = None,
    minutes: str = "",
    by: str = AnsweredBy.PAGE,
    at: datetime | None = None,
) -> Reply:
    """Record one answer to a notice. The same answer again returns the first reply and changes nothing.

    kind: a ReplyKind value. reason: a code of choices.REASONS (declined) or choices.OUTCOMES (outcome).
    to_municipality: where a wrong_area notice belongs. details: what choices.DETAILS asks beside that outcome, by
    key; what belongs to another outcome is refused, so that nothing typed is lost unseen. minutes: until somebody on
    the way is there, as it was typed; "" where nothing was. by: an AnsweredBy value; from a telephone the brief isn't
    opened, and no reason is asked for. Returns the Reply; `reply.notice` is the notice as it stands now. Raises
    AnswerRefused; nothing is written then.
    """
    moment = at or clock.now()
    members = lock_chase(notice)
    locked = next(member for member in members if member.pk == notice.pk)
    given = {key: text.strip() for key, text in (details or {}).items() if text.strip()}
    earlier = _same_answer(locked, kind, reason, to_municipality, given, note.strip())
    if earlier is not None:
        return earlier
    _check(locked, kind, reason, to_municipality, note, given, by)
    arrives_in = _read_minutes(minutes) if kind == ReplyKind.ON_THE_WAY else None
    # A check constraint: nothing is accepted or declined without a time of opening, or word that there was none.
    if not locked.opened_at:
        if by == AnsweredBy.PAGE:
            mark_opened(notice=locked, at=moment)
        else:
            mark_answered_unread(notice=locked, by=by, at=moment)
    reply = Reply.objects.create(
        notice=locked,
        kind=kind,
        by=by,
        reason=reason if get_reasons(kind) else "",
        to_municipality=to_municipality if kind == ReplyKind.WRONG_AREA else None,
        note=note.strip() or None,
        details=given or None,
        minutes=arrives_in,
        at=moment,
    )
    _settle(locked, kind, moment)
    settle_others(locked, members, kind, reply.reason, moment)
    log_event(
        f"notice.{kind}",
        actor=Actor("contact", str(locked.contact_id or "")),
        target_kind="notice",
        target_id=locked.pk,
        reply=reply.pk,
        reason=reply.reason,
        by=by,
        to=to_municipality.slug if reply.to_municipality and to_municipality else "",
    )
    # In this transaction: the case's timeline and the next step of the escalation stand or fall with the answer.
    signals.notice_answered.send(sender=Notice, notice=locked, reply=reply)
    return reply


def _read_minutes(typed: str) -> int | None:
    typed = typed.strip()
    if not typed:
        return None
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 3 and 1 <= int(typed) <= MAX_MINUTES):
        raise AnswerRefused("minutes_wrong")
    return int(typed)


def _same_answer(
    notice: Notice, kind: str, reason: str, to_municipality: Municipality | None, details: dict[str, str], note: str
) -> Reply | None:
    """Return the reply that a second tap repeats, as long as it is valid. "On the way" counts as "accepted"."""
    if notice.state != TARGETS.get(kind):
        return None
    said = [ReplyKind.ACCEPTED, ReplyKind.ON_THE_WAY] if kind == ReplyKind.ACCEPTED else [kind]
    same = notice.replies.filter(kind__in=said)
    if get_reasons(kind):
        same = same.filter(reason=reason)
    if kind == ReplyKind.WRONG_AREA:
        same = same.filter(to_municipality=to_municipality)
    if kind == ReplyKind.OUTCOME and can_report_another_outcome(notice):
        # Sealed values can't be filtered for. A number that is reported later is news, not a second tap.
        return next((reply for reply in same if (reply.details or {}, reply.note or "") == (details, note)), None)
    return same.last()


def _check(
    notice: Notice,
    kind: str,
    reason: str,
    to_municipality: Municipality | None,
    note: str,
    details: Mapping[str, str],
    by: str,
) -> None:
    if kind not in get_answer_kinds(notice):
        raise AnswerRefused("unknown_answer")
    refusal = get_refusal(notice, kind)
    if refusal:
        raise AnswerRefused(refusal)
    if kind == ReplyKind.DECLINED and reason not in _get_possible_reasons(notice, by):
        raise AnswerRefused("reason_missing")
    if kind == ReplyKind.OUTCOME and reason not in get_outcomes(notice):
        raise AnswerRefused("outcome_missing")
    if kind == ReplyKind.OUTCOME and reason in NEEDS_NOTE and not note.strip():
        raise AnswerRefused("note_missing")
    longest = {key: most for key, _label, most in DETAILS.get(reason, ())} if kind == ReplyKind.OUTCOME else {}
    if details.keys() - longest.keys():
        raise AnswerRefused("details_elsewhere")
    if any(len(text) > longest[key] for key, text in details.items()):
        raise AnswerRefused("details_too_long")
    if kind == ReplyKind.WRONG_AREA and to_municipality is None:
        raise AnswerRefused("municipality_missing")
    if kind == ReplyKind.WRONG_AREA and to_municipality == notice.municipality:
        raise AnswerRefused("same_municipality")
    if len(note) > NOTE_LENGTH:
        raise AnswerRefused("note_too_long")


def _get_possible_reasons(notice: Notice, by: str) -> Collection[str]:
    """Return the codes of the reasons to decline: one of the page's, or that a telephone was asked for none."""
    return get_decline_reasons(notice) if by == AnsweredBy.PAGE else (NOT_ASKED,)


def get_refusal(notice: Notice, kind: str) -> str:
    """Return why this kind of answer can't be given now: a key of REFUSALS, or "" when it can."""
    state = NoticeState(notice.state)
    if state == NoticeState.CANCELLED:
        return "withdrawn"
    if state == NoticeState.DECLINED:
        return "declined"
    if state == NoticeState.CLOSED:
        if kind == ReplyKind.OUTCOME and can_report_another_outcome(notice):
            return ""
        if notice.accepted_at:
            return "closed"
        return notice.reason if notice.reason in (ANSWERED, REPLACED, NOTHING_LEFT) else TAKEN
    if kind == ReplyKind.OUTCOME:
        return "" if state == NoticeState.ACCEPTED else "not_accepted"
    target = TARGETS[kind]
    # A notice that nobody has opened yet may be answered: `answer` marks it as opened on the way.
    after_opening = TRANSITIONS[NoticeState.OPENED] if NoticeState.OPENED in TRANSITIONS[state] else frozenset()
    reachable = state == target or target in TRANSITIONS[state] | after_opening
    return "" if reachable else "unknown_answer"


def _settle(notice: Notice, kind: str, moment: datetime) -> None:
    """Write the notice's new state and times."""
    target = TARGETS[kind]
    release(notice)
    notice.state = target
    if target == NoticeState.ACCEPTED:
        notice.accepted_at = notice.accepted_at or moment
    elif target == NoticeState.DECLINED:
        notice.declined_at = moment
        notice.reason = WRONG_AREA if kind == ReplyKind.WRONG_AREA else ""
    else:
        notice.closed_at = notice.closed_at or moment
    notice.save(update_fields=["state", "reason", "accepted_at", "declined_at", "closed_at", *RELEASED_FIELDS])
