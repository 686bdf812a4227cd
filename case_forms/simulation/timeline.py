"""The timeline of a story, read from what its system wrote: the audit chain, attempts, replies, notices, deadlines.

Nothing is worked out anew here. What happened is what the system itself has noted, in the order in which it noted it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from access.languages import Texts, in_each_language, same_in_each_language
from audit.models import AuditEntry, PutAside
from case_forms.alarm_rules.models import AlarmEvent
from case_forms.cases.deadline_clock import DUE
from case_forms.cases.documents.models import CaseDocument, DocumentKind
from case_forms.cases.models import CaseEvent, Deadline
from case_forms.procedures.definition import Procedure
from case_forms.session_rules.models import SessionEvent, SessionTask
from case_forms.tips.models import TipEvent
from notifications.outbox.models import Attempt, AttemptOutcome, Notice, Reply
from notifications.outbox.service_briefs import NO_DEPUTY

from .describing import describe, describe_end
from .duties import get_duty_ladder
from .fired import RuleOutcome, get_rule_outcomes
from .run import Lived
from .witness import Decided

MARKS = ("amber", "red", "breach")
# What the system notes of itself, and nobody would miss on a timeline.
LEFT_OUT = frozenset({"audit.sealed"})
Sections = list[dict[str, Any]]


@dataclass(frozen=True)
class Entry:
    """One thing that happens. `kind`: the code of the audit entry, or of what only the simulation notes.

    `minute`: whole minutes after the beginning. `who` is the name of the person it concerns, `office` theirs. `rule`
    and `ladder` are keys of the procedure, `step` the index of a ladder's step. `sections`: what the recipient reads,
    as their brief holds it; a call's is as it was sent last. `notice` and `chase` are ids of the simulation, for
    telling rows apart. `why`: the reasons that the system gives. `words` says the entry in a sentence.
    """

    at: datetime
    minute: int
    kind: str
    words: Texts = field(default_factory=dict)
    rule: str = ""
    ladder: str = ""
    step: int | None = None
    action: str = ""
    role: str = ""
    who: str = ""
    office: Texts = field(default_factory=dict)
    purpose: str = ""
    channel: str = ""
    number: int = 1
    notice: str = ""
    chase: str = ""
    reason: str = ""
    deadline: str = ""
    status: str = ""
    answer_by: datetime | None = None
    why: tuple[Texts, ...] = ()
    sections: Sections = field(default_factory=list, repr=False)


@dataclass(frozen=True)
class DeadlineTimes:
    """A duty's clock, as it stands at the end: its marks, and when it was met."""

    key: str
    label: Texts
    starts_at: datetime
    marks: Mapping[str, datetime]
    met_at: datetime | None


@dataclass(frozen=True)
class Timeline:
    """What a story comes to.

    `ended`: "settled" (nothing is due any more), "repeats" (what is left is the same call again and again), "horizon"
    or "too_busy"; `end_words` says it. `rules`: each rule about what was sent, whether it applied, and why. `status`:
    the case's at the end, "" without a case.
    """

    begins_at: datetime
    entries: tuple[Entry, ...] = field(repr=False)
    ended: str
    ended_at: datetime
    end_words: Texts
    rules: tuple[RuleOutcome, ...] = field(repr=False)
    deadlines: tuple[DeadlineTimes, ...] = ()
    status: str = ""
    child_track: bool = False
    procedure: Procedure | None = field(default=None, repr=False)
    # What was decided in it. It holds the answers, as `rules` does.
    decisions: tuple[Decided, ...] = field(default=(), repr=False)

    def of_kind(self, *kinds: str) -> list[Entry]:
        return [entry for entry in self.entries if entry.kind in kinds]

    @property
    def fired(self) -> tuple[str, ...]:
        """The keys of the rules that applied, each once, in order."""
        return tuple(dict.fromkeys(rule.key for rule in self.rules if rule.fired))


def read_timeline(lived: Lived) -> Timeline:
    """Read the timeline of a story whose system still stands."""
    return _Reading(lived).read()


class _Reading:
    def __init__(self, lived: Lived) -> None:
        self.lived = lived
        self.begins_at = lived.story.begins_at
        self.notices = {str(notice.pk): notice for notice in _find_notices()}
        self.replies = {str(reply.pk): reply for reply in _find_replies()}
        self.procedure = lived.decisions[0].procedure if lived.decisions else None
        self.rules_by_notice = self._read_rules()
        self.ladders: dict[tuple[str, Any], str] = {}  # by rule and chain
        # By the first notice about a duty: the duty's key.
        self.duties = {notice: str(detail["key"]) for notice, detail in _find_duties_due()}
        of_sessions = list(_find_session_tasks())
        self.duties |= {task.chase_id: task.key for task in of_sessions if task.chase_id is not None}
        self.deadlines: list[Deadline | SessionTask] = [
            *_find_deadlines(),
            *of_sessions,
        ]

    def read(self) -> Timeline:
        case = self.lived.case
        if case is not None:
            case.refresh_from_db()
        ended_at = self.lived.ended_at or self.begins_at
        entries = sorted(self._iter_entries(), key=lambda entry: entry.at)
        return Timeline(
            begins_at=self.begins_at,
            entries=tuple(replace(entry, words=describe(entry)) for entry in entries),
            ended=self.lived.ended,
            ended_at=ended_at,
            end_words=describe_end(self.lived.ended),
            rules=tuple(get_rule_outcomes(self.lived.decisions)),
            deadlines=tuple(self._get_deadlines()),
            status=case.status if case else "",
            child_track=bool(case and case.child_track),
            procedure=self.procedure,
            decisions=tuple(self.lived.decisions),
        )

    def _iter_entries(self) -> Iterator[Entry]:
        for entry in _find_entries():
            if entry.action not in LEFT_OUT:
                yield self._read_audit_entry(entry)
        yield from self._iter_failed_attempts()
        yield from self._iter_deadlines()
        yield from self._iter_documents()
        for key, at in self.lived.repeating_since.items():
            notice = self.notices[str(key)]
            yield self._entry(at, "calls.repeat", number=self._get_repeat_minutes(notice), **self._name(notice))
        for at, act, words in self.lived.missed_acts:
            yield self._entry(at, "act.impossible", action=act.do, role=getattr(act, "role", ""), why=(words,))
        for at, is_away in self.lived.mail_changes:
            yield self._entry(at, "mail.away" if is_away else "mail.back")
        for row in PutAside.objects.order_by("first_at", "pk"):
            yield self._entry(row.first_at, "put_aside", reason=row.kind)

    def _entry(self, at: datetime, kind: str, **more: Any) -> Entry:
        return Entry(at=at, minute=int((at - self.begins_at).total_seconds() // 60), kind=kind, **more)

    def _read_audit_entry(self, entry: AuditEntry) -> Entry:
        detail = entry.detail
        more: dict[str, Any] = {"reason": str(detail.get("reason", "")), "status": str(detail.get("status", ""))}
        if entry.target_kind == "notice" and entry.target_id in self.notices:
            more |= self._about_notice(self.notices[entry.target_id], entry)
        if entry.action == "notice.escalated":
            more |= {"step": detail["index"], "action": detail["step"]}
            declined_at = self.notices[entry.target_id].declined_at
            more["reason"] = "declined" if declined_at is not None and declined_at <= entry.at else ""
            more["why"] = (in_each_language(NO_DEPUTY),) if detail.get("no_deputy") else ()
        if entry.target_kind == "deadline":
            more["deadline"] = str(detail.get("key", ""))
            more["why"] = tuple(each.label for each in self.deadlines if str(each.pk) == entry.target_id)
        if entry.target_kind == "case":
            more["rule"] = str(detail.get("rule", ""))
        return self._entry(entry.at, entry.action, **more)

    def _about_notice(self, notice: Notice, entry: AuditEntry) -> dict[str, Any]:
        rule = self._get_rule(notice)
        # Who it was created for may have been nobody, whoever has it since.
        is_for_nobody = entry.action == "notice.owed" and bool(entry.detail.get("reason"))
        contact = None if is_for_nobody else notice.contact
        office = contact.partner if contact else notice.partner
        about: dict[str, Any] = {
            "notice": str(notice.pk),
            "chase": str(notice.chase_id),
            "role": notice.role,
            "purpose": notice.purpose,
            "channel": str(entry.detail.get("way") or notice.channel),
            "who": contact.name if contact else "",
            "office": dict(office.names) if office else {},
            "rule": rule,
            "ladder": self._get_ladder(rule, notice),
            "number": int(entry.detail.get("number", 1)),
            "answer_by": notice.answer_by,
        }
        if entry.action in ("notice.owed", "notice.repeated", "notice.resolved"):
            about["sections"] = notice.brief["sections"]
        reply = self.replies.get(str(entry.detail.get("reply", "")))
        if reply is not None and reply.to_municipality is not None:
            about["why"] = (same_in_each_language(reply.to_municipality.name),)
        return about

    # ---- which rule notified whom ----

    def _read_rules(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for model in _EVENTS:
            for detail in model._base_manager.order_by("at").values_list("detail", flat=True):
                found |= detail.get("by_rule", {})
        return found

    def _get_rule(self, notice: Notice) -> str:
        return self.rules_by_notice.get(str(notice.pk)) or self.rules_by_notice.get(str(notice.chase_id), "")

    def _get_ladder(self, rule: str, notice: Notice) -> str:
        """Return the key of the ladder with which the rule notified the first of this chain, or that its duty has."""
        known = self.ladders.get((rule, notice.chase_id))
        if known is None:
            known = self.ladders[rule, notice.chase_id] = self._find_ladder(rule, notice)
        return known

    def _find_ladder(self, rule: str, notice: Notice) -> str:
        duty = self.duties.get(notice.chase_id)
        if duty is not None and self.procedure is not None:
            return get_duty_ladder(self.procedure, duty)
        first = self.notices.get(str(notice.chase_id), notice)
        for written in self.procedure.rules if self.procedure else ():
            if written.key == rule:
                ladders = [action for action in written.then if getattr(action, "ladder", "")]
                same_role = [each for each in ladders if getattr(each, "role", first.role) == first.role]
                return next((each.ladder for each in [*same_role, *ladders]), "")  # type: ignore[attr-defined]
        return ""

    # ---- what the audit chain doesn't hold ----

    def _name(self, notice: Notice) -> dict[str, Any]:
        rule = self._get_rule(notice)
        return {
            "notice": str(notice.pk),
            "chase": str(notice.chase_id),
            "role": notice.role,
            "who": notice.contact.name if notice.contact else "",
            "purpose": notice.purpose,
            "rule": rule,
            "ladder": self._get_ladder(rule, notice),
        }

    def _get_repeat_minutes(self, notice: Notice) -> int:
        return round(notice.ladder[-1]["repeat_minutes"]) if notice.ladder else 0

    def _iter_failed_attempts(self) -> Iterator[Entry]:
        for attempt in _find_failed():
            notice = self.notices[str(attempt.notice_id)]
            yield self._entry(
                attempt.started_at,
                "notice.not_sent",
                channel=attempt.channel,
                number=attempt.number,
                reason=attempt.error_code,
                **self._name(notice),
            )

    def _iter_deadlines(self) -> Iterator[Entry]:
        for deadline in self.deadlines:
            yield self._entry(deadline.starts_at, "deadline.started", deadline=deadline.key, why=(deadline.label,))
            for mark, at in self._get_marks(deadline).items():
                if all(over is None or over > at for over in (deadline.met_at, deadline.ended_at)):
                    yield self._entry(at, f"deadline.{mark}", deadline=deadline.key, why=(deadline.label,))

    def _iter_documents(self) -> Iterator[Entry]:
        """Yield what rules ask for; nothing of it is made, and nothing stored, in a story."""
        for document in _find_documents():
            label = in_each_language(DocumentKind(document.kind).label)
            yield self._entry(document.ordered_at, "document.ordered", action=document.kind, why=(label,))

    def _get_marks(self, deadline: Deadline | SessionTask) -> dict[str, datetime]:
        return {mark: at for mark in MARKS if (at := getattr(deadline, f"{mark}_at")) is not None}

    def _get_deadlines(self) -> Iterator[DeadlineTimes]:
        for deadline in self.deadlines:
            yield DeadlineTimes(
                deadline.key, deadline.label, deadline.starts_at, self._get_marks(deadline), deadline.met_at
            )


def _find_notices() -> QuerySet[Notice]:
    return Notice.objects.select_related("contact__partner", "partner", "municipality")


def _find_replies() -> QuerySet[Reply]:
    return Reply.objects.select_related("to_municipality")


def _find_duties_due() -> QuerySet[CaseEvent, Any]:
    return CaseEvent.objects.filter(kind=DUE).values_list("notice_id", "detail")


def _find_session_tasks() -> QuerySet[SessionTask]:
    return SessionTask.objects.order_by("starts_at", "pk")


def _find_deadlines() -> QuerySet[Deadline]:
    return Deadline.objects.order_by("starts_at", "pk")


def _find_entries() -> QuerySet[AuditEntry]:
    return AuditEntry.objects.order_by("number")


_EVENTS = (CaseEvent, TipEvent, SessionEvent, AlarmEvent)


def _find_failed() -> QuerySet[Attempt]:
    return Attempt.objects.exclude(outcome=AttemptOutcome.ACCEPTED).order_by("started_at", "pk")


def _find_documents() -> QuerySet[CaseDocument]:
    return CaseDocument.objects.filter(event_id__isnull=False).order_by("ordered_at", "pk")
