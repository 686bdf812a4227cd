"""Whose case it is: which people act for a case by their own right, and not because another unit opened it to them."""

from access.models import User

from ..models import Case


def is_of_unit(case: Case, user: User) -> bool:
    """Return whether this person works in the case's unit."""
    return user.units().filter(pk=case.unit_id).exists()


def may_act_for(case: Case, user: User) -> bool:
    """Return whether this person works in the case's unit, or coordinates its region or its unit's."""
    if is_of_unit(case, user):
        return True
    return user.coordinated_regions().filter(pk__in=(case.region_id, case.unit.region_id)).exists()
