"""Views of the list, the month's calendar, and both as files for a calendar program."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from access.models import Region

from .. import addresses, calendar, ical, listing
from ..models import InformativeSession
from ..rights import units_to_plan_for
from .frame import frame, staff

MAX_DUE, LATELY = 5, 8


def sessions(request: HttpRequest) -> HttpResponse:
    """Show what must be done first, then the list: what is to come, or what the filters select."""
    user = staff(request)
    form = listing.FilterForm(request.GET, user=user)
    seen = listing.listed(user)
    is_filtered = form.is_used()
    rows = form.narrow(seen).order_by("-date", "-starts_at", "id") if is_filtered else listing.coming(seen)
    page = Paginator(rows, listing.A_PAGE).get_page(request.GET.get("page"))
    units = set(user.units().values_list("pk", flat=True))
    # Only a unit's workers record and report, so only they are reminded.
    own = seen.filter(unit__in=units)
    to_report = [] if is_filtered else list(listing.to_report(own)[:MAX_DUE])
    shown = [each.pk for each in to_report]
    context = frame(
        request,
        form=form,
        page=page,
        is_filtered=is_filtered,
        query=_without_page(request),
        due=[] if is_filtered else list(listing.due(own)[:MAX_DUE]),
        to_report=to_report,
        lately=[] if is_filtered else list(listing.lately(seen).exclude(pk__in=shown)[:LATELY]),
        may_plan=units_to_plan_for(user).exists(),
        shows_unit=len(units) != 1,
        is_empty=not is_filtered and not InformativeSession.objects.visible_to(user).exists(),
    )
    return render(request, "outreach_pages/records/list.html", context)


def month(request: HttpRequest) -> HttpResponse:
    """Show a month, as a table where there is room and as a list by day where there isn't."""
    user = staff(request)
    first, regions = calendar.get_first(request.GET.get("month", "")), calendar.get_regions(user)
    region = _chosen(request, regions)
    laid_out = calendar.laid_out(first, calendar.of_month(user, first, region))
    context = frame(
        request,
        month=laid_out,
        regions=regions,
        region=region,
        may_plan=units_to_plan_for(user).exists(),
    )
    return render(request, "outreach_pages/records/month.html", context)


def month_file(request: HttpRequest) -> HttpResponse:
    """Return the same month as a file for a calendar program."""
    user = staff(request)
    first = calendar.get_first(request.GET.get("month", ""))
    region = _chosen(request, calendar.get_regions(user))
    name = _("Vatra: sessions %(month)s") % {"month": calendar.get_key(first)}
    answer = _calendar_file(ical.build_calendar(calendar.of_month(user, first, region), name=name))
    place = f"-{region.slug}" if region else ""
    answer["Content-Disposition"] = f'attachment; filename="vatra-{calendar.get_key(first)}{place}.ics"'
    return answer


def subscription(request: HttpRequest, secret: str = "") -> HttpResponse:
    """Show whether this person has a calendar address, and what to do with it."""
    return render(
        request,
        "outreach_pages/records/subscription.html",
        frame(request, address=addresses.open_address(staff(request)), new_address=secret),
    )


@require_POST
def make_subscription(request: HttpRequest) -> HttpResponse:
    """Create a new address, shown this once; the earlier one stops working."""
    secret = addresses.make_address(user=staff(request))
    # Rendered, not redirected: the secret is stored nowhere, so this answer alone can show it.
    return subscription(request, request.build_absolute_uri(reverse("sessions:feed", args=[secret])))


@require_POST
def revoke_subscription(request: HttpRequest) -> HttpResponse:
    """Revoke the address."""
    addresses.revoke_address(user=staff(request))
    return redirect("sessions:subscription")


def _chosen(request: HttpRequest, regions: list[Region]) -> Region | None:
    return next((region for region in regions if region.slug == request.GET.get("region")), None)


def _calendar_file(content: bytes) -> HttpResponse:
    answer = HttpResponse(content, content_type=ical.MEDIA_TYPE)
    answer["Cache-Control"] = "private, no-store"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _without_page(request: HttpRequest) -> str:
    """Return the filters of this page, for the links to other pages of the list."""
    query = request.GET.copy()
    query.pop("page", None)
    return query.urlencode()
