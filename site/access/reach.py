"""Where a person works today, as keys: what most questions of "may this person?" come down to.

A page that shows much asks for it a dozen times. Within `remembering`, each thing is read once; everywhere else each
call reads anew. Only views that show a page and change nothing open it: after a change, what is remembered is stale.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar, cast

from django.http import HttpRequest, HttpResponse

from .models import MobileUnit, Region, StaffRole, User

T = TypeVar("T")
View = TypeVar("View", bound=Callable[..., HttpResponse])

_remembered: "ContextVar[dict[tuple[Any, ...], Any] | None]" = ContextVar("reach_remembered", default=None)


@dataclass(frozen=True)
class Reach:
    """Keys of the units that somebody is a worker of, and of the regions that they coordinate; each sorted."""

    units: tuple[int, ...]
    regions: tuple[int, ...]


def read_reach(user: User) -> Reach:
    """Return the keys of `User.units` and `User.coordinated_regions`, in one query."""

    def read() -> Reach:
        roles = (StaffRole.WORKER, StaffRole.COORDINATOR)
        held = user.current_assignments().filter(role__in=roles).order_by().values_list("role", "unit", "region")
        found = list(held)
        units = {unit for role, unit, _region in found if role == StaffRole.WORKER and unit is not None}
        regions = {region for role, _unit, region in found if role == StaffRole.COORDINATOR and region is not None}
        return Reach(tuple(sorted(units)), tuple(sorted(regions)))

    return remember("reach", user, read)


def read_units_of_regions(user: User) -> tuple[int, ...]:
    """Return the keys of the units of the regions that a person coordinates; without a query for a worker."""

    def read() -> tuple[int, ...]:
        regions = read_reach(user).regions
        if not regions:
            return ()
        return tuple(MobileUnit.objects.filter(region__in=regions).order_by("pk").values_list("pk", flat=True))

    return remember("units_of_regions", user, read)


def list_units_shown(user: User) -> list[MobileUnit]:
    """Return the units of `User.units_shown`."""
    return list(remember("units_shown", user, lambda: tuple(user.units_shown())))


def list_regions_shown(user: User) -> list[Region]:
    """Return the regions of `User.regions_shown`."""
    return list(remember("regions_shown", user, lambda: tuple(user.regions_shown())))


def get_unit_keys(user: User) -> Any:
    """Return the keys of `User.units`, as a filter's `unit__in` takes them.

    Within `remembering` the numbers that were read, which the database compares by itself and an index answers;
    everywhere else a query, so that the whole question is one.
    """
    return read_reach(user).units if _is_remembering() else user.units().values("pk")


def get_region_keys(user: User) -> Any:
    """Return the keys of `User.coordinated_regions`, as `get_unit_keys` does those of units."""
    return read_reach(user).regions if _is_remembering() else user.coordinated_regions().values("pk")


def get_keys_of_units_of_regions(user: User) -> Any:
    """Return the keys of the units of the regions that a person coordinates, as `get_unit_keys` does those of units."""
    if _is_remembering():
        return read_units_of_regions(user)
    return MobileUnit.objects.filter(region__in=user.coordinated_regions().values("pk")).values("pk")


def _is_remembering() -> bool:
    """Whether what is read about a person now is kept until the end of the page."""
    return _remembered.get() is not None


def remember(name: str, user: User, read: Callable[[], T]) -> T:
    """Return what `read` gives; within `remembering`, what it gave before under this name for this person."""
    kept = _remembered.get()
    if kept is None:
        return read()
    # A stand-in has a key of its own (0): it never gets what was read for the person whose name it bears.
    key = (name, user.pk, user.stands_in)
    if key not in kept:
        kept[key] = read()
    return cast("T", kept[key])


@contextmanager
def remembering() -> Iterator[None]:
    """Read each thing once, until the end of the block."""
    token = _remembered.set({})
    try:
        yield
    finally:
        _remembered.reset(token)


def reads_once(view: View) -> View:
    """Decorate a view that only shows: it reads once where its person works. Its response must be rendered already."""

    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with remembering():
            return view(request, *args, **kwargs)

    return cast("View", shown)
