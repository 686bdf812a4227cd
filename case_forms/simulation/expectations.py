"""What must hold in a scenario: one class each, in a registry, held against a timeline.

An expectation is stored as {"expect": code, ...its parameters}. Another kind is one class here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from access.languages import Texts, format_in_each_language, in_each_language, localize, same_in_each_language
from case_forms.cases.documents.models import DocumentKind
from case_forms.cases.models import CaseStatus
from case_forms.form_builder.definition.problems import Problem
from case_forms.procedures.definition import Procedure
from notifications.directory.models import Role

from .duties import get_duty_label
from .story import Minutes, RoleName
from .timeline import Entry, Timeline

OWED = ("notice.owed",)
TAKEN = ("notice.accepted", "notice.on_the_way")
CALLS = ("call", "fallback")


@dataclass(frozen=True)
class Outcome:
    """Whether an expectation holds. `entry`: the index of the entry that proves it, or speaks against it.

    `rule`: the key of the rule that is to blame or to thank, "" where none can be named. `why` says it in words.
    """

    holds: bool
    why: Texts
    entry: int | None = None
    rule: str = ""


class Expectation(BaseModel):
    """One thing that must hold. Subclasses say when."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    words: ClassVar[Promise | str] = ""

    def check(self, timeline: Timeline) -> Outcome:
        """Hold it against a timeline."""
        raise NotImplementedError

    def describe(self, procedure: Procedure | None = None) -> Texts:
        """Say in every language what must hold. `procedure`: the one that names the deadlines."""
        names = [name for name in type(self).model_fields if name != "expect"]
        parts = {name: _in_words(name, getattr(self, name), procedure) for name in names}
        return format_in_each_language(self.words, **parts)


def _in_words(name: str, value: Any, procedure: Procedure | None) -> Texts:
    if name == "deadline" and procedure is not None and (label := get_duty_label(procedure, value)):
        return label
    if name == "role" and value in Role.values:
        return in_each_language(Role(value).label)
    if name == "document" and value in DocumentKind.values:
        return in_each_language(DocumentKind(value).label)
    if name == "status":
        return _name_status(value)
    return same_in_each_language("" if value is None else str(value))


def _name_status(status: str) -> Texts:
    """Return the status in words: "" says that there is no case, and one that is unknown stands as it is stored."""
    if status in CaseStatus.values:
        return in_each_language(CaseStatus(status).label)
    return same_in_each_language(status) if status else in_each_language(_("no case"))


class Told(Expectation):
    """Somebody of a role is notified, by name, in time."""

    words = _("Notified: {role}, within {within} minutes")
    expect: Literal["told"] = "told"
    role: RoleName
    within: Minutes = 0

    def check(self, timeline: Timeline) -> Outcome:
        sent = list(_find(timeline, ("notice.sent",), role=self.role, not_purposes=CALLS))
        for index, entry in sent:
            if entry.minute <= self.within:
                return _holds(_("{who} is notified in minute {minute}."), index, entry)
        if sent:
            index, entry = sent[0]
            return _fails(_("{who} is notified only in minute {minute}."), index, entry)
        unsent = list(_find(timeline, OWED, role=self.role, not_purposes=CALLS))
        if unsent:
            index, entry = unsent[0]
            words = _("A notice is sent to nobody: {role}.") if not entry.who else _("It never leaves: {who}.")
            return _fails(words, index, entry)
        return _missing_rule(timeline, self.role)


class NotTold(Expectation):
    """Nobody of a role is notified, except to be asked to call."""

    words = _("Not notified: {role}")
    expect: Literal["not_told"] = "not_told"
    role: RoleName

    def check(self, timeline: Timeline) -> Outcome:
        for index, entry in _find(timeline, OWED, role=self.role, not_purposes=CALLS):
            return _fails(_("{who} is notified in minute {minute}."), index, entry)
        return Outcome(True, in_each_language(_("Nobody of this role is notified.")))


class NobodyTold(Expectation):
    """Nobody at all is notified."""

    words = _("Nobody is notified")
    expect: Literal["nobody_told"] = "nobody_told"

    def check(self, timeline: Timeline) -> Outcome:
        for index, entry in _find(timeline, OWED):
            return _fails(_("{who} is notified in minute {minute}."), index, entry)
        return Outcome(True, in_each_language(_("Nobody is notified.")))


class AcceptedOrCall(Expectation):
    """Somebody of a role accepts, or a coordinator is asked to call about it, in time."""

    words = _("Accepted by {role}, or a coordinator is asked to call, within {within} minutes")
    expect: Literal["accepted_or_call_within"] = "accepted_or_call_within"
    role: RoleName
    within: Minutes

    def check(self, timeline: Timeline) -> Outcome:
        firsts = {entry.chase for _index, entry in _find(timeline, OWED, role=self.role, not_purposes=CALLS)}
        if not firsts:
            return _missing_rule(timeline, self.role)
        for index, entry in enumerate(timeline.entries):
            is_call = entry.kind == "notice.owed" and entry.purpose in CALLS and bool(entry.who)
            is_taken = entry.kind in TAKEN and entry.role == self.role
            if entry.chase not in firsts or not (is_call or is_taken):
                continue
            if entry.minute <= self.within:
                words = _("{who} is asked to call in minute {minute}.") if is_call else _("{who} accepts in {minute}.")
                return _holds(words, index, entry)
            return _fails(_("That happens only in minute {minute}."), index, entry)
        return Outcome(False, in_each_language(_("Nobody accepts, and nobody is asked to call.")))


class CallToCoordinator(Expectation):
    """A coordinator is asked to call, in time."""

    words = _("A coordinator is asked to call within {within} minutes")
    expect: Literal["call_to_coordinator"] = "call_to_coordinator"
    within: Minutes

    def check(self, timeline: Timeline) -> Outcome:
        for index, entry in _find(timeline, OWED, role=Role.COORDINATOR.value):
            if entry.purpose in CALLS and entry.who:
                late = entry.minute > self.within
                build = _fails if late else _holds
                return build(_("{who} is asked to call in minute {minute}."), index, entry)
        return Outcome(False, in_each_language(_("No coordinator is asked to call.")))


class StatusIs(Expectation):
    """The case has this status in the end; "" for no case at all."""

    words = _("The case's status: {status}")
    expect: Literal["status_is"] = "status_is"
    status: str

    def check(self, timeline: Timeline) -> Outcome:
        words = format_in_each_language(_("The status is: {status}."), status=_name_status(timeline.status))
        return Outcome(timeline.status == self.status, words)


class DeadlineStarted(Expectation):
    """A deadline of this key is started."""

    words = _("A clock is started: {deadline}")
    expect: Literal["deadline_started"] = "deadline_started"
    deadline: str

    def check(self, timeline: Timeline) -> Outcome:
        for index, entry in _find(timeline, ("deadline.started",)):
            if entry.deadline == self.deadline:
                return _holds(_("It starts in minute {minute}."), index, entry)
        return Outcome(False, in_each_language(_("No rule starts it.")))


class DeadlineMet(Expectation):
    """A deadline of this key is started, and stopped in time."""

    words = _("A clock is stopped within {within} minutes: {deadline}")
    expect: Literal["deadline_met"] = "deadline_met"
    deadline: str
    within: Minutes

    def check(self, timeline: Timeline) -> Outcome:
        clocks = [clock for clock in timeline.deadlines if clock.key == self.deadline]
        if not clocks:
            return Outcome(False, in_each_language(_("No rule starts it.")))
        met = [clock.met_at for clock in clocks if clock.met_at is not None]
        if len(met) < len(clocks):
            return Outcome(False, in_each_language(_("It is never stopped.")))
        minute = int((max(met) - timeline.begins_at).total_seconds() // 60)
        words = format_in_each_language(_("It is stopped in minute {minute}."), minute=minute)
        return Outcome(minute <= self.within, words)


class TaskOpen(Expectation):
    """A deadline or task of this key is started, and its last mark is at most so many minutes away."""

    words = _("A duty is started that is due within {within} minutes: {deadline}")
    expect: Literal["task_open"] = "task_open"
    deadline: str
    within: Minutes

    def check(self, timeline: Timeline) -> Outcome:
        due = [max(clock.marks.values()) for clock in timeline.deadlines if clock.key == self.deadline and clock.marks]
        if not due:
            return Outcome(False, in_each_language(_("No rule starts it.")))
        minute = int((min(due) - timeline.begins_at).total_seconds() // 60)
        words = format_in_each_language(_("It is due in minute {minute}."), minute=minute)
        return Outcome(minute <= self.within, words)


class BriefContainsNo(Expectation):
    """What a role reads holds no answer to this question; "" for every role."""

    words = _("What is read holds nothing about “{question}” ({role})")
    expect: Literal["brief_contains_no"] = "brief_contains_no"
    question: str
    role: Annotated[str, Field()] = ""

    def check(self, timeline: Timeline) -> Outcome:
        for index, entry in enumerate(timeline.entries):
            if self.role and entry.role != self.role:
                continue
            if any(str(row["key"]).split(".")[0] == self.question for row in _iter_rows(entry)):
                return _fails(_("{who} reads it."), index, entry)
        return Outcome(True, in_each_language(_("Nobody reads it.")))


class BriefContains(Expectation):
    """What a role reads holds the answer to this question."""

    words = _("What is read holds something about “{question}” ({role})")
    expect: Literal["brief_contains"] = "brief_contains"
    question: str
    role: RoleName

    def check(self, timeline: Timeline) -> Outcome:
        for index, entry in _find(timeline, OWED, role=self.role):
            if any(str(row["key"]).split(".")[0] == self.question for row in _iter_rows(entry)):
                return _holds(_("{who} reads it."), index, entry)
        return Outcome(False, in_each_language(_("Nobody reads it.")))


class DocumentMade(Expectation):
    """A rule has a document of this kind made, in time."""

    words = _("A document is made within {within} minutes: {document}")
    expect: Literal["document_made"] = "document_made"
    document: str
    within: Minutes

    def check(self, timeline: Timeline) -> Outcome:
        for index, entry in _find(timeline, ("document.ordered",)):
            if entry.action == self.document:
                build = _fails if entry.minute > self.within else _holds
                return build(_("It is made in minute {minute}."), index, entry)
        return Outcome(False, in_each_language(_("No rule asks for it.")))


KINDS: tuple[type[Expectation], ...] = (
    Told,
    NotTold,
    NobodyTold,
    AcceptedOrCall,
    CallToCoordinator,
    StatusIs,
    DeadlineStarted,
    DeadlineMet,
    TaskOpen,
    BriefContainsNo,
    BriefContains,
    DocumentMade,
)


def get_registry() -> dict[str, type[Expectation]]:
    """Return the kinds of expectations by their code."""
    return {str(kind.model_fields["expect"].default): kind for kind in KINDS}


class ExpectationsRefused(Exception):
    """Expectations that can't be read. `problems` says what, each with a JSON pointer."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{problem.path} {problem.code}" for problem in problems[:20]))
        self.problems = problems


MAX_EXPECTATIONS = 40


def read_expectations(came: Any) -> list[Expectation]:
    """Read expectations from JSON. Raises ExpectationsRefused with every problem."""
    if not isinstance(came, list) or len(came) > MAX_EXPECTATIONS:
        raise ExpectationsRefused([Problem("", "wrong_type", str(_("Write a list of at most 40 expectations.")))])
    known, found, problems = get_registry(), [], []
    for number, each in enumerate(came):
        kind = known.get(str(each.get("expect"))) if isinstance(each, Mapping) else None
        if kind is None:
            problems.append(Problem(f"/{number}/expect", "unknown", str(_("Nothing like this can be expected."))))
            continue
        try:
            found.append(TypeAdapter(kind).validate_python(dict(each)))
        except ValidationError as error:
            for one in error.errors(include_input=False, include_url=False):
                path = "".join(f"/{part}" for part in (number, *one["loc"]))
                problems.append(Problem(path, one["type"], str(_("This can't be read."))))
    if problems:
        raise ExpectationsRefused(problems)
    return found


# ---- looking at a timeline ----


def _find(
    timeline: Timeline, kinds: tuple[str, ...], *, role: str = "", not_purposes: tuple[str, ...] = ()
) -> Iterator[tuple[int, Entry]]:
    for index, entry in enumerate(timeline.entries):
        if entry.kind in kinds and (not role or entry.role == role) and entry.purpose not in not_purposes:
            yield index, entry


def _iter_rows(entry: Entry) -> Iterator[Mapping[str, Any]]:
    for section in entry.sections:
        yield from section["rows"]


def _say(words: Promise | str, entry: Entry) -> Texts:
    role = in_each_language(Role(entry.role).label) if entry.role in Role.values else entry.role
    return format_in_each_language(words, who=entry.who or role, role=role, minute=entry.minute)


def _holds(words: Promise | str, index: int, entry: Entry) -> Outcome:
    return Outcome(True, _say(words, entry), index, entry.rule)


def _fails(words: Promise | str, index: int, entry: Entry) -> Outcome:
    return Outcome(False, _say(words, entry), index, entry.rule)


def _missing_rule(timeline: Timeline, role: str) -> Outcome:
    """Say that no rule notifies this role, and name the first one that would have, had its condition held."""
    for rule in timeline.procedure.rules if timeline.procedure else ():
        if not any(getattr(action, "role", "") == role for action in rule.then):
            continue
        for outcome in timeline.rules:
            if outcome.key == rule.key and not outcome.fired:
                words = format_in_each_language(
                    _("No rule that applies notifies this role. “{rule}” doesn't apply: it asks for {condition}"),
                    rule={language: localize(outcome.title, language) for language in outcome.condition},
                    condition=outcome.condition,
                )
                return Outcome(False, words, rule=rule.key)
    return Outcome(False, in_each_language(_("No rule about this form notifies this role.")))
