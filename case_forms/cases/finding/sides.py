"""Whose case it is: which people act for a case by their own right, and not because another unit opened it to them."""

from access.models import User
from access.reach import read_reach

from ..models import Case


def is_of_unit(case: Case, user: User) -> bool:
    """Return whether this person works in the case's unit."""
    return case.unit_id in read_reach(user).units


def may_act_for(case: Case, user: User) -> bool:
    """Return whether this person works in the case's unit, or coordinates its region or its unit's."""
    if is_of_unit(case, user):
        return True
    return not {case.region_id, case.unit.region_id}.isdisjoint(read_reach(user).regions)
