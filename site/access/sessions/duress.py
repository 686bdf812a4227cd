"""The duress PIN: it opens an empty day, and the coordinators of the person are alerted (docs/adr/0067).

In such a session `request.user` is a stand-in: a person of the same name, language and roles who works nowhere and owns
nothing, so that every query by what somebody may see finds nothing. The policy lets it read a few pages that are empty
then (`policy.IN_DURESS`); everything else answers as if the service were busy.

Mails hold no name: whoever gets one opens the page with the calls for help. They are sent outside the request, which
must take no longer than with the other PIN, and again until somebody has acknowledged the call.
"""

import copy
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from django.db import Error as DatabaseFailure
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django_q.tasks import async_task
from redis.exceptions import RedisError

from audit.chain import get_actor, log_event
from audit.put_aside import for_each_row

from ..models import Assignment, StaffRole, User
from ..signals import staff_alarmed
from ..staff import mails
from .models import DuressAlarm

KIND = "access.duress"
RING = "access.sessions.duress.ring"
MAX_TRIES = 12  # rounds of mails that went out; rounds that no mail server took don't count
MAIL_OPERATORS_AFTER = 3  # after so many rounds without an answer operators are mailed, too
BETWEEN = (timedelta(minutes=2), timedelta(minutes=10))  # after a round that nobody got; after one that went out
ONE_CALL = timedelta(minutes=10)  # the PIN entered again within this time belongs to the same call

log = structlog.get_logger(__name__)


def make_stand_in(user: User) -> User:
    """Build a person of this name who sees nothing."""
    twin = copy.copy(user)
    twin.__dict__.pop("_prefetched_objects_cache", None)
    # Filled beforehand: the query would find none for a person who isn't in the table.
    twin._roles = user.roles()
    twin._stands_for = user  # type: ignore[attr-defined]
    # No row has this key, so every relation from it is empty, in code that knows nothing of duress too.
    twin.pk = 0
    return twin


def call_for_help(user: User) -> None:
    """Store a call for help and have its mails sent."""
    now = timezone.now()
    with transaction.atomic():
        if DuressAlarm.objects.filter(user=user, seen_at__isnull=True, at__gt=now - ONE_CALL).exists():
            return
        DuressAlarm.objects.create(user=user, at=now, next_try_at=now)
        log_event("session.duress", actor=get_actor(user), target_kind="user", target_id=user.pk)
        transaction.on_commit(_wake)


def _wake() -> None:
    """Enqueue the mails; when the broker is down, the minutely round sends them."""
    try:
        async_task(RING, "", cluster="urgent")
    except (DatabaseFailure, RedisError, OSError) as error:
        log.error("duress_waits_for_its_minute", code=type(error).__name__)


def ring(_argument: Any = None) -> int:
    """Mail the readers of calls that nobody has acknowledged; run each minute. Returns how many calls were mailed."""
    now = timezone.now()
    due = DuressAlarm.objects.filter(seen_at__isnull=True, next_try_at__lte=now, tries__lt=MAX_TRIES)
    return for_each_row(KIND, list(due.values_list("pk", flat=True)), partial(_tell, now=now), at=now)


def _tell(key: int, *, now: Any) -> bool:
    """Mail the readers of one call; True when the mail server took at least one mail."""
    claimed = DuressAlarm.objects.filter(pk=key, seen_at__isnull=True, next_try_at__lte=now)
    if not claimed.update(next_try_at=now + BETWEEN[0]):  # another worker has claimed it
        return False
    alarm = DuressAlarm.objects.select_related("user").get(pk=key)
    readers = list(get_notified_recipients(alarm.user, widely=alarm.tries >= MAIL_OPERATORS_AFTER).exclude(email=""))
    if not readers:
        log.error("duress_has_nobody_to_tell", alarm=key)
    staff_alarmed.send(sender=DuressAlarm, users=readers)
    # Not counted as a round: `next_try_at` is two minutes away already, and nobody has heard of the call yet.
    if not sum(mails.mail_call_for_help(reader) for reader in readers):
        return False
    DuressAlarm.objects.filter(pk=key).update(next_try_at=now + BETWEEN[1], tries=F("tries") + 1)
    DuressAlarm.objects.filter(pk=key, told_at__isnull=True).update(told_at=timezone.now())
    return True


def get_notified_recipients(user: User, *, widely: bool = False) -> "QuerySet[User]":
    """Return whom to mail: the coordinators of where this person works.

    Where there is no other one with an address, or `widely`, the operators too.
    """
    held = user.current_assignments()
    regions = [region or of_unit for region, of_unit in held.values_list("region", "unit__region")]
    current = Assignment.objects.current()
    near = current.filter(role=StaffRole.COORDINATOR, region__in=[each for each in regions if each])
    others = User.objects.filter(is_active=True).exclude(pk=user.pk)
    found = others.filter(pk__in=near.values("user"))
    if found.exclude(email="").exists() and not widely:
        return found
    return others.filter(
        Q(pk__in=near.values("user")) | Q(pk__in=current.filter(role=StaffRole.OPERATOR).values("user"))
    )  # fmt: skip


def get_visible_alarms(user: User) -> "QuerySet[DuressAlarm]":
    """Return the calls of those whom this person coordinates; an operator sees all. Never one's own."""
    calls = DuressAlarm.objects.exclude(user=user).select_related("user", "seen_by")
    if user.has_role(StaffRole.OPERATOR):
        return calls
    regions = user.coordinated_regions()
    # Past assignments too: a call stays visible after the caller has moved or left.
    near = Assignment.objects.filter(Q(unit__region__in=regions) | Q(region__in=regions))
    return calls.filter(user__in=near.values("user"))


def acknowledge(*, alarm: DuressAlarm, by: User) -> None:
    """Acknowledge a call, which ends its mails. Nobody acknowledges their own."""
    with transaction.atomic():
        seen = DuressAlarm.objects.filter(pk=alarm.pk, seen_at__isnull=True).exclude(user=by)
        if seen.update(seen_by=by, seen_at=timezone.now(), next_try_at=None):
            log_event("session.duress_seen", actor=get_actor(by), target_kind="user", target_id=alarm.user_id)
