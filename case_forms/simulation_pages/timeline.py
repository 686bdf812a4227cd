"""A timeline as a coordinator reads it: moments with what happens in them, who was notified, duties, and rules."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from access.models import localize
from case_forms.cases.models import CaseStatus
from case_forms.simulation.story import ALBANIA
from case_forms.simulation.timeline import DeadlineTimes, Entry, Timeline
from notifications.directory.models import Role
from notifications.outbox.labels import CHANNELS
from notifications.outbox.models import Purpose

# The sign of an entry, which stands for the same everywhere (docs/look.md). Its sentence says the rest.
SIGNS = {
    "notice.owed": "owed",
    "notice.repeated": "owed",
    "notice.resolved": "owed",
    "notice.sent": "sent",
    "notice.opened": "opened",
    "notice.accepted": "accepted",
    "notice.on_the_way": "accepted",
    "notice.declined": "declined",
    "notice.wrong_area": "declined",
    "notice.not_sent": "failed",
    "notice.escalated": "escalated",
    "deadline.amber": "late",
    "deadline.red": "late",
    "deadline.breach": "late",
    "mail.away": "failed",
    "put_aside": "failed",
    "act.impossible": "failed",
    "calls.repeat": "escalated",
}
MARK_NAMES = ("amber", "red", "breach")


@dataclass(frozen=True)
class Line:
    """One thing that happens, as the page shows it. `brief`: (title, [(label, value)]) of what the recipient reads."""

    number: int
    kind: str
    sign: str
    words: str
    why: list[str]
    rule: str
    channel: str
    brief: list[tuple[str, list[tuple[str, str]]]] = field(repr=False)


@dataclass(frozen=True)
class Moment:
    """A minute in which something happens."""

    at: datetime
    day: str  # given where it is another than that of the moment before
    after: str
    lines: list[Line]


@dataclass(frozen=True)
class Notified:
    """Somebody who was to be notified: who they are, and what came of it."""

    role: str
    who: str
    office: str
    at: str
    result: str
    sign: str


@dataclass(frozen=True)
class Duty:
    """A deadline: its words, when it starts, its marks with their moments, and when it was met."""

    label: str
    starts: datetime
    marks: list[tuple[str, datetime, bool]]
    met: datetime | None


@dataclass(frozen=True)
class RuleLine:
    """A rule about what was sent, its condition read back, and the values that it read."""

    key: str
    title: str
    words: str
    condition: str
    values: list[tuple[str, str]]


@dataclass(frozen=True)
class Reading:
    """Everything that the template needs of a timeline."""

    begins_at: datetime
    ended_at: datetime
    lasts: str
    end_words: str
    status: str
    is_child: bool
    moments: list[Moment] = field(repr=False)
    notified: list[Notified]
    duties: list[Duty]
    fired: list[RuleLine] = field(repr=False)
    not_fired: list[RuleLine] = field(repr=False)


def read(timeline: Timeline) -> Reading:
    """Read a timeline in the active language."""
    titles = {rule.key: localize(dict(rule.title)) for rule in timeline.rules}
    rules = [
        RuleLine(
            rule.key,
            localize(rule.title) or rule.key,
            localize(rule.words),
            localize(rule.condition),
            [(localize(label), localize(value)) for label, value in rule.values],
        )
        for rule in timeline.rules
    ]
    has_fired = [rule.fired for rule in timeline.rules]
    return Reading(
        begins_at=_local(timeline.begins_at),
        ended_at=_local(timeline.ended_at),
        lasts=describe_minutes(int((timeline.ended_at - timeline.begins_at).total_seconds() // 60)),
        end_words=localize(timeline.end_words),
        status=str(CaseStatus(timeline.status).label) if timeline.status in CaseStatus.values else "",
        is_child=timeline.child_track,
        moments=list(_iter_moments(timeline.entries, titles)),
        notified=list(_iter_notified(timeline.entries)),
        duties=[_read_duty(each, timeline.ended_at) for each in timeline.deadlines],
        fired=[rule for rule, is_fired in zip(rules, has_fired, strict=True) if is_fired],
        not_fired=[rule for rule, is_fired in zip(rules, has_fired, strict=True) if not is_fired],
    )


def describe_minutes(minutes: int) -> str:
    """Return so many minutes in words, with at most two units: 1 d 4 h, 2 h 5 min, 12 min."""
    days, rest = divmod(minutes, 24 * 60)
    hours, left = divmod(rest, 60)
    if days:
        whole = ngettext("%(count)s day", "%(count)s days", days) % {"count": days}
        return f"{whole} {hours} h" if hours else whole
    parts = [f"{hours} h"] if hours else []
    return " ".join([*parts, f"{left} min"] if left or not hours else parts)


def _iter_moments(entries: Sequence[Entry], titles: Mapping[str, str]) -> Iterator[Moment]:
    day = ""
    at: int | None = None
    lines: list[Line] = []
    moments: list[tuple[Entry, list[Line]]] = []
    shown: dict[tuple[str, int], tuple[list[Line], int]] = {}
    sent = {(each.notice, each.minute) for each in entries if each.kind == "notice.sent"}
    owed = {each.notice: each for each in entries if each.kind == "notice.owed"}
    for number, entry in enumerate(entries):
        # What leaves in the same minute is one line: who it goes to, by which rule, and what they read.
        if entry.kind == "notice.owed" and (entry.notice, entry.minute) in sent:
            continue
        if entry.minute != at:
            lines = []
            moments.append((entry, lines))
            at = entry.minute
        if entry.kind == "notice.sent" and (entry.notice, entry.minute) in shown:
            # By another way in the same minute: one line names both.
            where, index = shown[entry.notice, entry.minute]
            where[index] = replace(where[index], channel=f"{where[index].channel}, {_name_channel(entry)}")
        elif entry.kind == "deadline.started" and lines and lines[-1].kind == entry.kind:
            lines[-1] = replace(lines[-1], why=[*lines[-1].why, _name_clock(entry)])
        else:
            first = owed.get(entry.notice)
            is_whole = first is not None and entry.kind == "notice.sent" and first.minute == entry.minute
            lines.append(_read_line(number, entry, titles, first if is_whole else None))
            if entry.kind == "notice.sent":
                shown[entry.notice, entry.minute] = (lines, len(lines) - 1)
    for first, found in moments:
        local = _local(first.at)
        named = f"{local:%Y-%m-%d}"
        after = describe_minutes(first.minute) if first.minute > 0 else ""
        yield Moment(local, named if named != day else "", after, found)
        day = named


def _read_line(number: int, entry: Entry, titles: Mapping[str, str], owed: Entry | None) -> Line:
    """Read an entry. `owed`: the one of the same minute that says what is sent, and by which rule."""
    sign = SIGNS.get(entry.kind, "")
    starts = entry.kind == "deadline.started"
    shown = owed or entry
    named = shown.kind in ("notice.owed", "case.opened", "case.updated")
    return Line(
        number=number,
        kind=entry.kind,
        sign=sign,
        words=_("Clocks start:") if starts else localize(entry.words),
        # the words of other clocks, and of what can't be done, are in their sentences already
        why=[_name_clock(entry)]
        if starts
        else []
        if entry.kind.startswith(("deadline.", "act."))
        else [localize(each) for each in entry.why],
        rule=titles.get(shown.rule, "") if named else "",
        channel=_name_channel(entry) if entry.kind == "notice.sent" else "",
        brief=[
            (localize(section["title"]), [(localize(row["label"]), localize(row["value"])) for row in section["rows"]])
            for section in shown.sections
        ],
    )


def _name_channel(entry: Entry) -> str:
    return str(CHANNELS.get(entry.channel, entry.channel))


def _name_clock(entry: Entry) -> str:
    return "; ".join(localize(each) for each in entry.why) or entry.deadline


def _iter_notified(entries: Sequence[Entry]) -> Iterator[Notified]:
    """Yield who was to be notified first in each chain, with what came of the whole chain."""
    seen: set[str] = set()
    for entry in entries:
        if entry.kind != "notice.owed" or entry.purpose in FOLLOWING or entry.notice in seen:
            continue
        seen.add(entry.notice)
        chain = [each for each in entries if each.chase == entry.chase]
        role = str(Role(entry.role).label) if entry.role in Role.values else entry.role
        purpose = str(Purpose(entry.purpose).label) if entry.purpose in Purpose.values else ""
        result, sign = _get_result(entry, chain)
        yield Notified(
            role=f"{role} · {purpose}" if purpose and entry.purpose != Purpose.FIRST else role,
            who=entry.who,
            office=localize(entry.office),
            at=describe_minutes(entry.minute) if entry.minute else "",
            result=result,
            sign=sign,
        )


def _get_result(first: Entry, chain: Sequence[Entry]) -> tuple[str, str]:
    """Return (words, sign) of what says most about a chain: an answer of anybody in it, or that none came."""
    known = [each for each in chain if each.kind in RESULTS]
    last = max(known, key=lambda each: RESULTS[each.kind][0], default=None)
    if last is None:
        return _("not sent"), "failed"
    words, sign = str(RESULTS[last.kind][1]()), SIGNS.get(last.kind, "owed")
    if last.minute > first.minute and RESULTS[last.kind][0] >= ANSWERED:
        time = describe_minutes(last.minute - first.minute)
        words = _("%(what)s after %(time)s") % {"what": words, "time": time}
    call = next((each for each in chain if each.kind == "notice.owed" and each.purpose == Purpose.CALL), None)
    if call is not None and RESULTS[last.kind][0] < ANSWERED:
        time = describe_minutes(call.minute - first.minute)
        words, sign = _("%(what)s; a call is asked for after %(time)s") % {"what": words, "time": time}, "late"
    return words, sign


ANSWERED = 5
# Notices that follow another one of their chain: the timeline shows them, the summary says what came of it.
FOLLOWING = frozenset({Purpose.REMINDER.value, Purpose.DEPUTY.value, Purpose.CALL.value, Purpose.DIGEST.value})
# kind -> (how much it says, its words); the one that says most is shown
RESULTS: dict[str, tuple[int, Any]] = {
    "notice.not_sent": (1, lambda: _("not sent")),
    "notice.sent": (2, lambda: _("sent, no answer")),
    "notice.opened": (3, lambda: _("read, no answer")),
    "notice.cancelled": (4, lambda: _("withdrawn")),
    "notice.on_the_way": (5, lambda: _("on the way")),
    "notice.accepted": (5, lambda: _("accepted")),
    "notice.declined": (5, lambda: _("declined")),
    "notice.wrong_area": (5, lambda: _("another area")),
    "notice.outcome": (6, lambda: _("outcome reported")),
}


def _read_duty(times: DeadlineTimes, ended_at: datetime) -> Duty:
    words = {"amber": _("amber"), "red": _("red"), "breach": _("over")}
    return Duty(
        label=localize(times.label) or times.key,
        starts=_local(times.starts_at),
        marks=[
            (words[name], _local(times.marks[name]), times.met_at is None or times.met_at > times.marks[name])
            for name in MARK_NAMES
            if name in times.marks
        ],
        met=_local(times.met_at) if times.met_at else None,
    )


def _local(at: datetime) -> datetime:
    return localtime(at, ALBANIA)
