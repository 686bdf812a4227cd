"""Who is concerned by a change: its region, who is notified, and who may be the second person."""

from django.db.models import Model, Q, QuerySet

from ..models import Assignment, MobileUnit, Municipality, Region, StaffRole, User
from .models import PlaceChange, PlaceKind


def get_place(change: PlaceChange) -> MobileUnit | Municipality | Region | None:
    models: dict[str, type[Model]] = {
        PlaceKind.UNIT.value: MobileUnit,
        PlaceKind.MUNICIPALITY.value: Municipality,
        PlaceKind.REGION.value: Region,
    }
    return models[change.kind]._default_manager.filter(pk=change.entry_id).first()  # type: ignore[return-value]


def get_region(change: PlaceChange) -> int | None:
    """Return the key of the region in which the unit or place lies; None when the row is gone."""
    place = get_place(change)
    return place.pk if isinstance(place, Region) else getattr(place, "region_id", None)


def get_deciders(change: PlaceChange) -> "QuerySet[User]":
    """Return who may decide: another operator, or a coordinator of the region."""
    return _active(_has_role(StaffRole.OPERATOR) | _coordinates_region_of(change)).exclude(pk=change.asked_by_id)


def get_people_to_notify(change: PlaceChange) -> "QuerySet[User]":
    """Return who is notified: those who may decide, the region's coordinators, and the workers of a unit.

    It is the workers' number. Whether a region has a unit decides who manages which office, so of that all coordinators
    hear. Whoever asked is left out.
    """
    people = _has_role(StaffRole.OPERATOR) | _coordinates_region_of(change)
    if change.kind == PlaceKind.REGION:
        people |= _has_role(StaffRole.COORDINATOR)
    if change.kind == PlaceKind.UNIT:
        at_work = Assignment.objects.current().filter(role=StaffRole.WORKER, unit=change.entry_id)
        people |= Q(pk__in=at_work.values("user"))
    return _active(people).exclude(pk=change.asked_by_id)


def get_people_to_notify_of_renaming(place: Model) -> "QuerySet[User]":
    """Return operators and coordinators of the region; for a directorate all of them, since its area is no region's."""
    region = place.pk if isinstance(place, Region) else getattr(place, "region_id", None)
    near = {"region": region} if region else {}
    return _active(_has_role(StaffRole.OPERATOR) | _has_role(StaffRole.COORDINATOR, **near))


def may_see(change: PlaceChange, user: User) -> bool:
    """Whether this person sees the change: whoever asked for it, and whoever may decide."""
    return change.asked_by_id == user.pk or get_deciders(change).filter(pk=user.pk).exists()


def get_waiting_changes(user: User) -> list[PlaceChange]:
    """Return the waiting changes that concern this manager, the oldest first."""
    waiting = PlaceChange.objects.waiting().select_related("asked_by").order_by("asked_at")
    return [change for change in waiting if may_see(change, user)]


def _coordinates_region_of(change: PlaceChange) -> Q:
    # 0 is nobody's region: to a row that is gone no coordinator is near.
    return _has_role(StaffRole.COORDINATOR, region=get_region(change) or 0)


def _has_role(role: str, **where: int) -> Q:
    return Q(pk__in=Assignment.objects.current().filter(role=role, **where).values("user"))


def _active(people: Q) -> "QuerySet[User]":
    return User.objects.filter(people, is_active=True)
