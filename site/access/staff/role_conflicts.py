"""Auditors aren't the people whose acts they audit: nobody is auditor and operator or coordinator on the same day."""

from datetime import date
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

AUDITOR = "auditor"
AUDITED_ROLES = ("operator", "coordinator")  # they change accounts, the directory and forms, and decide for others
NOT_BOTH = _(
    "Whoever keeps the record can't be operator or coordinator at the same time: nobody reads the record of their own"
    " acts. End the other role first, or choose somebody else."
)


def get_conflicting_roles(role: str) -> tuple[str, ...]:
    """Return the roles that nobody may hold together with this one."""
    return AUDITED_ROLES if role == AUDITOR else (AUDITOR,) if role in AUDITED_ROLES else ()


def has_conflicting_role(held: "QuerySet[Any]", role: str, starts_on: date, ends_on: date | None) -> bool:
    """Whether one of these assignments, of one person, forbids such a role in these days."""
    others = held.filter(role__in=get_conflicting_roles(role)).filter(
        Q(ends_on__isnull=True) | Q(ends_on__gte=starts_on)
    )
    return bool(others.filter(starts_on__lte=ends_on or date.max).exists())


def get_people_with_both(on: date | None = None) -> "QuerySet[Any]":
    """Return active people who have both today, from before this was refused."""
    from ..models import Assignment, User  # they import this module

    today = Assignment.objects.current(on or timezone.localdate())
    keeping, watched = today.filter(role=AUDITOR).values("user"), today.filter(role__in=AUDITED_ROLES).values("user")
    return User.objects.filter(is_active=True, pk__in=keeping).filter(pk__in=watched).order_by("last_name", "username")
