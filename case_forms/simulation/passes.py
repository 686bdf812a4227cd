"""What moves a house by itself: the passes of the sweeper and of the workers, as a simulation runs them.

Each says when it next has something to do, so that a simulation can go from one due moment to the next. A pass itself
is the house's own function; nothing of what it does is written here. Another clock joins by `register_pass`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Min
from django.utils import timezone

from notifications.briefs.further import send_due_alarms
from notifications.briefs.models import FurtherReport
from notifications.channels.base import ChannelPool, Message, Unreached
from notifications.directory.models import DutyShift, Leave
from notifications.escalation.clock import advance
from notifications.escalation.digest import get_start_of_today, send_digests
from notifications.outbox.delivery import send_due
from notifications.outbox.escalation_policy import FIRST_DAY
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.states import UNSENT, NoticeState
from notifications.outbox.sweep import RESOLVE_INTERVAL_AFTER_A_DAY, resolve_again

MINUTE = timedelta(minutes=1)


@dataclass
class Outside:
    """What a simulated house has around it.

    `asked_at`: by notice, when the directory was last asked about it in vain. `changed_at`: when the story changed the
    directory.
    """

    mail_is_away: bool = False
    asked_at: dict[object, datetime] = field(default_factory=dict)
    changed_at: list[datetime] = field(default_factory=list)


class ImaginedChannels(ChannelPool):
    """Channels that take every message and hand it to nobody; none is opened while the mail server is away."""

    def __init__(self, outside: Outside) -> None:
        super().__init__()
        self.outside = outside

    def get(self, name: str) -> "ImaginedChannels":  # type: ignore[override]
        if self.outside.mail_is_away:
            self.down.add(name)
            raise Unreached("timeout")
        return self

    def send(self, message: Message) -> None:
        """Take the message; it goes nowhere."""

    def record_loss(self, name: str) -> None:
        self.down.add(name)

    def close(self) -> None:
        """Nothing was opened."""


@dataclass(frozen=True)
class Pass:
    """One pass. `get_next(now, outside)`: when it next has something to do, which may have passed; None: never."""

    name: str
    run: Callable[[datetime, Outside], object]
    get_next: Callable[[datetime, Outside], datetime | None]


PASSES: list[Pass] = []


def register_pass(new: Pass) -> None:
    """Add a pass, after those that are there."""
    PASSES.append(new)


def run_passes(now: datetime, outside: Outside) -> None:
    """Run every pass once, in the order in which the sweeper and the workers run."""
    for each in PASSES:
        each.run(now, outside)


def get_next_moment(now: datetime, outside: Outside) -> datetime | None:
    """Return when any pass next has something to do."""
    found = [moment for each in PASSES if (moment := each.get_next(now, outside)) is not None]
    return min(found, default=None)


# ---- the passes ----


def _next_step(now: datetime, outside: Outside) -> datetime | None:
    due = Notice.objects.open().filter(next_step_at__isnull=False).exclude(purpose=Purpose.DIGEST)
    return due.order_by().aggregate(at=Min("next_step_at"))["at"]


def _next_alarm(now: datetime, outside: Outside) -> datetime | None:
    return FurtherReport.objects.order_by().aggregate(at=Min("alarm_due_at"))["at"]


def _resolve(now: datetime, outside: Outside) -> None:
    waiting = Notice.objects.without_recipient().filter(next_attempt_at__lte=now)
    asked = []
    for key, owed_at in waiting.values_list("pk", "owed_at"):
        ask_at = _first_ask_after(now, owed_at)
        if ask_at > now and key in outside.asked_at:
            # The asks in between were left out; the house's next one is later than this moment.
            Notice.objects.filter(pk=key).update(next_attempt_at=ask_at)
        else:
            asked.append(key)
    if asked:
        resolve_again(now)
        outside.asked_at |= dict.fromkeys(asked, now)


def _next_resolution(now: datetime, outside: Outside) -> datetime | None:
    """Return when the directory is next asked with another answer: nothing changes between two changes of the roster.

    The house asks again and again, each half minute on the first day and each five minutes after it. What it asks in
    between is left out, and the moment of the ask that finds somebody is kept.
    """
    moments = []
    for key, owed_at, due_at in Notice.objects.without_recipient().values_list("pk", "owed_at", "next_attempt_at"):
        asked = outside.asked_at.get(key)
        if asked is None or due_at is None:
            moments.append(due_at or now)
        elif (change := _get_next_change(asked, outside)) is not None:
            moments.append(_first_ask_after(change, owed_at))
    return min(moments, default=None)


def _first_ask_after(change: datetime, owed_at: datetime) -> datetime:
    daily_from = owed_at + FIRST_DAY
    if change <= daily_from:
        return change
    rounds = -(-(change - daily_from) // RESOLVE_INTERVAL_AFTER_A_DAY)
    return daily_from + rounds * RESOLVE_INTERVAL_AFTER_A_DAY


def _get_next_change(after: datetime, outside: Outside) -> datetime | None:
    by_story = [moment for moment in outside.changed_at if moment > after]
    by_roster = get_next_roster_change(after)
    return min([*by_story, *([by_roster] if by_roster else [])], default=None)


def get_next_roster_change(after: datetime) -> datetime | None:
    """Return when a shift or a leave next begins or ends."""
    found: Iterable[datetime | None] = (
        rows.filter(**{f"{edge}__gt": after}).order_by().aggregate(at=Min(edge))["at"]
        for rows in (DutyShift.objects.all(), Leave.objects.all())
        for edge in ("starts_at", "ends_at")
    )
    return min((moment for moment in found if moment is not None), default=None)


def _send(now: datetime, outside: Outside) -> None:
    send_due(seconds=float("inf"), channels=ImaginedChannels(outside))


def _next_sending(now: datetime, outside: Outside) -> datetime | None:
    waiting = Notice.objects.with_recipient().filter(state__in=UNSENT).order_by()
    leased = Notice.objects.filter(state=NoticeState.SENDING).order_by()
    moments = (waiting.aggregate(at=Min("next_attempt_at"))["at"], leased.aggregate(at=Min("lease_until"))["at"])
    return min((moment for moment in moments if moment is not None), default=None)


def _send_lists(now: datetime, outside: Outside) -> None:
    # Before the first day is over there is nothing to list; the look at it costs more than the rest of a quiet pass.
    if Notice.objects.open().filter(owed_at__lte=now - FIRST_DAY).exists():
        send_digests(now)


def _next_list(now: datetime, outside: Outside) -> datetime | None:
    """Return when a list may next go out: when a repeated call's first day is over, or the next eight o'clock."""
    moments = []
    open_ones = Notice.objects.open().filter(next_step_at__isnull=False).exclude(purpose=Purpose.DIGEST)
    for ladder, step, owed_at in open_ones.values_list("ladder", "ladder_step", "owed_at"):
        if step < len(ladder):
            continue
        listed_from = max(owed_at + FIRST_DAY, get_start_of_today(owed_at + FIRST_DAY))
        moments.append(listed_from if listed_from > now else _next_eight(now))
    return min(moments, default=None)


def _next_eight(now: datetime) -> datetime:
    today = get_start_of_today(now)
    return today if today > now else get_start_of_today(timezone.localtime(now) + timedelta(days=1))


for _each in (
    Pass("steps", lambda now, outside: advance(now), _next_step),
    Pass("alarms", lambda now, outside: send_due_alarms(now), _next_alarm),
    Pass("directory", _resolve, _next_resolution),
    Pass("lists", _send_lists, _next_list),
    Pass("sending", _send, _next_sending),
):
    register_pass(_each)
