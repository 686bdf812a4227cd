"""The operator's alarm: a chain came to its end and nobody could be notified. Says how many, nothing of a case.

It stands in the log each minute, in `/readyz` (part `nobody_told`), and goes out by e-mail: at once for a new one, then
each hour, after the first day once a day, until somebody is found. When no mail went out, it is tried again after five
minutes. The bulk workers raise it; when none can be asked, the sweeper does.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db.models import Count, Max, Min
from django.urls import reverse
from django.utils import timezone, translation

from access.models import Assignment, StaffRole, User
from access.staff_mail import send_staff_mail
from notifications.directory.models import Role
from notifications.staff_push.waking import wake
from notifications.texts.in_force import Wording
from notifications.texts.service_mails import word_alarm

from .escalation_policy import FIRST_DAY
from .models import Heartbeat, Notice, NoticeQuerySet

MAILED = "alarm.mailed"  # the heartbeat of the last attempt to mail the operators
NOT_YET_MAILED = {"unheard": True}  # its facts, as long as no mail of that attempt has gone out
MIN_INTERVAL = timedelta(minutes=5)  # between two mails, also when a new case comes
HOURLY = timedelta(hours=1)

log = structlog.get_logger(__name__)


def get_notices_for_nobody() -> NoticeQuerySet:
    """Return notices to coordinators without a recipient, where the chain ended, without drills."""
    return Notice.objects.counted().without_recipient().filter(role=Role.COORDINATOR)


def build_health_part(now: datetime) -> dict[str, Any]:
    """Build the part of `/readyz`.

    {"ok", "cases": how many wait for somebody to be found, "oldest_s": the longest wait in seconds or null}.
    """
    found = get_notices_for_nobody().order_by().aggregate(oldest=Min("owed_at"), cases=Count("case_id", distinct=True))
    cases, oldest = found["cases"], found["oldest"]
    return {"ok": cases == 0, "cases": cases, "oldest_s": round((now - oldest).total_seconds(), 1) if oldest else None}


def ring(argument: str = "", *, heartbeat: Callable[[], None] = lambda: None) -> int:
    """Mail the operators when somebody can't be notified and a mail is due. Return how many mails went out.

    The bulk workers, or the sweeper in their place, run it each minute. `heartbeat` is called before each mail: a
    server that hangs costs some seconds each time.
    """
    now = timezone.now()
    part = build_health_part(now)
    if part["ok"]:
        return 0
    log.error("nobody_told", cases=part["cases"], oldest_s=part["oldest_s"])
    last = Heartbeat.objects.filter(part=MAILED).first()
    if not _is_due(last, now) or not _claim_round(last, now):
        return 0
    operators = get_operators_to_mail()
    if not operators:
        log.error("no_operator_to_alarm")
    wake(operators, is_alarm=True, at=now)
    mailed = 0
    for operator in operators:
        heartbeat()
        mailed += _mail_operator(operator, part["cases"])
    if mailed:
        # Only the round that this worker claimed (`at=now`): a later one may be under way elsewhere.
        Heartbeat.objects.filter(part=MAILED, at=now).update(facts={})
    return mailed


def get_operators_to_mail() -> list[User]:
    """Return today's operators with an e-mail address."""
    today = Assignment.objects.current().filter(role=StaffRole.OPERATOR).values("pk")
    staff = User.objects.filter(is_active=True, assignments__in=today).exclude(email="")
    return list(staff.distinct().order_by("pk"))


def _is_due(beat: Heartbeat | None, now: datetime) -> bool:
    if beat is None or beat.at > now:  # a time ahead of now: the clock was set back, which mustn't silence the alarm
        return True
    last = beat.at
    if beat.facts == NOT_YET_MAILED:
        return now - last >= MIN_INTERVAL
    times = get_notices_for_nobody().order_by().aggregate(oldest=Min("owed_at"), newest=Max("owed_at"))
    # A new case is mailed at once, whatever the rhythm of the older ones.
    if times["newest"] > last:
        return now - last >= MIN_INTERVAL
    return now - last >= (HOURLY if now - times["oldest"] < FIRST_DAY else FIRST_DAY)


def _claim_round(last: Heartbeat | None, now: datetime) -> bool:
    """Claim this round of mails: of two workers at once, one sends them.

    Until one of them has gone out, the round counts as unheard.
    """
    if last is None:
        _beat, made = Heartbeat.objects.get_or_create(part=MAILED, defaults={"at": now, "facts": NOT_YET_MAILED})
        return made
    return Heartbeat.objects.filter(part=MAILED, at=last.at).update(at=now, facts=NOT_YET_MAILED) == 1


def _mail_operator(operator: User, cases: int) -> bool:
    """Mail one operator, over a connection of its own.

    An address that is refused mustn't stop the mails to the others.
    """
    with translation.override(operator.language):
        mail = word_alarm(cases=cases, page=settings.PUBLIC_URL + reverse("dutyshift:index"))
        subject, body = mail.compose(Wording(operator.language, timezone.now()))
    return send_staff_mail(subject, body, operator.email, "alarm_mail_failed", operator=operator.pk)
