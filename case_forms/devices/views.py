"""Pages about phones that store: a coordinator's list, and each worker's own."""

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from access.models import Assignment, Region, StaffRole, User
from access.reach import list_regions_shown, list_units_shown, reads_once
from access.scoping import get_signed_in_user, visible_or_404
from case_forms.cases.models import Case
from case_forms.submissions.models import Draft

from . import actions
from .alarms import Expecting, list_expecting, list_waiting, see_to
from .clocks import TOLERANCE
from .living import find_grant, get_end
from .models import MAX_ROAD_CASES, ROAD_HOURS, Device, DeviceGrant, EndedWhy, PhoneAlarm
from .returned import list_returned
from .road import CannotTakeAlong, build_lines, leave_here, list_followed, list_marks, take_along

ON_A_PAGE = 50
REASONS = (EndedWhy.LOST, EndedWhy.BY_COORDINATOR, EndedWhy.BY_OWNER)  # that somebody may give
REFUSED: dict[str, Promise] = {
    "no_grant": _("No coordinator has allowed you a phone that stores, so nothing can be taken along."),
    "not_yours": _("Only an open case that you follow can be taken along."),
    "restricted": _("The person asked that their data aren't used for now, so the case isn't taken along."),
    "too_many": _("Five cases are taken along already. Leave one of them here first."),
}


@dataclass(frozen=True)
class DeviceLine:
    """A phone on a list. `ended`: why it has ended, in words; "" while it lives."""

    device: Device
    ended: str
    is_silent: bool
    clock_minutes: int


@dataclass(frozen=True)
class PersonLine:
    """A worker of a coordinator's region, with the permission that stands."""

    user: User
    units: str
    region: Region
    grant: DeviceGrant | None


@reads_once
def device_list(request: HttpRequest) -> HttpResponse:
    """Show the phones of a coordinator's regions and who may have one; and each worker's own."""
    return _show(request)


@require_POST
def grants(request: HttpRequest) -> HttpResponse:
    """Allow a worker a phone, or withdraw that: `user`, and `do` = grant or withdraw."""
    by = get_signed_in_user(request)
    user = get_object_or_404(_list_workers(by), pk=_number(request.POST.get("user", "")))
    try:
        if request.POST.get("do") == "withdraw":
            grant = get_object_or_404(DeviceGrant.objects.standing().visible_to(by), user=user)
            actions.end_grant(grant=grant, by=by)
            return _back("withdrawn", "people")
        regions = by.coordinated_regions().filter(pk__in=user.units().values("region"))
        actions.grant_device(user=user, region=get_object_or_404(regions.order_by("pk")[:1]), by=by)
    except actions.NotTheirs:
        raise Http404 from None
    return _back("granted", "people")


@require_POST
def end(request: HttpRequest, device_id: Any) -> HttpResponse:
    """End a phone: one's own, or one of a coordinator's regions."""
    by = get_signed_in_user(request)
    device = visible_or_404(Device, by, pk=device_id)
    given = request.POST.get("why", "")
    own = EndedWhy.BY_OWNER if device.user_id == by.pk else EndedWhy.BY_COORDINATOR
    actions.end_device(device=device, by=by, why=given if given == EndedWhy.LOST else own)
    return _back("ended", "phones")


@require_POST
def road(request: HttpRequest) -> HttpResponse:
    """Take a case along on one's phone, or leave it here: `case`, and `do` = take or leave."""
    by = get_signed_in_user(request)
    case = visible_or_404(Case, by, reference=request.POST.get("case", "")[:8])
    if request.POST.get("do") == "leave":
        leave_here(case=case, by=by)
        return _back("left", "road")
    try:
        take_along(case=case, by=by)
    except CannotTakeAlong as refused:
        return _show(request, refused=refused.code, status=422)
    return _back("taken", "road")


@require_POST
def alarms(request: HttpRequest) -> HttpResponse:
    """Say that one sees to the alarm of a phone: `alarm`."""
    by = get_signed_in_user(request)
    waiting = PhoneAlarm.objects.filter(device__in=Device.objects.visible_to(by).exclude(user=by).values("pk"))
    see_to(alarm=get_object_or_404(waiting, pk=_number(request.POST.get("alarm", ""))), by=by)
    return _back("seen", "alarms")


def _show(request: HttpRequest, *, refused: str = "", status: int = 200) -> HttpResponse:
    user = get_signed_in_user(request)
    regions, units = list_regions_shown(user), list_units_shown(user)
    context: dict[str, Any] = {
        "place_name": "\u00a0· ".join(each.name for each in (units or regions)),
        "regions": regions,
        "units": units,
        "done": request.GET.get("done", ""),
        "refused": REFUSED.get(refused, ""),
        "max_cases": MAX_ROAD_CASES,
        "road_hours": ROAD_HOURS,
        "lost": EndedWhy.LOST,
        "returned": list_returned(user),
        "own_drafts": set(Draft.objects.visible_to(user).open().values_list("pk", flat=True)),
    }
    if regions:
        context |= _coordinators_part(request, user)
    if units:
        context |= _workers_part(request, user)
    return render(request, "devices/list.html", context, status=status)


def _coordinators_part(request: HttpRequest, user: User) -> dict[str, Any]:
    shows_ended = request.GET.get("state") == "ended"
    found = Device.objects.visible_to(user).exclude(user=user).filter(ended_at__isnull=not shows_ended)
    joined = found.select_related("user", "grant__user", "grant__region", "queue_token")
    page: Page[Device] = Paginator(joined.order_by("-last_seen_at", "pk"), ON_A_PAGE).get_page(request.GET.get("page"))
    people: Page[User] = Paginator(_list_workers(user), ON_A_PAGE).get_page(request.GET.get("people"))
    return {
        "alarms": _list_alarms(user),
        "shows_ended": shows_ended,
        "page": page,
        "lines": [_describe(device) for device in page.object_list],
        "people_page": people,
        "people": _describe_people(user, list(people.object_list)),
    }


def _list_alarms(user: User) -> list[tuple[PhoneAlarm, list[Expecting]]]:
    alarms = list(list_waiting(user))
    expecting = list_expecting(alarms)
    return [(alarm, expecting.get(alarm.pk, [])) for alarm in alarms]


def _workers_part(request: HttpRequest, user: User) -> dict[str, Any]:
    own = Device.objects.filter(user=user).select_related("user", "grant__user", "queue_token")
    living = [line for line in map(_describe, own.filter(ended_at=None)) if not line.ended]
    grant = find_grant(user)
    cases: Page[Case] = Paginator(list_followed(user), ON_A_PAGE).get_page(request.GET.get("cases"))
    return {
        "grant": grant,
        "own": living,
        "own_ended": [_describe(device) for device in own.exclude(ended_at=None)[:5]],
        "case_page": cases,
        "road": build_lines(user, list(cases.object_list)) if grant else [],
        "taken_along": len(list_marks(user)) if grant else 0,
    }


def _describe(device: Device) -> DeviceLine:
    why = get_end(device)
    seconds = device.clock_seconds or 0
    wrong = abs(seconds) > TOLERANCE.total_seconds()
    return DeviceLine(
        device=device,
        ended=str(EndedWhy(why).label) if why else "",
        is_silent=not why and device.silent_at < timezone.now(),
        clock_minutes=round(seconds / 60) if wrong else 0,
    )


def _list_workers(coordinator: User) -> "QuerySet[User]":
    """Return the people who work in a unit of the coordinator's regions today, by name."""
    regions = coordinator.coordinated_regions().values("pk")
    held = Assignment.objects.current().filter(role=StaffRole.WORKER, unit__region__in=regions)
    found = User.objects.filter(Q(pk__in=held.values("user")), is_active=True)
    return found.order_by("last_name", "first_name", "username")


def _describe_people(coordinator: User, people: list[User]) -> list[PersonLine]:
    regions = {region.pk: region for region in coordinator.coordinated_regions()}
    grants = {grant.user_id: grant for grant in DeviceGrant.objects.standing().filter(user__in=people)}
    held = Assignment.objects.current().filter(role=StaffRole.WORKER, user__in=people, unit__region__in=regions)
    found: dict[int, list[Assignment]] = {}
    for each in held.select_related("unit").order_by("unit__name"):
        found.setdefault(each.user_id, []).append(each)
    lines = []
    for user in people:
        units = [each.unit for each in found.get(user.pk, ()) if each.unit is not None]
        if units:
            names = ", ".join(dict.fromkeys(unit.name for unit in units))
            grant = grants.get(user.pk)
            standing = grant if grant is not None and grant.region_id in {unit.region_id for unit in units} else None
            lines.append(PersonLine(user, names, regions[units[0].region_id], standing))
    return lines


def _back(done: str, place: str) -> HttpResponse:
    return redirect(f"{reverse('devices:list')}?done={done}#{place}")


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0
