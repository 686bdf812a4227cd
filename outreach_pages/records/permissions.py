"""Who may do what with a session.

Its unit's workers plan it, record it and report it. A coordinator of the unit's region plans for the unit. The
coordinator of the region where it is held reads it. Nobody else knows that it exists.
"""

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from access.models import MobileUnit, User

from .labels import SessionState
from .models import InformativeSession


@dataclass(frozen=True)
class SessionPermissions:
    """The rights of one person to one session now. Views, templates and actions all ask here."""

    may_plan: bool  # change the plan, cancel it, set it back to planned
    may_record: bool  # who came, what was talked about
    may_report: bool  # fill the report


def get_plannable_units(user: User) -> QuerySet[MobileUnit]:
    """Return the units for which this person may plan sessions."""
    own = Q(pk__in=user.units().values("pk"))
    led = Q(region__in=user.coordinated_regions().values("pk"))
    return MobileUnit.objects.filter(own | led, is_active=True).select_related("region")


def get_permissions(user: User, session: InformativeSession) -> SessionPermissions:
    """Return this person's rights to this session in its present state."""
    is_ours = user.units().filter(pk=session.unit_id).exists()
    leads = user.coordinated_regions().filter(pk=session.unit.region_id).exists()
    state = session.state
    return SessionPermissions(
        may_plan=(is_ours and state != SessionState.REPORTED) or (leads and state in PLANNING_STATES),
        may_record=is_ours and state != SessionState.CANCELLED,
        may_report=is_ours and state == SessionState.HELD,
    )


PLANNING_STATES = (SessionState.PLANNED, SessionState.CANCELLED)
