"""The case page's dashboard: one card for each recipient, with its reminders, deputies and calls inside."""

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from access.languages import DEFAULT_LANGUAGE
from access.models import localize
from notifications.briefs.choices import get_reason_label, label_details
from notifications.briefs.models import PinTry
from notifications.briefs.talk.models import TalkMessage
from notifications.briefs.talk.thread import ABOUT, TALK_PURPOSES
from notifications.directory.areas import OWN_ROLES
from notifications.directory.models import Role
from notifications.outbox.escalation_chain import NOT_REACHED
from notifications.outbox.models import Notice, Purpose, Reply, ReplyKind
from notifications.outbox.states import REPLACED, NoticeState

from .labels import without_codes
from .models import Case, Deadline, Referral, ReferralStep
from .talk.shown import NO_TALK, TalkCount
from .timeline import MARKS, Answer, DeadlineLine, NoticeLine, ReferralLine, Timeline
from .urgency import BEARERS, TO_COORDINATORS, is_last_word

CALLS = (Purpose.CALL, Purpose.FALLBACK)
SOON_MINUTES = 14 * 24 * 60  # until the next mark of a duty that is listed as what to do next
HEIRS = (Purpose.REROUTE, Purpose.DEPUTY, Purpose.INSTEAD)
# Who comes first on the page among cards of the same urgency.
ORDER = (
    Role.POLICE,
    Role.CPU,
    Role.MOBILE_UNIT,
    Role.RESPONSIBLE_AUTHORITY,
    Role.PROTECTION_SERVICE,
    Role.HEALTH,
    Role.SOCIAL_SERVICE,
    Role.PSYCHOLOGIST,
    Role.SCHOOL,
    Role.LEGAL_AID,
    Role.EMBASSY_DESK,
    Role.COORDINATOR,
)


@dataclass(frozen=True)
class ReplyInWords:
    """One answer in words."""

    kind: str
    words: str
    reason: str
    at: datetime
    to_municipality: str
    note: str = field(default="", repr=False)
    details: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    minutes: int | None = None
    by: str = ""  # "by SMS", where the answer didn't come from the notice's page


@dataclass(frozen=True)
class Card:
    """One recipient: the first notice and what chased it. `state` is what a badge shows for the whole chase.

    `duty`: what its owner is told of, where the notice is about a duty of the case. `is_closed`: its case is.
    """

    line: NoticeLine
    chasers: list[NoticeLine]
    deadlines: list[DeadlineLine]
    duty: DeadlineLine | None = None
    is_closed: bool = False
    talk: TalkCount = NO_TALK

    @property
    def can_talk(self) -> bool:
        """Whether there can be a conversation with its recipient (`briefs.talk.thread.has_talk`)."""
        return self.line.purpose in ABOUT and self.line.role not in OWN_ROLES

    @property
    def is_only_a_way_back(self) -> bool:
        """Whether it only sends its recipient back to their notice, and nobody need look after it."""
        return self.line.purpose in TALK_PURPOSES and not self.must_call

    @property
    def state(self) -> str:
        if self.taken is not None:
            return NoticeState.ACCEPTED.value
        return "no_contact" if self.nobody or self.is_dropped else self.current.state

    @property
    def taken(self) -> NoticeLine | None:
        """The notice of this chase that somebody accepted.

        A coordinator taking the call doesn't count, nor does who accepted first and then said that it belongs to
        another area.
        """
        chase = [self.line, *(line for line in self.chasers if line.purpose not in TO_COORDINATORS)]
        return next((line for line in chase if line.accepted_at and not line.declined_at), None)

    @property
    def current(self) -> NoticeLine:
        """The notice of whoever is asked now.

        The first one, or, when that is over and nobody has taken it, the one it went on to.
        """
        if not self.line.is_settled or self.taken is not None:
            return self.line
        heirs = [line for line in self.chasers if line.purpose in HEIRS and not line.is_settled]
        return heirs[-1] if heirs else self.line

    @property
    def nobody(self) -> NoticeLine | None:
        """The notice of this chase that has nobody: the first, or the heir of one that is over.

        `NoticeQuerySet.nobody_reached` says the same in SQL.
        """
        if self.taken is not None:
            return None
        lines = [self.line, *self.chasers]
        over = {line.id for line in lines if line.is_settled}
        return next((line for line in lines if line.is_unresolved and (line is self.line or line.chases in over)), None)

    @property
    def is_untold(self) -> bool:
        """Whether nobody of the role has been sent anything yet."""
        return not any(line.sent_at for line in (self.line, *self.chasers) if line.role == self.line.role)

    @property
    def is_dropped(self) -> bool:
        """Whether it was declined, and of those who could take it nobody is asked any more.

        `urgency.dropped` says the same in SQL. In a closed case nobody needs to be found.
        """
        lines = [self.line, *self.chasers]
        is_asked = any(line.purpose in BEARERS and not line.is_settled and not line.is_unresolved for line in lines)
        return (
            not self.is_closed
            and self.taken is None
            and not is_asked
            and any(map(is_last_word, lines))
            and not any(_has_reached(line) for line in lines)
        )

    @property
    def callers(self) -> list[NoticeLine]:
        """The calls to coordinators who have been asked, or are being asked now; none without a contact."""
        return [line for line in self.chasers if line.purpose in CALLS and line.contact and not line.is_over]

    @property
    def clock(self) -> str:
        """The state of the clock while nobody has accepted: "" | amber | red | breach | late."""
        line = self.current
        if self.taken is not None or line.is_settled:
            return ""
        if line.mark:
            return line.mark
        is_late = line.minutes_left is not None and line.minutes_left < 0
        return "late" if is_late else ""

    @property
    def counts_down(self) -> bool:
        """Whether the time until the answer is due is shown. No other clock of this card is counted beside it."""
        waits = self.taken is None and not self.line.is_settled and not self.line.is_unresolved
        return waits and self.line.minutes_left is not None and self.line.minutes_left >= 0

    @property
    def locked(self) -> list[NoticeLine]:
        """The notices that were opened with a wrong PIN again and again, while nobody has taken the duty."""
        return [] if self.taken is not None else [line for line in (self.line, *self.chasers) if line.wrong_pins]

    @property
    def must_call(self) -> bool:
        """Whether somebody should phone.

        The ladder has come to calling, or nobody else can be reached, or whoever is to call is silent.
        """
        if self.nobody is not None or self.is_dropped:
            return True
        if self.taken is not None:
            return False
        if self.current.is_settled:
            return any(line.loud for line in self.chasers)
        calls = (line for line in self.chasers if line.purpose in CALLS and line.state != NoticeState.CANCELLED)
        return self.current.loud or bool(self.locked) or any(calls)

    @property
    def is_reminder(self) -> bool:
        """Whether it tells one of Vatra's own people of a duty."""
        return self.line.purpose == Purpose.DUTY and self.line.role in (Role.MOBILE_UNIT, Role.COORDINATOR)

    @property
    def is_withdrawn(self) -> bool:
        """Whether it was withdrawn before anybody took or answered it: it asks nothing of anybody any more."""
        is_cancelled = self.line.state == NoticeState.CANCELLED and self.current.is_settled
        return is_cancelled and self.taken is None and not self.must_call and not self.replies

    @property
    def call(self) -> NoticeLine | None:
        """The line whose number to call: the recipient's, else that of the coordinator who was notified instead."""
        chase = [self.current, self.line, *self.chasers]
        return next((line for line in chase if line.phone), None) if self.must_call else None

    @property
    def replies(self) -> list[ReplyInWords]:
        answers = [answer for line in (self.line, *self.chasers) for answer in line.answers]
        return [_in_words(answer) for answer in sorted(answers, key=lambda answer: answer.at)]


@dataclass(frozen=True)
class Dashboard:
    """The cards of a case: urgent ones first, then police, child protection, the authority.

    `clocks`: deadlines that belong to no single notice.
    """

    cards: list[Card]
    clocks: list[DeadlineLine]
    referrals: list[ReferralLine]

    @property
    def to_do(self) -> list[DeadlineLine]:
        """The duties that wait and that somebody should think of now, those that are late first."""
        return sorted((line for line in self.clocks if not line.is_over and _is_soon(line)), key=_by_urgency)

    @property
    def later(self) -> list[DeadlineLine]:
        """The duties that wait and have time."""
        return sorted((line for line in self.clocks if not line.is_over and not _is_soon(line)), key=_by_urgency)

    @property
    def done(self) -> list[DeadlineLine]:
        """The duties that were met, or ended with their case."""
        return [line for line in self.clocks if line.is_over]

    @property
    def standing(self) -> list[Card]:
        """The cards of what is asked, or was answered."""
        return [card for card in self.cards if not card.is_withdrawn and not card.is_reminder]

    @property
    def reminders(self) -> list[Card]:
        """The cards by which Vatra's own people were told of a duty: the duty itself stands in what is to be done."""
        return [card for card in self.cards if card.is_reminder and not card.is_withdrawn]

    @property
    def withdrawn(self) -> list[Card]:
        return [card for card in self.cards if card.is_withdrawn]

    @property
    def unresolved(self) -> list[Card]:
        return [card for card in self.cards if card.nobody is not None]

    @property
    def is_settled(self) -> bool:
        return all(line.is_settled for card in self.cards for line in (card.line, *card.chasers))


def _is_soon(line: DeadlineLine) -> bool:
    return bool(line.mark) or line.minutes_left is None or line.minutes_left <= SOON_MINUTES


def _by_urgency(line: DeadlineLine) -> tuple[int, int]:
    worst = MARKS.index(line.mark) if line.mark else len(MARKS)
    return worst, line.minutes_left if line.minutes_left is not None else 0


def build_dashboard(timeline: Timeline) -> Dashboard:
    """Group a timeline's lines by the notice that began each chase."""
    by_id = {line.id: line for line in timeline.notices}
    chasers: dict[UUID, list[NoticeLine]] = defaultdict(list)
    for line in timeline.notices:
        root = _root(line, by_id)
        # A call that was replaced stands in its successor; showing both would count one step twice (ADR 38).
        if root is not line and line.reason != REPLACED:
            chasers[root.id].append(line)
    deadlines: dict[UUID, list[DeadlineLine]] = defaultdict(list)
    clocks = []
    for deadline in timeline.deadlines:
        if deadline.notice in by_id:
            deadlines[_root(by_id[deadline.notice], by_id).id].append(deadline)
        else:
            # A deadline of the whole case, or of a notice that the timeline doesn't show.
            clocks.append(deadline)
    duties = {deadline.chase: deadline for deadline in timeline.deadlines if deadline.chase is not None}
    cards = [
        Card(
            line,
            chasers[line.id],
            deadlines[line.id],
            duties.get(line.id),
            is_closed=timeline.is_closed,
            talk=timeline.talk.get(line.id, NO_TALK),
        )
        for line in timeline.notices
        if _root(line, by_id) is line
    ]
    # Whether what was added is read stands with what was added.
    cards = [card for card in cards if not card.is_only_a_way_back]
    return Dashboard(sorted(cards, key=_most_urgent_then_usual_order), clocks, timeline.referrals)


def _most_urgent_then_usual_order(card: Card) -> tuple[bool, int]:
    return not card.must_call, ORDER.index(card.line.role)


def _root(line: NoticeLine, by_id: dict[UUID, NoticeLine]) -> NoticeLine:
    while line.chases in by_id:
        line = by_id[line.chases]
    return line


def _has_reached(line: NoticeLine) -> bool:
    """Return whether a coordinator has answered that the call reached somebody."""
    outcomes = (answer.reason for answer in line.answers if answer.kind == ReplyKind.OUTCOME)
    return line.purpose in TO_COORDINATORS and any(reason != NOT_REACHED for reason in outcomes)


def _in_words(answer: Answer) -> ReplyInWords:
    return ReplyInWords(
        kind=answer.kind,
        words=answer.kind_label,
        reason=get_reason_label(answer.kind, answer.reason) if answer.reason else "",
        at=answer.at,
        to_municipality=answer.to_municipality or "",
        note=answer.note or "",
        details=tuple(label_details(answer.reason, answer.details)),
        minutes=answer.minutes,
        by=answer.by_label,
    )


def get_reasons(events: QuerySet[Any], language: str) -> list[tuple[datetime, list[tuple[str, str]]]]:
    """Explain what the procedure did: for each event its time and (words, because) of each rule that applied.

    `events`: those of a case or of a tip.
    """
    found = []
    for event in events.filter(explanation__isnull=False):
        words: list[tuple[str, str]] = [
            (
                localize(entry["words"], language),
                without_codes(localize(entry.get("because") or {DEFAULT_LANGUAGE: ""}, language), language),
            )
            for entry in event.explanation or []
        ]
        if words:
            found.append((event.at, words))
    return found


def compute_fingerprint(case: Case, *, now: datetime, language: str) -> str:
    """Compute a digest that changes whenever the dashboard would read differently.

    A row has moved on, or a minute has passed. Eight queries.
    """
    rows: list[Any] = [
        language,
        # The page counts whole minutes.
        now.strftime("%Y%m%d%H%M"),
        list(
            Notice.objects.shown()
            .filter(case_id=case.pk)
            .order_by("pk")
            .values_list(
                "pk", "state", "reason", "contact", "attempts", "ladder_step", "next_attempt_at", "opened_at", "repeats"
            )
        ),
        # Wrong PINs stand on the card and change none of the columns above.
        PinTry.objects.filter(notice__case_id=case.pk, succeeded=False).count(),
        list(Reply.objects.filter(notice__case_id=case.pk).order_by("pk").values_list("pk", "at")),
        list(
            Deadline.objects.filter(case=case).order_by("pk").values_list("pk", "met_at", "ended_at", "owner", "chases")
        ),
        list(
            TalkMessage.objects.filter(notice__case_id=case.pk)
            .order_by("pk")
            .values_list("pk", "read_at", "answered_at")
        ),
        list(Referral.objects.filter(case=case).order_by("pk").values_list("pk", "state")),
        ReferralStep.objects.filter(case=case).count(),
    ]
    return hashlib.sha256(repr(rows).encode()).hexdigest()[:32]
