"""Change zones and the plan of visits. Each action is audited."""

from datetime import date
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.models import MobileUnit, Municipality, User
from access.scoping import visible_or_404
from audit.chain import get_actor, log_event

from .models import PlannedVisit, Zone

MAX_DAYS_AHEAD = 400
FIELDS = ("municipality", "name", "kind", "note", "every_days", "is_active")


class NotAllowed(Exception):
    """The person doesn't decide about this municipality or unit."""


@transaction.atomic
def save_zone(*, zone: Zone | None, by: User, **values: Any) -> Zone:
    """Create or change a zone.

    Raises NotAllowed for a municipality outside of the person's regions, and ValidationError when the municipality has
    a zone of this name.
    """
    municipality: Municipality = values["municipality"]
    # checked here and not only by the form's choices: nothing but this function changes a zone
    if not by.coordinated_regions().filter(pk=municipality.region_id).exists():
        raise NotAllowed
    saved = zone or Zone()
    for name in FIELDS:
        if name in values:
            setattr(saved, name, values[name])
    saved.changed_at = timezone.now()
    try:
        # a savepoint: after an IntegrityError the outer transaction couldn't go on otherwise (PostgreSQL)
        with transaction.atomic():
            saved.save()
    except IntegrityError:
        raise ValidationError({"name": _("This municipality has a zone of this name already.")}) from None
    log_event(
        "zone.changed" if zone else "zone.made",
        actor=get_actor(by),
        target_kind="zone",
        target_id=saved.pk,
        municipality=municipality.slug,
        active=saved.is_active,
    )
    return saved


@transaction.atomic
def plan_visit(*, zone_id: str, unit: MobileUnit, on: date, note: str, by: User) -> PlannedVisit:
    """Plan a visit of a unit to a zone; planning it again returns the existing one.

    Raises NotAllowed for a unit that isn't theirs, Http404 for a zone they don't see, ValidationError for a day that
    is over or too far ahead.
    """
    if not may_plan_for(unit, by):
        raise NotAllowed
    zone = visible_or_404(Zone, by, pk=zone_id)
    ahead = (on - timezone.localdate()).days
    if ahead < 0:
        raise ValidationError({"on": _("Choose a day from today on.")})
    if ahead > MAX_DAYS_AHEAD:
        raise ValidationError({"on": _("Choose a day within a year.")})
    if not zone.is_active:
        raise ValidationError({"zone": _("This zone is no longer in use.")})
    existing = PlannedVisit.objects.not_cancelled().filter(unit=unit, zone=zone, on=on).first()
    if existing is not None:
        return existing
    planned = PlannedVisit.objects.create(zone=zone, unit=unit, on=on, note=note.strip(), made_by=by)
    log_event(
        "visit.planned", actor=get_actor(by), target_kind="planned_visit", target_id=planned.pk, zone=str(zone.pk)
    )
    return planned


@transaction.atomic
def cancel_visit(*, visit_id: UUID, by: User) -> PlannedVisit:
    """Cancel a planned visit. Raises Http404 for one of another unit."""
    planned = visible_or_404(PlannedVisit, by, pk=visit_id)
    if planned.cancelled_at is None:
        planned.cancelled_at = timezone.now()
        planned.save(update_fields=["cancelled_at"])
        log_event("visit.cancelled", actor=get_actor(by), target_kind="planned_visit", target_id=planned.pk)
    return planned


def may_plan_for(unit: MobileUnit, user: User) -> bool:
    return user.units().filter(pk=unit.pk).exists() or user.coordinated_regions().filter(pk=unit.region_id).exists()
