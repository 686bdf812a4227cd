"""Records of phones that nobody has decided about: who is to, reminders, and their end after `PHONE_RECORD_DAYS`.

Whoever wrote it decides while they work in its unit, else a colleague there; anybody of the unit may. They are mailed
after a day and then each week; in the last week, and where nobody works there, the region's coordinators too. The mails
name the unit and say nothing of what was written. What is about to end was mailed about at least five days before.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from access.models import Assignment, MobileUnit, StaffRole, User
from access.staff_mail import send_staff_mail
from audit import clock
from audit.chain import log_event
from audit.put_aside import for_each_row, get_put_aside_keys

from ..actions import TARGET_KIND
from .actions import join_left_over
from .models import PhoneRecord, PhoneRecordQuerySet

REMIND, FORGET = "session.phone_record_remind", "session.phone_record_forget"  # under which a row is put aside
FIRST = timedelta(days=1)  # in which its owner, who has the phone in hand, may decide
AGAIN = timedelta(days=7)
LAST = timedelta(days=7)  # before the end: coordinators are mailed, too
BETWEEN = timedelta(days=5)  # at least, between such a mail and the end
AT_MOST = 500  # records in one pass

log = structlog.get_logger(__name__)


class Writer(Protocol):
    def __call__(self, language: str, *, unit: str, page: str, is_last: bool) -> tuple[str, str]:
        """Return the subject and the text of a mail that says that a record of this unit waits."""


_writers: list[Writer] = []


def register_writer(writer: Writer) -> None:
    """Register who words the mails: a room above, where the texts of mails are."""
    _writers[:] = [writer]


def tidy(_argument: Any = None) -> None:
    """Remind of those that wait, delete those whose time is over, join those whose plan is here; run each hour."""
    now = clock.now()
    log.info("phone_records_tidied", ended=forget_due(now), reminded=remind_due(now), joined=join_left_over())


def find_owners(records: Iterable[PhoneRecord]) -> dict[UUID, User | None]:
    """Return by record who is to decide; None where nobody works in its unit. One query."""
    found = list(records)
    workers = Assignment.objects.current().filter(role=StaffRole.WORKER, user__is_active=True)
    of_unit: dict[int, dict[int, User]] = {}
    for each in workers.filter(unit__in={record.unit_id for record in found}).select_related("user").order_by("pk"):
        of_unit.setdefault(each.unit_id or 0, {})[each.user_id] = each.user
    owners: dict[UUID, User | None] = {}
    for record in found:
        people = of_unit.get(record.unit_id, {})
        owners[record.pk] = people.get(record.user_id) or next(iter(people.values()), None)
    return owners


def get_end(record: PhoneRecord) -> date | None:
    """Return the day on which it is deleted at the earliest; None: never."""
    if not settings.PHONE_RECORD_DAYS:
        return None
    end = record.arrived_at + timedelta(days=settings.PHONE_RECORD_DAYS)
    return timezone.localdate(max(end, record.warned_at + BETWEEN) if record.warned_at else end)


def remind_due(now: datetime) -> int:
    """Mail about those that wait. Return how many were mailed about."""
    due = Q(reminded_at=None, arrived_at__lte=now - FIRST) | Q(reminded_at__lte=now - AGAIN)
    if settings.PHONE_RECORD_DAYS:
        due |= Q(pk__in=_aged(now, LAST).filter(warned_at=None).values("pk"))
    waiting = PhoneRecord.objects.waiting().filter(due).exclude(pk__in=get_put_aside_keys(REMIND, now))
    keys = list(waiting.order_by("arrived_at", "pk").values_list("pk", flat=True)[:AT_MOST])
    return for_each_row(REMIND, keys, lambda key: _remind(key, now), at=now)


def forget_due(now: datetime) -> int:
    """Empty those whose time is over. Return how many."""
    if not settings.PHONE_RECORD_DAYS:
        return 0
    over = _over(now).exclude(pk__in=get_put_aside_keys(FORGET, now)).order_by("arrived_at", "pk")
    return for_each_row(
        FORGET, list(over.values_list("pk", flat=True)[:AT_MOST]), lambda key: _forget(key, now), at=now
    )


def _aged(now: datetime, before_end: timedelta) -> PhoneRecordQuerySet:
    end = now - timedelta(days=settings.PHONE_RECORD_DAYS) + before_end
    return PhoneRecord.objects.waiting().filter(arrived_at__lte=end)


def _over(now: datetime) -> PhoneRecordQuerySet:
    return _aged(now, timedelta(0)).filter(warned_at__lte=now - BETWEEN)


def _forget(key: UUID, now: datetime) -> bool:
    with transaction.atomic():
        record = PhoneRecord.objects.select_for_update(of=("self",)).get(pk=key)
        if not _over(now).filter(pk=key).exists():
            return False  # somebody has decided meanwhile
        record.fields, record.ended_at = [], now
        record.save(update_fields=["fields", "ended_at"])
        target = record.session_id or record.pk
        log_event("session.phone_record_forgotten", target_kind=TARGET_KIND, target_id=target)
    return True


def _remind(key: UUID, now: datetime) -> bool:
    record = PhoneRecord.objects.select_related("unit").defer("fields").get(pk=key)
    same = PhoneRecord.objects.waiting().filter(pk=key, reminded_at=record.reminded_at, warned_at=record.warned_at)
    is_last = bool(settings.PHONE_RECORD_DAYS) and _aged(now, LAST).filter(pk=key).exists()
    warned_at = (record.warned_at or now) if is_last else None
    if not same.update(reminded_at=now, warned_at=warned_at):  # another worker has, or somebody has decided
        return False
    owner = find_owners([record])[key]
    people = [owner] if owner is not None else []
    people += _list_coordinators(record.unit) if is_last or owner is None else []
    reached = {user.pk: user for user in people if user.email}
    if not reached:
        log.error("phone_record_has_nobody", record=str(key))
    taken = [_send(user, record.unit, is_last=is_last) for user in reached.values()]
    if not any(taken):  # no mail server, or nobody: again in the next hour, and until then nothing ends
        PhoneRecord.objects.filter(pk=key).update(reminded_at=record.reminded_at, warned_at=record.warned_at)
    return any(taken)


def _list_coordinators(unit: MobileUnit) -> list[User]:
    """Return the region's coordinators with an address; those of the whole service where it has none."""
    current = Assignment.objects.current().filter(role=StaffRole.COORDINATOR)
    people = User.objects.filter(is_active=True).exclude(email="").order_by("pk")
    here = people.filter(pk__in=current.filter(region=unit.region_id).values("user"))
    return list(here) or list(people.filter(pk__in=current.values("user")))


def _send(user: User, unit: MobileUnit, *, is_last: bool) -> bool:
    page = f"{settings.PUBLIC_URL}{reverse('sessions:list')}"
    (write,) = _writers
    subject, body = write(user.language, unit=unit.name, page=page, is_last=is_last)
    return send_staff_mail(subject, body, user.email, "phone_record_mail_failed", user=user.pk)
