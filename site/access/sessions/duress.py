"""A PIN entered under duress: it opens an empty day, and those who coordinate the person are told.

In such a session `request.user` is a stand-in: a person of the same name, language and roles who works nowhere and owns
nothing, so that every query by what somebody may see finds nothing. The policy lets it read a few pages that are empty
then (`policy.IN_DURESS`); everything else answers as if the service were busy.

Mails hold no name: whoever gets one opens the page with the calls for help. They are sent from outside the request,
which must take no longer than with the other PIN, and again until somebody has seen to it.
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
from audit.put_aside import each

from ..models import Assignment, StaffRole, User
from .models import DuressAlarm

KIND = "access.duress"
RING = "access.sessions.duress.ring"
MAX_TRIES = 12  # rounds that went out; while no mail server takes one, it goes on
WIDELY_AFTER = 3  # rounds to which nobody has answered: operators are told, too
BETWEEN = (timedelta(minutes=2), timedelta(minutes=10))  # after a round that nobody got; after one that went out
ONE_CALL = timedelta(minutes=10)  # the PIN entered again within this time belongs to the same call

log = structlog.get_logger(__name__)


def stand_in_for(user: User) -> User:
    """A person who sees nothing, under this person's name."""
    twin = copy.copy(user)
    twin.__dict__.pop("_prefetched_objects_cache", None)
    twin._roles = user.roles()
    twin._stands_for = user  # type: ignore[attr-defined]
    twin.pk = 0
    return twin


def call_for_help(user: User) -> None:
    now = timezone.now()
    with transaction.atomic():
        if DuressAlarm.objects.filter(user=user, seen_at__isnull=True, at__gt=now - ONE_CALL).exists():
            return
        DuressAlarm.objects.create(user=user, at=now, next_try_at=now)
        log_event("session.duress", actor=get_actor(user), target_kind="user", target_id=user.pk)
        transaction.on_commit(_wake)


def _wake() -> None:
    """A worker sends the mails at once; when the broker is away, the round of each minute does."""
    try:
        async_task(RING, "", cluster="urgent")
    except (DatabaseFailure, RedisError, OSError) as error:
        log.error("duress_waits_for_its_minute", code=type(error).__name__)


def ring(_argument: Any = None) -> int:
    """Mail those who are to be told of calls that nobody has seen to. How many calls were mailed. Run each minute."""
    now = timezone.now()
    due = DuressAlarm.objects.filter(seen_at__isnull=True, next_try_at__lte=now, tries__lt=MAX_TRIES)
    return each(KIND, list(due.values_list("pk", flat=True)), partial(_tell, now=now), at=now)


def _tell(key: int, *, now: Any) -> bool:
    from ..staff import mails

    claimed = DuressAlarm.objects.filter(pk=key, seen_at__isnull=True, next_try_at__lte=now)
    if not claimed.update(next_try_at=now + BETWEEN[0]):  # another worker has it
        return False
    alarm = DuressAlarm.objects.select_related("user").get(pk=key)
    readers = list(get_told(alarm.user, widely=alarm.tries >= WIDELY_AFTER).exclude(email=""))
    if not readers:
        log.error("duress_has_nobody_to_tell", alarm=key)
    if not sum(mails.tell_of_call(reader) for reader in readers):
        return False
    DuressAlarm.objects.filter(pk=key).update(next_try_at=now + BETWEEN[1], tries=F("tries") + 1)
    DuressAlarm.objects.filter(pk=key, told_at__isnull=True).update(told_at=timezone.now())
    return True


def get_told(user: User, *, widely: bool = False) -> "QuerySet[User]":
    """The coordinators of where this person works; where there is no other one, or `widely`, the operators too."""
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


def calls_seen_by(user: User) -> "QuerySet[DuressAlarm]":
    """Calls of those whom this person coordinates; an operator sees all. Never one's own."""
    calls = DuressAlarm.objects.exclude(user=user).select_related("user", "seen_by")
    if user.has_role(StaffRole.OPERATOR):
        return calls
    regions = user.coordinated_regions()
    near = Assignment.objects.filter(Q(unit__region__in=regions) | Q(region__in=regions))
    return calls.filter(user__in=near.values("user"))


def see_to(*, alarm: DuressAlarm, by: User) -> None:
    with transaction.atomic():
        seen = DuressAlarm.objects.filter(pk=alarm.pk, seen_at__isnull=True).exclude(user=by)
        if seen.update(seen_by=by, seen_at=timezone.now(), next_try_at=None):
            log_event("session.duress_seen", actor=get_actor(by), target_kind="user", target_id=alarm.user_id)
