"""Grant, set up, renew and end phones that store. Every change of a grant or a phone is made here, and audited."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from access.models import FieldToken, Region, User
from audit.chain import Actor, get_actor, log_event
from audit.put_aside import for_each_row
from vault.field_keys import load_field_keys

from .living import find_grant, get_end, is_granted, list_overdue_grants
from .models import Device, DeviceGrant, EndedWhy

READ_DAYS = 30  # after which its owner signs in again; without that the phone's keys go
QUEUE_DAYS = 180  # since it was last heard of: so long what is finished on it is still received
A_DAY = timedelta(days=1)


class NotGranted(Exception):
    """No coordinator has granted this person a phone, or they don't work there any more."""


class NotSetUp(Exception):
    """The operator has set up no field key: no phone may store."""


class DeviceExists(Exception):
    """The person has a phone that stores already."""


class DeviceEnded(Exception):
    """The phone has ended. `why`: an EndedWhy."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class NotTheirs(Exception):
    """The person works in no unit of a region that this coordinator answers for."""


@dataclass(frozen=True)
class SetUp:
    """A phone with its tokens, which are shown once and stored as hashes only."""

    device: Device
    queue_token: str
    pack_token: str


def grant_device(*, user: User, region: Region, by: User) -> DeviceGrant:
    """Let a worker of the coordinator's region have one phone that stores. Granting again changes nothing.

    Raises NotTheirs.
    """
    if not by.coordinated_regions().filter(pk=region.pk).exists():
        raise NotTheirs
    if not user.is_active or not user.units().filter(region=region).exists():
        raise NotTheirs
    try:
        with transaction.atomic():
            standing = DeviceGrant.objects.standing().filter(user=user).select_related("user").first()
            if standing is not None and is_granted(standing):
                return standing
            if standing is not None:  # of a region that the person has left
                _end_grant(standing, get_actor(by), by, EndedWhy.LEFT)
            made = DeviceGrant.objects.create(user=user, region=region, granted_by=by)
            log_event("device.granted", actor=get_actor(by), target_kind="user", target_id=user.pk, region=region.slug)
            return made
    except IntegrityError:  # somebody else was granting it at the same moment
        return DeviceGrant.objects.standing().get(user=user)


def end_grant(*, grant: DeviceGrant, by: User) -> None:
    """Withdraw a grant; its phone ends with it. Ending it again changes nothing. Raises NotTheirs."""
    if not by.coordinated_regions().filter(pk=grant.region_id).exists():
        raise NotTheirs
    with transaction.atomic():
        locked = DeviceGrant.objects.select_for_update().get(pk=grant.pk)
        if locked.ended_at is None:
            _end_grant(locked, get_actor(by), by, EndedWhy.GRANT)


def _end_grant(grant: DeviceGrant, actor: Actor, by: User | None, why: str) -> None:
    grant.ended_at, grant.ended_by = timezone.now(), by
    grant.save(update_fields=["ended_at", "ended_by"])
    log_event("device.grant_ended", actor=actor, target_kind="user", target_id=grant.user_id, why=str(why))
    for device in Device.objects.living().filter(grant=grant).select_for_update(of=("self",)):
        _end(device, actor, by, why)


def set_up_device(*, user: User, name: str, replace: bool) -> SetUp:
    """Set up the person's phone, and end the one before it if they say so (`replace`).

    Raises NotSetUp, NotGranted, DeviceExists.
    """
    if not load_field_keys():
        raise NotSetUp
    grant = find_grant(user)
    if grant is None:
        raise NotGranted
    try:
        with transaction.atomic():
            # The lock makes a second phone at the same moment find the first.
            DeviceGrant.objects.select_for_update().get(pk=grant.pk)
            for earlier in Device.objects.living().filter(user=user).select_related("user", "grant", "queue_token"):
                if not get_end(earlier) and not replace:
                    raise DeviceExists
                _end(earlier, get_actor(user), user, get_end(earlier) or EndedWhy.REPLACED)
            device = Device(grant=grant, user=user, name=name.strip())
            tokens = _issue(device)
            device.key_id = load_field_keys()[0].id
            device.save(force_insert=True)
            log_event("device.set_up", actor=get_actor(user), target_kind="device", target_id=device.pk)
    except IntegrityError:
        raise DeviceExists from None
    return SetUp(device, *tokens)


def renew_device(*, device: Device, user: User) -> SetUp:
    """Give a phone new tokens, the one that reads for another 30 days. Raises DeviceEnded.

    The old one that delivers ends once the new one is used.
    """
    with transaction.atomic():
        locked = _lock(device)
        if why := get_end(locked):
            raise DeviceEnded(why)
        # Of several renewals whose answers got lost, the phone has the token from before the first.
        old = [locked.pack_token_id, *([locked.queue_token_id] if locked.earlier_token_id else [])]
        locked.earlier_token_id = locked.earlier_token_id or locked.queue_token_id
        tokens = _issue(locked)
        locked.last_seen_at = timezone.now()
        locked.save(update_fields=["queue_token", "pack_token", "earlier_token", "last_seen_at"])
        FieldToken.objects.filter(pk__in=old, revoked_at__isnull=True).update(revoked_at=timezone.now())
        log_event("device.renewed", actor=get_actor(user), target_kind="device", target_id=locked.pk)
    return SetUp(locked, *tokens)


def end_earlier_token(device: Device) -> None:
    """End the token from before a renewal: the phone has used the new one."""
    with transaction.atomic():
        locked = _lock(device)
        FieldToken.objects.filter(earlier_device=locked, revoked_at=None).update(revoked_at=timezone.now())
        locked.earlier_token = None
        locked.save(update_fields=["earlier_token"])


def end_device(*, device: Device, by: User, why: str) -> None:
    """End a phone: its owner does, from wherever they are signed in, or a coordinator of its region.

    It throws its keys away at the next contact, or by itself after CONTACT_HOURS; what it has finished and not yet sent
    still arrives, and becomes drafts. Ending it again changes nothing. Raises NotTheirs.
    """
    if by.pk != device.user_id and not by.coordinated_regions().filter(pk=device.grant.region_id).exists():
        raise NotTheirs
    with transaction.atomic():
        locked = _lock(device)
        if locked.ended_at is None:
            _end(locked, get_actor(by), by, why)


def end_by_itself(device: Device, why: str) -> None:
    """Write down that a phone has ended because its owner no longer belongs there. In the caller's transaction."""
    _end(device, Actor("system"), None, why)


def end_grants_of_leavers() -> int:
    """End the grants of people who no longer work where they were given. Return how many."""
    keys = list(list_overdue_grants().values_list("pk", flat=True))
    return for_each_row("device.grant", keys, _end_grant_of_leaver)


def _end_grant_of_leaver(key: int) -> bool:
    with transaction.atomic():
        grant = DeviceGrant.objects.select_for_update().get(pk=key)
        if grant.ended_at is not None or is_granted(grant):
            return False
        _end_grant(grant, Actor("system"), None, EndedWhy.LEFT)
    return True


def _lock(device: Device) -> Device:
    joined = Device.objects.select_related("user", "grant__user", "queue_token")
    return joined.select_for_update(of=("self",)).get(pk=device.pk)


def _issue(device: Device) -> tuple[str, str]:
    """Make a phone's two tokens. The one that delivers outlives its end, so that nothing finished is lost."""
    days = {FieldToken.Scope.QUEUE: QUEUE_DAYS, FieldToken.Scope.PACK: READ_DAYS}
    queue, pack = (
        FieldToken.issue(device.user, days=many, scope=each, name=device.name) for each, many in days.items()
    )
    device.queue_token = FieldToken.objects.get(token_hash=FieldToken.hash_of(queue))
    device.pack_token = FieldToken.objects.get(token_hash=FieldToken.hash_of(pack))
    return queue, pack


def extend_delivery(device: Device) -> None:
    """Have the token that delivers last as long again from now on; in the caller's transaction, of a living phone."""
    until = timezone.now() + timedelta(days=QUEUE_DAYS)
    # To the day: a write for each form would be one more than it is worth.
    earlier = FieldToken.objects.filter(pk=device.queue_token_id, revoked_at=None, expires_at__lt=until - A_DAY)
    earlier.update(expires_at=until)


def _end(device: Device, actor: Actor, by: User | None, why: str) -> None:
    now: datetime = timezone.now()
    device.ended_at, device.ended_by, device.ended_why = now, by, why
    device.save(update_fields=["ended_at", "ended_by", "ended_why"])
    # What it takes along goes at once. The other token stays, for what is finished and still on the phone.
    FieldToken.objects.filter(pk=device.pack_token_id, revoked_at__isnull=True).update(revoked_at=now)
    log_event("device.ended", actor=actor, target_kind="device", target_id=device.pk, why=str(why))
