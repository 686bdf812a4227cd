"""Wake our own people for a notice to their role: they read it after signing in, beside whoever is on duty for it.

Nothing binds an account to a contact (docs/adr/0152). So it is who coordinates the notice's region, or works in its
unit, and has added a phone.
"""

from collections.abc import Collection, Iterator
from datetime import date, datetime

from django.db.models import Q, QuerySet

from access.models import Assignment, StaffRole
from audit import clock
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
    wake(_iter_people(notice), is_alarm=notice.purpose in ALARMS, at=at)


def _iter_people(notice: Notice) -> Iterator[int]:
    """Iterate over the keys of those accounts. Nothing is asked where nobody is woken."""
    today = clock.localdate()
    if notice.role == Role.MOBILE_UNIT:
        yield from _find_of_unit(unit=notice.unit_id, today=today) if notice.unit_id is not None else []
    else:
        regions = [notice.municipality.region_id, notice.unit.region_id if notice.unit else None]
        yield from _find_of_regions(regions=[each for each in regions if each], today=today)


def _find_of_unit(unit: int, today: date) -> QuerySet[Assignment, int]:
    return Assignment.objects.current(today).filter(unit=unit).values_list("user", flat=True).distinct()


def _find_of_regions(regions: Collection[int], today: date) -> QuerySet[Assignment, int]:
    return (
        Assignment.objects.current(today)
        .filter(Q(region__in=regions) | Q(region=None), role=StaffRole.COORDINATOR)
        .values_list("user", flat=True)
        .distinct()
    )
