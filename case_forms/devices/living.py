"""Whether a phone still is one: it ends when somebody ends it, and by itself when its owner no longer belongs there."""

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from access.models import Assignment, StaffRole, User

from .models import Device, DeviceGrant, EndedWhy, GrantQuerySet


def get_end(device: Device) -> str:
    """Return why a phone has ended (EndedWhy), "" for one that lives.

    Its tokens are revoked with all others of its owner: when the password changes, or all their sessions are ended.
    """
    if device.ended_at is not None:
        return device.ended_why
    if not device.user.is_active or device.queue_token.revoked_at is not None:
        return EndedWhy.ACCOUNT
    return "" if is_granted(device.grant) else EndedWhy.LEFT


def is_granted(grant: DeviceGrant) -> bool:
    """Whether a grant holds: nobody has ended it, and its person works in a unit of its region today."""
    return grant.ended_at is None and grant.user.units().filter(region=grant.region_id).exists()


def find_grant(user: User) -> DeviceGrant | None:
    """Return the grant by which this person may set up a phone now, or None."""
    grant = DeviceGrant.objects.standing().filter(user=user).select_related("user", "region").first()
    return grant if grant is not None and is_granted(grant) else None


def list_overdue_grants() -> GrantQuerySet:
    """Return standing grants of people who no longer work in a unit of their region."""
    today = timezone.localdate()
    works = Assignment.objects.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gte=today),
        user=OuterRef("user"),
        role=StaffRole.WORKER,
        unit__region=OuterRef("region"),
        starts_on__lte=today,
    )
    return DeviceGrant.objects.standing().filter(~Exists(works) | Q(user__is_active=False))
