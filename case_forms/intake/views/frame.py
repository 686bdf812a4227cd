"""What every field page shares."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import resolve_url

from access.models import User


def staff(request: HttpRequest) -> User:
    """The signed-in member of staff; the policy table has let nobody else in."""
    assert isinstance(request.user, User)
    return request.user


def frame(request: HttpRequest, **extra: Any) -> dict[str, Any]:
    """The context of a field page: where this person works, and `extra`."""
    user = staff(request)
    places = [unit.name for unit in user.units()] or [region.name for region in user.coordinated_regions()]
    return {"place_name": " · ".join(places), **extra}


def is_by_script(request: HttpRequest) -> bool:
    """Whether the page's script sends this (static/js/filling): it goes on by itself, once it knows where."""
    return request.headers.get("Accept") == "application/json"


def lead(request: HttpRequest, to: Any, *args: Any, **told: Any) -> HttpResponse:
    """Leads to an address or a named page. A script is told: {"go": address, ...}, and `told` besides."""
    address = resolve_url(to, *args)
    if is_by_script(request):
        return JsonResponse({"go": address, **told})
    return HttpResponseRedirect(address)
