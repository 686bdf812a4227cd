"""The SMS of a phone that has no data: somebody will call, and must find somebody there.

The SMS is a code of this phone and of how urgent it is: no place, no person. The coordinators of the region are mailed
and woken at once, and again until one of them says that they see to it; the mail says no more than that. Who else is to
expect the call is the procedure's word (`alarm_rules`). A code that nobody has, one of a phone that has ended, and the
same SMS twice change nothing; a second one within ten minutes is the same alarm, until somebody sees to it: then it
wakes the coordinators again, and nobody else.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils import timezone, translation
from django_q.tasks import async_task
from redis.exceptions import RedisError

from access.models import Assignment, MobileUnit, StaffRole, User
from access.reach import get_region_keys
from access.staff_mail import send_staff_mail
from audit.chain import ANONYMOUS, get_actor, log_event
from audit.put_aside import for_each_row, get_put_aside_keys
from case_forms.alarm_rules.deciding import respond
from notifications.channels.gateways.incoming import Sms
from notifications.outbox.models import Notice, Purpose
from notifications.staff_push.waking import wake
from notifications.texts.in_force import Wording
from notifications.texts.service_mails import word_phone_alarm
from vault import lasting

from .living import get_end
from .models import CODE_ALPHABET, CODE_LENGTH, Device, PhoneAlarm

KIND = "device.alarm"  # under which a row is put aside
RING = "case_forms.devices.alarms.ring"
AGAIN = timedelta(minutes=3)  # between two rounds of mails
MAX_ROUNDS = 10
SAME_ALARM = timedelta(minutes=10)  # within which another SMS of the same kind is the same alarm

log = structlog.get_logger(__name__)


def read_sms(provider: str, sms: Sms) -> bool:
    """Take an SMS as the alarm of a phone. False: it is none, and may be an answer to a notice."""
    code = _read_code(sms.text)
    if not code:
        return False
    joined = Device.objects.select_related("user", "grant__user", "queue_token")
    device = joined.filter(Q(code_normal=code) | Q(code_urgent=code)).first()
    if device is None:
        return False
    key_hash = lasting.keyed_hash(lasting.INBOUND, f"{provider}\0device\0{sms.id}".encode())
    _take(device, key_hash, is_urgent=code == device.code_urgent)
    return True


def ring(_argument: str = "", *, now: datetime | None = None) -> int:
    """Mail the coordinators of alarms that nobody sees to; run each minute. Return how many alarms were mailed."""
    moment = now or timezone.now()
    due = PhoneAlarm.objects.filter(seen_at=None, next_try_at__lte=moment, rounds__lt=MAX_ROUNDS)
    due = due.exclude(pk__in=get_put_aside_keys(KIND, moment))
    keys = list(due.order_by("-is_urgent", "at").values_list("pk", flat=True))
    return for_each_row(KIND, keys, lambda key: _notify(key, moment), at=moment)


def list_waiting(user: User) -> "QuerySet[PhoneAlarm]":
    """Return the alarms of this coordinator's regions to which nobody sees yet, the urgent ones first."""
    found = PhoneAlarm.objects.filter(device__grant__region__in=get_region_keys(user), seen_at=None)
    return found.select_related("device__user").order_by("-is_urgent", "at")


@dataclass(frozen=True)
class Expecting:
    """Somebody besides the coordinators who is asked to expect the call. `name`: "" where nobody was found."""

    role: str
    name: str
    phone: str
    state: str
    accepted_at: datetime | None


def list_expecting(alarms: Iterable[PhoneAlarm]) -> dict[int, list[Expecting]]:
    """Return by alarm who is asked to expect its call, in the order in which they were notified."""
    by_event = {alarm.occurrence: alarm.pk for alarm in alarms}
    asked = Notice.objects.filter(case_id__in=by_event, purpose__in=(Purpose.EXPECT, Purpose.DEPUTY))
    found: dict[int, list[Expecting]] = {}
    for notice in asked.select_related("contact").defer("brief").order_by("owed_at", "pk"):
        contact = notice.contact
        found.setdefault(by_event[notice.case_id], []).append(
            Expecting(
                role=str(notice.get_role_display()),
                name=contact.name if contact else "",
                phone=contact.phone if contact else "",
                state=str(notice.get_state_display()),
                accepted_at=notice.accepted_at,
            )
        )
    return found


def see_to(*, alarm: PhoneAlarm, by: User) -> None:
    """Say that somebody sees to it, which ends its mails. Audited."""
    with transaction.atomic():
        waiting = PhoneAlarm.objects.filter(pk=alarm.pk, seen_at=None)
        if waiting.update(seen_at=timezone.now(), seen_by=by, next_try_at=None):
            log_event("device.alarm_seen", actor=get_actor(by), target_kind="device", target_id=alarm.device_id)


def _read_code(text: str) -> str:
    letters = "".join(text[:60].upper().replace("-", " ").split()).rstrip(".")
    is_code = len(letters) == CODE_LENGTH and all(letter in CODE_ALPHABET for letter in letters)
    return letters if is_code else ""


def _take(device: Device, key_hash: str, *, is_urgent: bool) -> None:
    now = timezone.now()
    if why := get_end(device):
        log_event("device.alarm_refused", actor=ANONYMOUS, target_kind="device", target_id=device.pk, why=str(why))
        return
    try:
        with transaction.atomic():
            # One after the other: two SMS at once are one alarm, too.
            Device.objects.select_for_update(of=("self",)).get(pk=device.pk)
            recent = PhoneAlarm.objects.filter(device=device, is_urgent=is_urgent, at__gt=now - SAME_ALARM)
            if recent.filter(seen_at=None).exists():
                return
            is_again = recent.exists()
            alarm = PhoneAlarm.objects.create(
                device=device, key_hash=key_hash, is_urgent=is_urgent, at=now, next_try_at=now
            )
            log_event("device.alarm", actor=ANONYMOUS, target_kind="device", target_id=device.pk, urgent=is_urgent)
            unit = _find_unit(device)
            if unit is not None and not is_again:
                respond(unit=unit, is_urgent=is_urgent, at=now, occurrence=alarm.occurrence)
            transaction.on_commit(_enqueue)
    except IntegrityError:
        log.info("device_alarm_repeated", device=str(device.pk))  # the gateway says the same thing twice


def _find_unit(device: Device) -> MobileUnit | None:
    """Return the unit whose number is called back: its owner's in the region, the first of several by name."""
    return device.user.units().filter(region=device.grant.region_id).select_related("region").order_by("name").first()


def _enqueue() -> None:
    """Enqueue the mails; when the broker is down, the minutely round sends them."""
    try:
        async_task(RING, "", cluster="urgent")
    except (DatabaseError, RedisError, OSError) as error:
        log.error("device_alarm_waits_for_its_minute", code=type(error).__name__)


def _notify(key: int, now: datetime) -> bool:
    claimed = PhoneAlarm.objects.filter(pk=key, seen_at=None, next_try_at__lte=now)
    if not claimed.update(next_try_at=now + AGAIN):  # another worker has claimed it
        return False
    alarm = PhoneAlarm.objects.select_related("device__grant").get(pk=key)
    people = list_coordinators(alarm.device)
    if not people:
        log.error("device_alarm_has_nobody", alarm=key)
    with transaction.atomic():
        wake(people, is_alarm=True, at=now)
    taken = [_send(user, alarm) for user in people]
    if any(taken):
        PhoneAlarm.objects.filter(pk=key).update(rounds=F("rounds") + 1)
    return any(taken)


def list_coordinators(device: Device) -> list[User]:
    """Return the region's coordinators with an address; those of the whole service where it has none."""
    current = Assignment.objects.current().filter(role=StaffRole.COORDINATOR)
    people = User.objects.filter(is_active=True).exclude(email="").order_by("pk")
    here = people.filter(pk__in=current.filter(region=device.grant.region_id).values("user"))
    return list(here) or list(people.filter(pk__in=current.values("user")))


def _send(user: User, alarm: PhoneAlarm) -> bool:
    wording = Wording(user.language, timezone.now())
    with translation.override(wording.language):
        page = f"{settings.PUBLIC_URL}{reverse('devices:list')}"
        subject, body = word_phone_alarm(is_urgent=alarm.is_urgent, page=page).compose(wording)
    return send_staff_mail(subject, body, user.email, "device_alarm_mail_failed", alarm=alarm.pk)
