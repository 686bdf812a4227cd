"""Views of the calendar: a month, a person's own address, and the feed that a phone fetches without a session."""

import hashlib

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from access.models import Region
from access.scoping import get_signed_in_user

from .. import calendar, calendar_addresses, calendar_tasks, ical
from ..models import CalendarAddress
from ..permissions import get_plannable_units
from .sessions import build_context


def month(request: HttpRequest) -> HttpResponse:
    """Show a month, as a table where there is room and as a list by day where there isn't."""
    user = get_signed_in_user(request)
    first, regions = calendar.parse_month(request.GET.get("month", "")), calendar.get_regions(user)
    region = _get_chosen_region(request, regions)
    laid_out = calendar.build_month(first, calendar.get_month_sessions(user, first, region))
    context = build_context(
        request,
        month=laid_out,
        regions=regions,
        region=region,
        may_plan=get_plannable_units(user).exists(),
    )
    return render(request, "outreach_pages/records/month.html", context)


def month_file(request: HttpRequest) -> HttpResponse:
    """Return the same month as a file for a calendar program."""
    user = get_signed_in_user(request)
    first = calendar.parse_month(request.GET.get("month", ""))
    region = _get_chosen_region(request, calendar.get_regions(user))
    name = _("Vatra: sessions %(month)s") % {"month": calendar.format_month(first)}
    answer = _build_file_response(ical.build_calendar(calendar.get_month_sessions(user, first, region), name=name))
    place = f"-{region.slug}" if region else ""
    answer["Content-Disposition"] = f'attachment; filename="vatra-{calendar.format_month(first)}{place}.ics"'
    return answer


def subscription(request: HttpRequest, secret: str = "") -> HttpResponse:
    """Show whether this person has a calendar address, and what to do with it."""
    return render(
        request,
        "outreach_pages/records/subscription.html",
        build_context(
            request, address=calendar_addresses.get_valid_address(get_signed_in_user(request)), new_address=secret
        ),
    )


@require_POST
def make_subscription(request: HttpRequest) -> HttpResponse:
    """Create a new address, shown this once; the earlier one stops working."""
    with_tasks = request.POST.get("tasks") == "yes"
    secret = calendar_addresses.make_address(user=get_signed_in_user(request), with_tasks=with_tasks)
    # Rendered, not redirected: the secret is stored nowhere, so this answer alone can show it.
    return subscription(request, request.build_absolute_uri(reverse("sessions:feed", args=[secret])))


@require_POST
def revoke_subscription(request: HttpRequest) -> HttpResponse:
    """Revoke the address."""
    calendar_addresses.revoke_address(user=get_signed_in_user(request))
    return redirect("sessions:subscription")


def feed(request: HttpRequest, secret: str) -> HttpResponseBase:
    """Return what the person of this address may see now.

    404 for an unknown or revoked address, and for one whose person has left; 429 for one that comes too often.
    """
    address = CalendarAddress.holder_of(secret)
    if address is None:
        raise Http404
    if not calendar_addresses.note_fetch(address):
        return HttpResponse(status=429, headers={"Retry-After": "3600", "Cache-Control": "no-store"})
    with translation.override(address.user.language):
        tasks = calendar_tasks.build_task_events(address) if address.with_tasks else []
        name = _("Vatra") if address.with_tasks else _("Vatra: informative sessions")
        content = ical.build_calendar(ical.get_calendar_sessions(address.user), name=name, more=tasks)
    answer = HttpResponse(content, content_type=ical.MEDIA_TYPE)
    answer["ETag"] = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    patch_cache_control(answer, private=True, no_cache=True)
    answer["X-Content-Type-Options"] = "nosniff"
    answer["X-Robots-Tag"] = "noindex"
    return get_conditional_response(request, etag=answer["ETag"], response=answer) or answer


def _get_chosen_region(request: HttpRequest, regions: list[Region]) -> Region | None:
    return next((region for region in regions if region.slug == request.GET.get("region")), None)


def _build_file_response(content: bytes) -> HttpResponse:
    answer = HttpResponse(content, content_type=ical.MEDIA_TYPE)
    answer["Cache-Control"] = "private, no-store"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
