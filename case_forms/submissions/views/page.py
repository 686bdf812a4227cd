"""Helpers that all field pages share."""

from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render, resolve_url

from access.models import User
from access.reach import list_regions_shown, list_units_shown
from audit.chain import get_actor, log_event
from case_forms.form_builder.models import FormVersion

from ..models import Draft

log = structlog.get_logger(__name__)


def staff(request: HttpRequest) -> User:
    """Return the signed-in member of staff; the policy table has let nobody else in."""
    assert isinstance(request.user, User)
    return request.user


def frame(request: HttpRequest, **extra: Any) -> dict[str, Any]:
    """Return the context of a field page: where this person works, and `extra`."""
    user = staff(request)
    places = [unit.name for unit in list_units_shown(user)] or [region.name for region in list_regions_shown(user)]
    return {"place_name": "\u00a0· ".join(places), **extra}


def nothing_to_fill(request: HttpRequest, version: FormVersion, draft: Draft | None = None) -> HttpResponse:
    """Say that no section of this version applies: no draft was started, and one that was to move stays as is."""
    log.error("form_asks_nothing", form=version.form.key, version=version.number)
    return render(request, "submissions/nothing_to_fill.html", frame(request, version=version, draft=draft), status=409)


def note_reading(draft: Draft, user: User) -> None:
    """Record that somebody reads what a colleague has begun; one's own draft needs no record."""
    if draft.owner_id != user.pk:
        log_event("draft.read", actor=get_actor(user), target_kind="draft", target_id=draft.pk)


def is_by_script(request: HttpRequest) -> bool:
    """Return whether the page's script sent this (static/js/filling): it navigates by itself, once it knows where."""
    return request.headers.get("Accept") == "application/json"


def redirect_to_page(request: HttpRequest, to: Any, *args: Any, **extra: Any) -> HttpResponse:
    """Redirect to an address or a named page. A script gets {"go": address, ...} with `extra` instead."""
    address = resolve_url(to, *args)
    if is_by_script(request):
        return JsonResponse({"go": address, **extra})
    return HttpResponseRedirect(address)
