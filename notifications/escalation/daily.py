"""Mail coordinators once a day about what is ahead in their regions: how much of it, never what."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from access.models import User
from notifications.outbox.models import Heartbeat
from notifications.texts.service_mails import ServiceMail

from .digest import get_start_of_today
from .outlook_watch import get_coordinators
from .rounds import claim_round, is_due_since, mail_each

T = TypeVar("T")


def mail_coordinators_daily(
    part: str,
    now: datetime,
    *,
    find: Callable[[], list[T]],
    pick: Callable[[User, list[T]], list[T]],
    word: Callable[[list[T]], ServiceMail],
    note: Callable[[list[T]], None],
) -> int:
    """Mail each coordinator what is due to them, each day from eight on. Return how many mails went out.

    1. One worker claims the day's round (`part`: of Heartbeat); `find` looks for what is due.
    2. `pick` returns what of it is this coordinator's; who has nothing gets no mail.
    3. `word` words a mail about it, and `note` is called for what was taken by the mail server.
    """
    eight = get_start_of_today(now)
    if now < eight or not claim_round(part, now, lambda beat, at: is_due_since(beat, at, eight)):
        return 0
    due = find()
    theirs = {person: mine for person in get_coordinators() if (mine := pick(person, due))} if due else {}
    if not theirs:
        Heartbeat.objects.filter(part=part, at=now).update(facts={})  # nothing to say, until tomorrow
        return 0
    sent = 0
    for person, mine in theirs.items():
        if mail_each(part, [person], lambda _who, mine=mine: word(mine), now):  # type: ignore[misc]
            sent += 1
            note(mine)
    return sent
