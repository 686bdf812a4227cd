"""The register of breaches: write one down, add what becomes known, and remind until it is decided about.

Reminders go by mail to every coordinator and operator, in each minute's round (settings.EACH_MINUTE): that a breach is
open and by when it must be notified, nothing else. The system notifies the Commissioner of nothing; a person does.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from access.models import Assignment, StaffRole, User
from access.staff_mail import send_staff_mail
from audit import clock
from audit.chain import get_actor, log_event
from audit.due import Due
from notifications.staff_push.waking import wake

from .choices import compute_due, find_next_reminder
from .models import Breach, BreachEntry, Decision, Told

KIND = "breach.reminder"  # under which a row is put aside
TRY_AGAIN = timedelta(minutes=15)
AT_MOST = 20  # in one run
WHO = (StaffRole.COORDINATOR, StaffRole.OPERATOR)


@dataclass(frozen=True, kw_only=True)
class Written:
    """What somebody writes about a breach. `reason`: why it was late, or why nobody was notified or informed."""

    kinds: list[str]
    categories: list[str]
    people: int | None
    decision: str
    notified_at: datetime | None
    told: str
    what: str = field(repr=False)
    consequences: str = field(default="", repr=False)
    measures: str = field(default="", repr=False)
    reason: str = field(default="", repr=False)
    protocol: str = field(default="", repr=False)

    @property
    def words(self) -> dict[str, str]:
        names = ("what", "consequences", "measures", "reason", "protocol")
        return {name: text for name in names if (text := getattr(self, name).strip())}


@transaction.atomic
def open_breach(*, known_at: datetime, written: Written, by: User) -> Breach:
    """Write a breach down; its 72 hours run from `known_at`."""
    number = (Breach.objects.aggregate(last=Max("number"))["last"] or 0) + 1
    now = clock.now()
    breach = Breach.objects.create(
        number=number,
        known_at=known_at,
        due_at=compute_due(known_at),
        next_reminder_at=find_next_reminder(known_at, now),
        opened_by=by,
        opened_at=now,
    )
    log_event("breach.opened", actor=get_actor(by), target_kind="breach", target_id=breach.pk, number=number)
    _add(breach, written, by, now)
    return breach


@transaction.atomic
def add_entry(*, breach: Breach, written: Written, by: User) -> BreachEntry:
    """Add what became known, or correct what was written: the newest entry holds, earlier ones stay."""
    locked = Breach.objects.select_for_update().get(pk=breach.pk)
    entry = _add(locked, written, by, clock.now())
    log_event(
        "breach.entry_added",
        actor=get_actor(by),
        target_kind="breach",
        target_id=breach.pk,
        number=breach.number,
        decision=written.decision,
    )
    return entry


def _add(breach: Breach, written: Written, by: User, now: datetime) -> BreachEntry:
    is_notified = written.decision == Decision.NOTIFIED
    entry = BreachEntry.objects.create(
        breach=breach,
        kinds=written.kinds,
        categories=written.categories,
        people=written.people,
        decision=written.decision,
        notified_at=written.notified_at if is_notified else None,
        told=written.told,
        words=written.words,
        written_by=by,
        written_at=now,
    )
    is_open = written.decision == Decision.OPEN or written.told == Told.OPEN
    breach.next_reminder_at = find_next_reminder(breach.known_at, now) if is_open else None
    breach.save(update_fields=["next_reminder_at"])
    return entry


def _remind(breach: Breach, now: datetime) -> bool:
    current = Assignment.objects.current().filter(role__in=WHO).values("user")
    people = User.objects.filter(pk__in=current, is_active=True).exclude(email="").order_by("pk")
    # A list: each is mailed, whether or not the server took the one before.
    wake(people, is_alarm=False, at=now)
    taken = [_send(user, breach, now) for user in people]
    if not any(taken):
        return False
    # Only if nobody has decided meanwhile: then it is null, and stays so.
    is_open = Breach.objects.filter(pk=breach.pk, next_reminder_at__isnull=False)
    is_open.update(next_reminder_at=find_next_reminder(breach.known_at, now))
    return True


def _send(user: User, breach: Breach, now: datetime) -> bool:
    with translation.override(user.language):
        subject = _("A breach of personal data is open")
        link = f"{settings.PUBLIC_URL}{reverse('accountability:breach', args=[breach.pk])}"
        context: dict[str, Any] = {"breach": breach, "link": link, "is_late": breach.due_at < now}
        body = render_to_string("accountability/reminder.txt", context)
    return send_staff_mail(subject, body, user.email, "breach_mail_failed", breach=str(breach.pk))


send_due = Due(
    name=KIND,
    rows=lambda _now: Breach.objects.all(),
    column="next_reminder_at",
    lease=TRY_AGAIN,
    act=_remind,
    at_most=AT_MOST,
).run
