"""Read accounts: who may see whom, and the state of an account."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.functional import cached_property

from ..models import Assignment, StaffRole, User
from .models import FactorReset, Invitation, RoleRequest


def get_managed_people(user: User) -> "QuerySet[User]":
    """Return the people whose second factor this person may ask to reset, or decide upon.

    An operator: everybody; a coordinator: workers and coordinators in their own regions. Never oneself.
    """
    others = User.objects.exclude(pk=user.pk)
    if user.has_role(StaffRole.OPERATOR):
        return others
    regions = user.coordinated_regions()
    near = Assignment.objects.current().filter(Q(unit__region__in=regions) | Q(region__in=regions))
    return others.filter(pk__in=near.values("user"))


def get_people_with_state() -> "QuerySet[User]":
    """Return everybody, annotated with `has_factor`."""
    return User.objects.annotate(has_factor=Exists(Authenticator.objects.filter(user=OuterRef("pk"))))


def list_roles_on(day: date, assignments: Iterable[Assignment]) -> list[tuple[str, list[str]]]:
    """Return the roles held on a day, by their names, each with the names of its places."""
    found: dict[str, list[str]] = {}
    for held in assignments:
        if held.starts_on <= day and (held.ends_on is None or held.ends_on >= day):
            place = held.unit or held.region
            found.setdefault(held.get_role_display(), []).extend([str(place)] if place else [])
    return [(role, sorted(places)) for role, places in found.items()]


def get_oldest_open() -> datetime:
    """Return the time before which sessions have expired by themselves."""
    return timezone.now() - timedelta(seconds=settings.SESSION_COOKIE_AGE)


@dataclass(frozen=True)
class Account:
    """An account as its page shows it."""

    user: User

    @cached_property
    def assignments(self) -> list[Assignment]:
        """Roles of today, to come, and past, the newest first."""
        return list(
            self.user.assignments.select_related("unit", "region").order_by("-starts_on", "role", "region__name")
        )

    @cached_property
    def has_factor(self) -> bool:
        # Recovery codes alone are no factor.
        return Authenticator.objects.filter(user=self.user).exclude(type=Authenticator.Type.RECOVERY_CODES).exists()

    @cached_property
    def invitation(self) -> Invitation | None:
        """The newest invitation, if the person hasn't used it."""
        newest = self.user.invitations.order_by("-created_at").first()
        return newest if newest is not None and newest.used_at is None else None

    @property
    def invitation_is_open(self) -> bool:
        found = self.invitation
        return found is not None and found.revoked_at is None and found.expires_at > timezone.now()

    @cached_property
    def reset(self) -> FactorReset | None:
        return FactorReset.objects.waiting().filter(user=self.user).select_related("asked_by").first()

    @cached_property
    def roles_asked(self) -> list[RoleRequest]:
        """Roles that wait for a second person."""
        waiting = RoleRequest.objects.waiting().filter(user=self.user).select_related("asked_by", "unit")
        return list(waiting.prefetch_related("regions").order_by("asked_at"))

    @cached_property
    def sessions(self) -> int:
        """The number of open sessions."""
        return self.user.staff_sessions.filter(ended_at__isnull=True, started_at__gt=get_oldest_open()).count()

    @property
    def last_sign_in(self) -> datetime | None:
        return self.user.last_login
