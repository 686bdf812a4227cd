"""The timeline of a case's notices, for the unit's page and the field API.

Eight queries, whatever its length, and a few for each notice that has nobody: whom to phone.

A line says what became of one notice and when, how long each step took, which mark of its clock has passed, and what
happens next. `loud` is true when a person should look now: nobody could be notified, sending fails, or the time is up.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone, translation
from django.utils.translation import get_language

from access.models import localize
from notifications.briefs.pin import WrongPins, wrong_pins
from notifications.directory.chain import is_outside_area
from notifications.directory.models import Role
from notifications.outbox.escalation_policy import is_daily
from notifications.outbox.labels import channel_label
from notifications.outbox.models import AnsweredBy, Dispatch, Notice, Purpose, Reply, ReplyKind
from notifications.outbox.states import NO_CONTACT, SETTLED, NoticeState
from notifications.outbox.ways.models import DispatchState

from .calling import ToCall, has_nobody, numbers_to_call
from .models import TAKEN_BACK, Case, CaseEvent, Deadline, DeadlineKind, Referral
from .talk.shown import TalkCount, count_talk
from .talk.writing import QUESTION, WORD
from .task_pages.reading import read_text

# The marks of a clock, worst first.
MARKS = ("breach", "red", "amber")
ROLES = Role.values  # the police first


@dataclass(frozen=True)
class Moment:
    """One moment in a notice's life.

    `name` is owed, sent, opened, ...; `minutes` are counted since it was created.
    """

    name: str
    at: datetime
    minutes: int


@dataclass(frozen=True)
class Answer:
    """One reply. `note` is what the recipient wrote; it is sealed at rest and never leaves by the API."""

    kind: str
    kind_label: str
    reason: str
    at: datetime
    to_municipality: str | None = None
    note: str | None = field(default=None, repr=False)
    details: dict[str, str] | None = field(default=None, repr=False)
    minutes: int | None = None  # until whoever is on the way is there
    by_label: str = ""  # how it was given, where that wasn't on the notice's page


@dataclass(frozen=True)
class WayLine:
    """How a notice goes out by one way beside e-mail: the state of its newest sending there, and since when."""

    channel: str
    label: str
    state: str  # a DispatchState; "" where it wasn't needed any more
    state_label: str
    at: datetime


@dataclass(frozen=True)
class NoticeLine:
    """One notice of the timeline. Times are aware; labels are in the active language.

    `phone` is the number to call when it is loud; `to_call` are those to phone when there is nobody to notify. A
    contact
    who has left counts as nobody.
    """

    id: UUID
    code: str
    role: str
    role_label: str
    purpose: str
    purpose_label: str
    chases: UUID | None
    recipient: str | None
    contact: str | None
    phone: str
    municipality: str
    state: str
    state_label: str
    reason: str
    attempts: int
    owed_at: datetime
    sent_at: datetime | None
    delivered_at: datetime | None
    opened_at: datetime | None
    accepted_at: datetime | None
    declined_at: datetime | None
    escalated_at: datetime | None
    closed_at: datetime | None
    cancelled_at: datetime | None
    answer_by: datetime | None
    moments: tuple[Moment, ...]
    answers: tuple[Answer, ...]
    mark: str  # "", amber, red, breach: the worst mark passed without an acceptance
    minutes_open: int | None  # since it was created, while nobody has taken it
    minutes_left: int | None  # until answer_by, negative when it is past; None when settled or without one
    next_step: str | None  # send, resolve, remind, deputy, call; list: the coordinator's list of the day
    next_step_at: datetime | None
    is_unresolved: bool  # there is nobody to notify
    is_outside_area: bool  # the recipient's office answers for other places
    to_call: tuple[ToCall, ...]
    loud: bool
    repeats: int = 0  # how often a reminder or a call was sent again
    wrong_pins: int = 0  # entered since it opened last, while an answer is awaited; 0 below a whole round
    locked_until: datetime | None = None  # no PIN opens it before
    ways: tuple[WayLine, ...] = ()
    is_unread: bool = False  # accepted from a telephone, and not opened yet

    @property
    def is_settled(self) -> bool:
        return self.state in SETTLED

    @property
    def is_over(self) -> bool:
        """Whether it is withdrawn, declined or closed: nobody acts on it any more."""
        return self.is_settled and self.state != NoticeState.ACCEPTED


@dataclass(frozen=True)
class DeadlineLine:
    """One deadline or task.

    `mark` is the worst mark passed before it was met; `minutes_left` counts to the next mark. `owner`: whose duty it
    is and `next_step` what is to be done, in words, "" where nobody and nothing is named; `chase`: the first of the
    notices by which its owner is told; `by_another`: somebody else than the sender has to do it; `to_finish`:
    the id of a task that no form answers and that waits to be said to be done.
    """

    key: str
    label: str
    starts_at: datetime
    amber_at: datetime | None
    red_at: datetime | None
    breach_at: datetime | None
    met_at: datetime | None
    notice: UUID | None
    mark: str
    next_mark: str | None
    minutes_left: int | None
    minutes_taken: int | None
    owner: str = ""
    next_step: str = ""
    chase: UUID | None = None
    is_task: bool = False
    by_another: bool = False
    ended_at: datetime | None = None  # with its case, without being met
    to_finish: int | None = None
    form: str = ""  # the key of the form that meets it, "": no form does
    talk: UUID | None = None  # of a question: the notice whose conversation it stands in

    @property
    def is_over(self) -> bool:
        return self.met_at is not None or self.ended_at is not None


@dataclass(frozen=True)
class ReferralLine:
    id: UUID
    partner: str
    services: list[str]
    state: str
    state_label: str
    made_at: datetime
    answered_at: datetime | None


@dataclass(frozen=True)
class EventLine:
    """One event of the case. `detail` holds codes and ids only."""

    kind: str
    at: datetime
    notice: UUID | None
    detail: dict[str, Any]


@dataclass(frozen=True)
class Timeline:
    """The notices, deadlines, referrals and events of one case. `is_closed`: whether the case is."""

    notices: list[NoticeLine]
    deadlines: list[DeadlineLine]
    referrals: list[ReferralLine]
    events: list[EventLine]
    is_closed: bool = False
    talk: Mapping[UUID, TalkCount] = field(default_factory=dict)  # by the first notice of a chain

    @property
    def loud(self) -> bool:
        return any(line.loud for line in self.notices)

    @property
    def is_settled(self) -> bool:
        """Whether no further step is scheduled."""
        return all(line.is_settled for line in self.notices)


def build_timeline(case: Case, *, now: datetime | None = None, language: str | None = None) -> Timeline:
    """Build the timeline of one case at this moment (default: now), partner names and labels in this language."""
    moment = now or timezone.now()
    with translation.override(language or get_language()):
        return _timeline(case, moment, language)


def _timeline(case: Case, moment: datetime, language: str | None) -> Timeline:
    notices = notice_lines(Notice.objects.shown().filter(case_id=case.pk), now=moment, language=language)
    return Timeline(
        notices=notices,
        talk=count_talk(line.id for line in notices if line.chases is None),
        deadlines=[
            _deadline(row, moment, language) for row in Deadline.objects.filter(case=case).select_related("event")
        ],
        referrals=[_referral(row, language) for row in Referral.objects.filter(case=case).select_related("partner")],
        events=[
            EventLine(row.kind, row.at, row.notice_id, row.detail)
            for row in CaseEvent.objects.filter(case=case).exclude(kind=TAKEN_BACK).defer("explanation")
        ],
        is_closed=case.closed_at is not None,
    )


def notice_lines(notices: Any, *, now: datetime, language: str | None = None) -> list[NoticeLine]:
    """Build lines for a queryset of notices, oldest first, the police first among those of one moment.

    Four queries.
    """
    rows = list(
        notices.select_related("contact", "contact__partner", "partner", "municipality", "unit")
        # Sealed columns, which no line shows.
        .defer("brief", "link_token")
        .order_by("owed_at", "pk")
    )
    # In Python: the notices of one event share `owed_at`, and the order of roles is not that of their codes.
    rows.sort(key=lambda notice: (notice.owed_at, ROLES.index(notice.role)))
    replies: dict[UUID, list[Reply]] = defaultdict(list)
    for reply in Reply.objects.filter(notice__in=[row.pk for row in rows]).select_related("to_municipality"):
        replies[reply.notice_id].append(reply)
    wrong = wrong_pins(row.pk for row in rows if row.is_open)
    to_call = numbers_to_call(rows, now, language)
    ways = _get_ways(row.pk for row in rows)
    return [
        _line(row, replies[row.pk], wrong.get(row.pk), to_call.get(row.pk, ()), ways.get(row.pk, ()), now, language)
        for row in rows
    ]


def _line(
    notice: Notice,
    replies: Iterable[Reply],
    wrong: WrongPins | None,
    to_call: tuple[ToCall, ...],
    ways: tuple[WayLine, ...],
    now: datetime,
    language: str | None,
) -> NoticeLine:
    # A clock stops with the acceptance, and at the latest when the notice is closed or withdrawn.
    mark = "" if notice.accepted_at else _worst_mark(notice, notice.closed_at or notice.cancelled_at or now)
    settled = notice.state in SETTLED
    unresolved = has_nobody(notice)
    # The row may still hold the contact who has left; their name and number must not be offered to call.
    contact = None if unresolved else notice.contact
    late = bool(notice.answer_by and notice.answer_by <= now and not settled)
    step, step_at = _next_step(notice)
    office = notice.partner or (notice.contact.partner if notice.contact else None)
    return NoticeLine(
        id=notice.pk,
        code=notice.code,
        role=notice.role,
        role_label=str(Role(notice.role).label),
        purpose=notice.purpose,
        purpose_label=str(Purpose(notice.purpose).label),
        chases=notice.chases_id,
        recipient=localize(office.names, language) if office else None,
        contact=contact.name if contact else None,
        phone=contact.phone if contact else "",
        municipality=notice.municipality.name,
        state=notice.state,
        state_label=str(NoticeState(notice.state).label),
        reason=notice.reason,
        attempts=notice.attempts,
        owed_at=notice.owed_at,
        sent_at=notice.sent_at,
        delivered_at=notice.delivered_at,
        opened_at=notice.opened_at,
        accepted_at=notice.accepted_at,
        declined_at=notice.declined_at,
        escalated_at=notice.escalated_at,
        closed_at=notice.closed_at,
        cancelled_at=notice.cancelled_at,
        answer_by=notice.answer_by,
        moments=_moments(notice),
        answers=tuple(_answer(reply) for reply in replies),
        mark=mark,
        minutes_open=None if settled else _minutes(notice.owed_at, now),
        minutes_left=_minutes(now, notice.answer_by) if notice.answer_by and not settled else None,
        next_step=step,
        next_step_at=step_at,
        is_unresolved=unresolved,
        is_outside_area=contact is not None and is_outside_area(notice.role, contact.partner, notice.municipality),
        to_call=to_call,
        loud=not settled and (unresolved or late or notice.state == NoticeState.FAILED or bool(mark) or bool(wrong)),
        repeats=notice.repeats,
        wrong_pins=wrong.tries if wrong else 0,
        locked_until=wrong.until if wrong and wrong.until > now else None,
        is_unread=notice.state == NoticeState.ACCEPTED and notice.opened_at is None,
        ways=ways,
    )


def _get_ways(notices: Iterable[UUID]) -> dict[UUID, tuple[WayLine, ...]]:
    """Return by which other ways these notices went out, the newest sending of each way. One query."""
    newest: dict[UUID, dict[int, Dispatch]] = defaultdict(dict)
    rows = Dispatch.objects.filter(notice__in=list(notices)).exclude(state=DispatchState.NOT_NEEDED)
    for row in rows.order_by("number", "owed_at", "way_id"):
        newest[row.notice_id][row.way_id] = row
    return {notice: tuple(_way(row) for row in by_way.values()) for notice, by_way in newest.items()}


def _way(row: Dispatch) -> WayLine:
    is_retried = row.state == DispatchState.WAITING and row.error_code
    return WayLine(
        channel=row.channel,
        label=channel_label(row.channel),
        state=DispatchState.FAILED if is_retried else row.state,
        state_label=str(NoticeState.FAILED.label if is_retried else DispatchState(row.state).label),
        at=row.delivered_at or row.taken_at or row.owed_at,
    )


def _moments(notice: Notice) -> tuple[Moment, ...]:
    """List what has happened to the notice, in the order of time."""
    names = (
        "owed",
        "sent",
        "repeated",
        "delivered",
        "opened",
        "accepted",
        "declined",
        "escalated",
        "closed",
        "cancelled",
    )
    happened = [(name, at) for name in names if (at := getattr(notice, f"{name}_at")) is not None]
    return tuple(
        Moment(name, at, _minutes(notice.owed_at, at)) for name, at in sorted(happened, key=lambda moment: moment[1])
    )


def _answer(reply: Reply) -> Answer:
    return Answer(
        kind=reply.kind,
        kind_label=str(ReplyKind(reply.kind).label),
        reason=reply.reason,
        at=reply.at,
        to_municipality=reply.to_municipality.name if reply.to_municipality else None,
        note=reply.note,
        details=reply.details,
        minutes=reply.minutes,
        by_label="" if reply.by == AnsweredBy.PAGE else str(AnsweredBy(reply.by).label),
    )


def _next_step(notice: Notice) -> tuple[str | None, datetime | None]:
    """Return what happens next by itself, and when: the earlier of the next attempt and the ladder's next step."""
    steps: list[tuple[datetime, str]] = []
    if notice.next_attempt_at is not None:
        steps.append((notice.next_attempt_at, "resolve" if notice.reason == NO_CONTACT else "send"))
    if notice.next_step_at is not None and notice.ladder:
        # The last step of a ladder repeats: the counter may have gone beyond the list.
        step = notice.ladder[min(notice.ladder_step, len(notice.ladder) - 1)]
        daily = is_daily(notice.ladder, notice.ladder_step, notice.owed_at, notice.next_step_at)
        steps.append((notice.next_step_at, "list" if daily else step["do"]))
    if not steps:
        return None, None
    at, step_name = min(steps)
    return step_name, at


def _deadline(row: Deadline, now: datetime, language: str | None) -> DeadlineLine:
    over_at = row.met_at or row.ended_at
    until = over_at or now
    ahead = [(at, mark) for mark in MARKS if (at := getattr(row, f"{mark}_at")) is not None and at > until]
    next_at, next_mark = min(ahead, default=(None, None))
    written = read_text(row, language)
    return DeadlineLine(
        key=row.key,
        # Whoever may see the case reads what was written down for it, and needs no word of where it stands.
        label=written or localize(row.label, language),
        starts_at=row.starts_at,
        amber_at=row.amber_at,
        red_at=row.red_at,
        breach_at=row.breach_at,
        met_at=row.met_at,
        notice=row.notice_id,
        mark=_worst_mark(row, until),
        next_mark=None if over_at else next_mark,
        minutes_left=_minutes(now, next_at) if next_at and not over_at else None,
        minutes_taken=_minutes(row.starts_at, row.met_at) if row.met_at else None,
        # One beside a notice is its recipient's, unless it has steps of its own.
        owner=str(Role(row.owner).label) if row.owner and (row.ladder or not row.notice_id) else "",
        next_step=localize(row.next_step, language) if row.next_step and not written else "",
        chase=row.chase_id,
        is_task=row.kind == DeadlineKind.TASK,
        by_another=row.not_by_id is not None,
        ended_at=row.ended_at,
        form=row.form,
        talk=row.event.notice_id if row.key in (QUESTION, WORD) else None,
        to_finish=row.pk if row.is_to_finish and not over_at else None,
    )


def _referral(row: Referral, language: str | None) -> ReferralLine:
    return ReferralLine(
        id=row.pk,
        partner=localize(row.partner.names, language),
        services=list(row.services),
        state=row.state,
        state_label=str(row.get_state_display()),
        made_at=row.made_at,
        answered_at=row.answered_at,
    )


def _worst_mark(clock: Any, at: datetime) -> str:
    """Return the worst of amber, red, breach that has passed at this time; "" when none has."""
    for mark in MARKS:
        due = getattr(clock, f"{mark}_at")
        if due is not None and due <= at:
            return mark
    return ""


def _minutes(since: datetime, until: datetime) -> int:
    """Count whole minutes between two times, rounded down."""
    return int((until - since).total_seconds() // 60)
