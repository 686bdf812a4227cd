"""Owe a notice along the ways beside e-mail, in the transaction that owes the notice itself."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.conf import settings

from notifications.directory.models import ContactWay
from notifications.directory.ways.choosing import get_calls, get_ways

from ..models import Notice, Purpose
from ..queueing import enqueue_ways_on_commit
from ..states import OPEN
from .models import PENDING, Dispatch, DispatchState

# What goes out only because somebody hasn't answered.
UNANSWERED = frozenset({Purpose.REMINDER, Purpose.DEPUTY, Purpose.CALL, Purpose.FALLBACK})


def plan_ways(notice: Notice, *, is_urgent: bool, at: datetime) -> None:
    """Owe this sending of a notice along its contact's other ways, beside its e-mail.

    Nothing for a test, which takes the one way that it is about, and for a contact whose own test is outstanding. Where
    a sending before is still on its way, nothing is added to it. The caller holds the notice, or has just created it.
    """
    contact = notice.contact
    if contact is None or notice.purpose == Purpose.TEST or contact.reachable_at is None:
        return
    ways = get_ways(
        contact,
        channels=settings.NOTIFICATION_CHANNELS,
        is_urgent=is_urgent,
        is_unanswered=notice.purpose in UNANSWERED or notice.sent_at is not None,
        at=at,
    )
    _owe([(notice, way) for way in ways], at)


def ring(notices: Iterable[Notice], *, at: datetime) -> None:
    """Ring whoever of these notices' contacts has a number for it: nobody has answered them.

    Each number once, about the newest notice that is still open. A coordinator is asked to call all the same.
    """
    newest: dict[int, Notice] = {}
    for notice in sorted(notices, key=lambda one: one.owed_at):
        if notice.contact_id is not None and notice.state in OPEN:
            newest[notice.contact_id] = notice
    calls = get_calls(list(newest), channels=settings.NOTIFICATION_CHANNELS, at=at)
    _owe([(newest[way.contact_id], way) for way in calls], at)


def _owe(wanted: Sequence[tuple[Notice, ContactWay]], at: datetime) -> None:
    dispatches = []
    for notice, way in wanted:
        before = Dispatch.objects.filter(notice=notice, way=way)
        states = list(before.values_list("state", flat=True))
        if any(state in PENDING for state in states):
            continue
        due = at + timedelta(minutes=way.after_minutes)
        dispatches.append(
            Dispatch(
                notice=notice,
                way=way,
                number=len(states) + 1,
                channel=way.channel,
                owed_at=at,
                next_attempt_at=due,
                give_up_at=due + timedelta(hours=settings.NOTICE_WAY_HOURS),
            )
        )
    if dispatches:
        # Ignored is what another process was faster to owe: the same notice, way and number.
        Dispatch.objects.bulk_create(dispatches, ignore_conflicts=True)
        enqueue_ways_on_commit()


def plan_every_way(notice: Notice, *, at: datetime) -> None:
    """Owe a drill's notice along every way of its contact, now: whatever their hours, and what they are for.

    A drill is to find out whether each of them works; nobody is in danger meanwhile.
    """
    contact = notice.contact
    if contact is None or not notice.is_drill or contact.reachable_at is None:
        return
    counted = ContactWay.objects.counted().filter(contact=contact, channel__in=list(settings.NOTIFICATION_CHANNELS))
    _owe([(notice, way) for way in counted.order_by("after_minutes", "pk")], at)
    waiting = Dispatch.objects.filter(notice=notice, state=DispatchState.WAITING, next_attempt_at__gt=at)
    waiting.update(next_attempt_at=at)
