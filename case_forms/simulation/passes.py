"""What moves a system by itself: the passes of the sweeper and of the workers, as a simulation runs them.

Each says when it next has something to do, so that a simulation can go from one due moment to the next. A pass itself
is the system's own function; nothing of what it does is written here. Another clock joins by `register_pass`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from audit.due import advance_clocks
from notifications.briefs.further import send_due_alarms
from notifications.briefs.talk import awaiting
from notifications.channels.base import ChannelPool, Message, Unreached
from notifications.escalation.beside import CLOCK as BESIDE_CLOCK
from notifications.escalation.clock import advance
from notifications.escalation.digest import get_start_of_today, send_digests
from notifications.outbox.actions import EMAIL
from notifications.outbox.delivery import claim, record_results, send
from notifications.outbox.escalation_policy import FIRST_DAY
from notifications.outbox.models import Dispatch, Notice, Purpose
from notifications.outbox.sweep import RESOLVE_INTERVAL_AFTER_A_DAY, resolve_again
from notifications.outbox.ways import sending

from .outside import OpenNotice, Outside

MINUTE = timedelta(minutes=1)
TALK_CLOCK = "notice.talk"


class ImaginedChannels(ChannelPool):
    """Channels that take every message and hand it to nobody; no mail is taken while the mail server is away."""

    def __init__(self, outside: Outside) -> None:
        super().__init__()
        self.outside = outside

    def get(self, name: str) -> "ImaginedChannels":  # type: ignore[override]
        if self.outside.mail_is_away and name == EMAIL:
            self.down.add(name)
            raise Unreached("timeout")
        return self

    def send(self, message: Message) -> None:
        """Take the message; it goes nowhere."""

    def record_loss(self, name: str) -> None:
        self.down.add(name)

    def close(self) -> None:
        """Nothing was opened."""


def _never(now: datetime, outside: Outside) -> bool:
    return False


@dataclass(frozen=True)
class Pass:
    """One pass. `get_next`: when it next has something to do, which may have passed; None: never.

    `joins`: whether it also runs at a moment at which something else is due.
    """

    name: str
    run: Callable[[datetime, Outside], object]
    get_next: Callable[[datetime, Outside], datetime | None]
    joins: Callable[[datetime, Outside], bool] = _never


PASSES: list[Pass] = []


def register_pass(new: Pass) -> None:
    """Add a pass, after those that are there."""
    PASSES.append(new)


def run_passes(now: datetime, outside: Outside) -> None:
    """Run every pass that has something to do, in the order in which the sweeper and the workers run."""
    for each in PASSES:
        moment = each.get_next(now, outside)
        if (moment is not None and moment <= now) or each.joins(now, outside):
            each.run(now, outside)


def get_next_moment(now: datetime, outside: Outside) -> datetime | None:
    """Return when any pass next has something to do."""
    found = [moment for each in PASSES if (moment := each.get_next(now, outside)) is not None]
    return min(found, default=None)


# ---- the passes ----


def _next_step(now: datetime, outside: Outside) -> datetime | None:
    steps = (each.next_step_at for each in outside.notices if each.purpose != Purpose.DIGEST)
    return min((at for at in steps if at is not None), default=None)


def _next_alarm(now: datetime, outside: Outside) -> datetime | None:
    return outside.next_alarm_at


def _resolve(now: datetime, outside: Outside) -> None:
    asked = []
    for each in outside.notices:
        if each.next_ask_at is None or each.next_ask_at > now:
            continue
        ask_at = _first_ask_after(now, each.owed_at)
        if ask_at > now and each.pk in outside.asked_at:
            # The asks in between were left out; the system's next one is later than this moment.
            Notice.objects.filter(pk=each.pk).update(next_attempt_at=ask_at)
        else:
            asked.append(each.pk)
    if asked:
        resolve_again(now)
        outside.asked_at |= dict.fromkeys(asked, now)


def _next_ask(now: datetime, outside: Outside) -> datetime | None:
    """Return when the directory is next asked with another answer: nothing changes between two changes of the roster.

    The system asks again and again, each half minute on the first day and each five minutes after it. What it asks in
    between is left out, and the moment of the ask that finds somebody is kept.
    """
    moments = []
    for each in outside.notices:
        if each.next_ask_at is None:
            continue
        asked = outside.asked_at.get(each.pk)
        if asked is None:
            moments.append(each.next_ask_at)
        elif (change := outside.get_next_roster_change(asked)) is not None:
            moments.append(_first_ask_after(change, each.owed_at))
    return min(moments, default=None)


def _first_ask_after(change: datetime, owed_at: datetime) -> datetime:
    daily_from = owed_at + FIRST_DAY
    if change <= daily_from:
        return change
    rounds = -(-(change - daily_from) // RESOLVE_INTERVAL_AFTER_A_DAY)
    return daily_from + rounds * RESOLVE_INTERVAL_AFTER_A_DAY


def _send(now: datetime, outside: Outside) -> None:
    """Send what is due, as a worker does, batch by batch."""
    channels = ImaginedChannels(outside)
    while batch := claim(now=now, without=channels.down):
        send(batch, channels)
        record_results(batch)
        # A batch that isn't full was all there is: nobody else is at work here.
        if len(batch) < settings.NOTICE_BATCH:
            break


def _next_sending(now: datetime, outside: Outside) -> datetime | None:
    return min((each.next_send_at for each in outside.notices if each.next_send_at is not None), default=None)


def _send_ways(now: datetime, outside: Outside) -> None:
    """Send what is due by other ways than e-mail, each channel as a worker does."""
    channels = ImaginedChannels(outside)
    due = Dispatch.objects.due(now).order_by("channel").values_list("channel", flat=True).distinct()
    for channel in list(due):
        # Empty when all of it was ended, or is held back: whatever is due later has its own moment.
        while batch := sending.claim(channel, now):
            sending.send(batch, channels)
            sending.record_results(batch)


def _next_way(now: datetime, outside: Outside) -> datetime | None:
    return outside.next_way_at


def _send_lists(now: datetime, outside: Outside) -> None:
    send_digests(now)
    outside.lists_tried_at = now
    outside.lists_stood_as = _get_listable(now, outside)


def _next_list(now: datetime, outside: Outside) -> datetime | None:
    """Return when a list may next go out or be closed: when a repeated call's first day is over, or at eight.

    While nothing is left to be listed but calls that doze, the lists between now and their waking are left out.
    """
    listed = [each for each in outside.notices if each.is_repeating]
    moments = [_next_listing(each, now, outside) for each in listed]
    is_awake = any(outside.dozing.get(each.pk, now) <= now for each in listed)
    if any(each.purpose == Purpose.DIGEST for each in outside.notices) and (is_awake or not listed):
        moments.append(_next_eight(outside.lists_tried_at))
    return min(moments, default=None)


def _next_listing(each: OpenNotice, now: datetime, outside: Outside) -> datetime:
    listed_from = max(each.owed_at + FIRST_DAY, get_start_of_today(each.owed_at + FIRST_DAY))
    wakes_at = outside.dozing.get(each.pk, now)
    if wakes_at > now:
        # The last list before it wakes, which is today's where that is still to come.
        last = get_start_of_today(wakes_at)
        last = last if last <= wakes_at else get_start_of_today(timezone.localtime(wakes_at) - timedelta(days=1))
        return max(last, listed_from) if last > outside.lists_tried_at else _next_eight(outside.lists_tried_at)
    since_last = listed_from > outside.lists_tried_at
    return listed_from if since_last else _next_eight(outside.lists_tried_at)


def _has_list(now: datetime, outside: Outside) -> bool:
    """Tell whether a list is open: it is closed as soon as nothing is left on it.

    The system looks each time. Where nothing that can be listed has changed, it would find what it left.
    """
    is_open = any(each.purpose == Purpose.DIGEST for each in outside.notices)
    return is_open and outside.lists_stood_as != _get_listable(now, outside)


def _get_listable(now: datetime, outside: Outside) -> tuple[Any, ...]:
    """Return all that decides what is on whose list: the day, the roster, and the notices that are a day old."""
    old = {(each.pk, each.is_repeating) for each in outside.notices if each.owed_at <= now - FIRST_DAY}
    lists = {each.pk for each in outside.notices if each.purpose == Purpose.DIGEST}
    return get_start_of_today(now) <= now, timezone.localdate(now), outside.get_roster_period(now), old, lists


def _next_eight(now: datetime) -> datetime:
    today = get_start_of_today(now)
    return today if today > now else get_start_of_today(timezone.localtime(now) + timedelta(days=1))


def _next_mark(now: datetime, outside: Outside) -> datetime | None:
    """Return when a duty's mark is reached; now, while somebody is still asked about one that is done.

    The system withdraws such a notice when the transaction is committed. A story's never is: its clock does it.
    """
    return now if outside.asks_about_what_is_done else outside.next_mark_at


def _turn_clocks(now: datetime, outside: Outside) -> None:
    """Turn the clocks, but those that have no row to look at, and that of conversations: its own pass follows.

    Nobody is told beside the others in a story: it tells how notices go, not who was added for a night.
    """
    advance_clocks(now, without={TALK_CLOCK, BESIDE_CLOCK, *outside.idle_clocks})


def _next_talk(now: datetime, outside: Outside) -> datetime | None:
    return outside.next_talk_at


def _turn_talk(now: datetime, outside: Outside) -> None:
    awaiting.advance(now)
    outside.talk_stood_as = outside.talk_stands_as


def _has_talk(now: datetime, outside: Outside) -> bool:
    """Tell whether somebody is being sent back to their notice: that is withdrawn as soon as it is over.

    The system looks each time. What it would find where nothing has changed is what it left.
    """
    is_open = any(each.purpose in (Purpose.TALK, Purpose.OUTCOME) for each in outside.notices)
    return is_open and outside.talk_stands_as != outside.talk_stood_as


for _each in (
    Pass("steps", lambda now, outside: advance(now), _next_step),
    Pass("clocks", _turn_clocks, _next_mark),
    Pass("talk", _turn_talk, _next_talk, _has_talk),
    Pass("alarms", lambda now, outside: send_due_alarms(now), _next_alarm),
    Pass("directory", _resolve, _next_ask),
    Pass("lists", _send_lists, _next_list, _has_list),
    Pass("sending", _send, _next_sending),
    Pass("ways", _send_ways, _next_way),
):
    register_pass(_each)
