"""Wake our own people beside an e-mail: content-free, at most once each PAUSE, and never instead of the e-mail.

A phone that is owed something is a row with a time; a push that is lost is tried again for a while. What the push
service says is a code for the log.
"""

import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from django.conf import settings
from django.db import Error as DatabaseFailure
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.dispatch import receiver
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django_q.tasks import async_task
from redis.exceptions import RedisError

from access.models import User
from access.signals import staff_alarmed
from audit import clock
from notifications.channels.base import (
    ChannelError,
    Message,
    PayloadError,
    RecipientGone,
    RecipientRefused,
    get_channel,
)
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from .models import StaffPhone

PAUSE = timedelta(minutes=2)  # between two pushes to one phone
LEASE = timedelta(seconds=30)  # a push ends within settings.EMAIL_TIMEOUT
TRY_AGAIN = (timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15))
RUN_SECONDS = 8.0
CHANNEL = "push"
SEND = "notifications.staff_push.waking.send_due"

log = structlog.get_logger(__name__)


def wake(users: Iterable[User | int], *, is_alarm: bool, at: datetime | None = None) -> None:
    """Wake these people once the transaction is committed. Costs one query where none of them has a phone.

    `is_alarm`: somebody may be in danger, or can't be notified; phones that want alarms alone take nothing else.
    """
    if CHANNEL not in settings.NOTIFICATION_CHANNELS or clock.is_imagined():
        return
    keys = {user if isinstance(user, int) else user.pk for user in users}
    if keys:
        # After the commit: rows of phones are locked with nothing else, and nobody is woken for what was rolled back.
        transaction.on_commit(partial(_owe, keys, is_alarm, at))


@receiver(staff_alarmed, dispatch_uid="staff_push.staff_alarmed")
def wake_alarmed(users: Iterable[User], **_more: Any) -> None:
    wake(users, is_alarm=True)


def _owe(keys: set[int], is_alarm: bool, at: datetime | None) -> None:
    moment = at or timezone.now()
    try:
        theirs = StaffPhone.objects.counted(moment).filter(user__in=keys)
        phones = theirs if is_alarm else theirs.filter(only_alarms=False)
        found = list(phones.values_list("pk", "woken_at"))
        for key, woken_at in found:
            due = max(moment, woken_at + PAUSE) if woken_at else moment
            # One that is owed something already keeps its time.
            StaffPhone.objects.filter(pk=key).update(
                owed_at=Coalesce("owed_at", moment), next_try_at=Coalesce("next_try_at", due)
            )
        if found:
            async_task(SEND, "", cluster="urgent")
    except (DatabaseFailure, RedisError, OSError) as error:
        # The e-mail is out, or goes on being tried: what was committed mustn't answer with an error because of a push.
        log.error("staff_not_woken", code=type(error).__name__)


def send_due(_argument: str = "", *, now: datetime | None = None) -> int:
    """Wake each phone that is owed something; also run each minute (settings.EACH_MINUTE). Return how many were."""
    until = time.monotonic() + RUN_SECONDS
    if CHANNEL not in settings.NOTIFICATION_CHANNELS:
        return 0
    moment = now or timezone.now()
    woken = 0
    for key in list(StaffPhone.objects.due(moment).order_by("next_try_at", "pk").values_list("pk", flat=True)[:200]):
        if time.monotonic() >= until:
            break
        woken += _wake_one(key, moment)
    return woken


def _wake_one(key: int, now: datetime) -> bool:
    # Of two workers one takes it: the other finds it not due any more.
    if not StaffPhone.objects.filter(pk=key, owed_at__isnull=False, next_try_at__lte=now).update(
        next_try_at=now + LEASE, tries=F("tries") + 1
    ):
        return False
    phone = StaffPhone.objects.select_related("user").filter(pk=key).first()
    if phone is None:
        return False
    channel = get_channel(CHANNEL)
    try:
        channel.open()
        channel.send(build_message(phone))
    except RecipientGone:
        StaffPhone.objects.filter(pk=key).delete()
        log.info("staff_phone_gone", user=phone.user_id)
        return False
    except ChannelError as error:
        _try_again(phone, error, now)
        return False
    except DatabaseFailure:
        raise  # no phone is to blame
    except Exception as error:  # noqa: BLE001  # one phone that can't be woken: the others are
        _try_again(phone, PayloadError(f"fault_{type(error).__name__}"), now)
        return False
    finally:
        channel.close()
    # What came while this one was on its way was said by it.
    StaffPhone.objects.filter(pk=key).update(owed_at=None, next_try_at=None, tries=0, woken_at=now)
    return True


def _try_again(phone: StaffPhone, error: ChannelError, now: datetime) -> None:
    log.warning("staff_push_failed", code=error.code, user=phone.user_id)
    mine = StaffPhone.objects.filter(pk=phone.pk)
    is_over = isinstance(error, PayloadError | RecipientRefused) or phone.tries > len(TRY_AGAIN)
    if is_over:
        mine.update(owed_at=None, next_try_at=None, tries=0)
    else:
        mine.update(next_try_at=now + TRY_AGAIN[phone.tries - 1])


def build_message(phone: StaffPhone) -> Message:
    """Build the one thing that a push to staff says. Raises PayloadError."""
    try:
        secret = phone.secret or {}
    except (SealBroken, KeyRingError):
        # Without its cause: a traceback must not carry what is sealed.
        raise PayloadError("phone_sealed") from None
    with translation.override(phone.user.language):
        text = _("Something waits for you. Sign in to see it.")
    reference = f"staff {phone.pk}"
    return Message(
        id=reference,
        address=phone.name,
        subject="Vatra",
        text=text,
        link=settings.PUBLIC_URL + reverse("account_home"),
        language=phone.user.language,
        reference=reference,  # the same for each: a push that still waits is replaced by the next
        secret=secret,
    )
