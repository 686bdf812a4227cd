"""Helpers that all views of the record share."""

from typing import Any

from django.http import HttpRequest

from access.models import User


def staff(request: HttpRequest) -> User:
    """Return the signed-in member of staff; the policy table lets nobody else in."""
    assert isinstance(request.user, User)
    return request.user


def frame(request: HttpRequest, **extra: Any) -> dict[str, Any]:
    """Build the context of a page: where this person works, and `extra`."""
    user = staff(request)
    places = [unit.name for unit in user.units()] or [region.name for region in user.coordinated_regions()]
    return {"place_name": " · ".join(places), **extra}
