"""Wake our own people for a notice to their role: they read it after signing in, beside whoever is on duty for it.

Nothing binds an account to a contact (docs/adr/0152). So it is who coordinates the notice's region, or works in its
unit, and has added a phone.
"""

from datetime import datetime

from django.db.models import Q, QuerySet

from access.models import Assignment, StaffRole
from notifications.directory.models import Role
from notifications.staff_push.waking import wake

from .models import Notice, Purpose

OF_STAFF = frozenset({Role.COORDINATOR.value, Role.MOBILE_UNIT.value})
ALARMS = frozenset({Purpose.CALL, Purpose.FALLBACK})  # nobody answers, or nobody could be found
SILENT = frozenset({Purpose.TEST, Purpose.DIGEST})


def wake_staff(notice: Notice, *, at: datetime) -> None:
    """Wake whom a notice of this role concerns, once it is committed. Not for drills, tests and daily lists."""
    if notice.role not in OF_STAFF or notice.is_drill or notice.purpose in SILENT:
        return
    people = list(_get_people(notice).values_list("user", flat=True).distinct())
    wake(people, is_alarm=notice.purpose in ALARMS, at=at)


def _get_people(notice: Notice) -> "QuerySet[Assignment]":
    current = Assignment.objects.current()
    if notice.role == Role.MOBILE_UNIT:
        return current.filter(unit=notice.unit_id, unit__isnull=False)
    regions = [notice.municipality.region_id, notice.unit.region_id if notice.unit else None]
    return current.filter(Q(region__in=[each for each in regions if each]) | Q(region=None), role=StaffRole.COORDINATOR)
