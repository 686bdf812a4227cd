"""Outreach pages: zones and their coverage, the plan of visits, the month in numbers."""

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from access.models import MobileUnit, User
from access.scoping import visible_or_404
from audit.chain import get_actor, log_event
from case_forms.form_builder.models import FormVersion
from case_forms.submissions.cases_from_visits import Source, find_cases_begun
from case_forms.submissions.views.page import frame, staff
from case_forms.zones.actions import NotAllowed, cancel_visit, plan_visit, save_zone
from case_forms.zones.models import Zone

from .coverage import DAYS, HEIGHT, WIDTH, build_coverage, visits_to
from .forms import PlanForm, ZoneForm
from .lines import build_lines
from .monthly import count_month, get_month
from .planning import get_plan

REPORT = "monthly_report"
VISITS_SHOWN = 30


def zones(request: HttpRequest) -> HttpResponse:
    """Show the list of zones by municipality, and the map of each region."""
    user = staff(request)
    context = frame(
        request,
        maps=build_coverage(user),
        days=DAYS,
        size=(WIDTH, HEIGHT),
        may_change=user.coordinated_regions().exists(),
        today=timezone.localdate(),
    )
    return render(request, "reports/zones.html", context)


def zone_add(request: HttpRequest) -> HttpResponse:
    return _zone_page(request, None)


def zone_change(request: HttpRequest, zone_id: UUID) -> HttpResponse:
    """Change a zone; 404 for whoever doesn't coordinate its region."""
    user = staff(request)
    found = visible_or_404(Zone, user, pk=zone_id)
    if not user.coordinated_regions().filter(pk=found.municipality.region_id).exists():
        raise Http404
    return _zone_page(request, found)


def zone_visits(request: HttpRequest, zone_id: UUID) -> HttpResponse:
    """Show a zone's visits of a year, and the cases begun from them. Audited: it says where people were met."""
    user = staff(request)
    found = visible_or_404(Zone, user, pk=zone_id)
    visits = visits_to(found, user)
    log_event("zone.read", actor=get_actor(user), target_kind="zone", target_id=found.pk)
    sources = [Source(visit.submission_id, visit.unit_id, visit.received_at) for visit in visits]
    context = frame(
        request,
        zone=found,
        begun=find_cases_begun(sources, user=user, page=request.GET.get("page")),
        visits=visits[:VISITS_SHOWN],
        total_visits=len(visits),
        more_visits=len(visits) > VISITS_SHOWN,
        may_change=user.coordinated_regions().filter(pk=found.municipality.region_id).exists(),
    )
    return render(request, "reports/zone_visits.html", context)


def _zone_page(request: HttpRequest, zone: Zone | None) -> HttpResponse:
    user = staff(request)
    form = ZoneForm(request.POST or None, instance=zone, user=user)
    status = 200
    if request.method == "POST":
        if form.is_valid() and zone is not None and form.is_stale():
            form.add_error(None, _("Somebody else changed this zone meanwhile. Look at it again before you save."))
        if form.is_valid():
            try:
                values = {name: form.cleaned_data[name] for name in form.Meta.fields if name in form.cleaned_data}
                # a fresh row: a ModelForm writes what was typed into its own instance while it validates
                saved = Zone.objects.get(pk=zone.pk) if zone is not None else None
                save_zone(zone=saved, by=user, **values)
                return redirect("outreach:zones")
            except NotAllowed:
                raise Http404 from None
            except ValidationError as refused:
                form.add_error(None, refused)
        status = 422
    name = Zone.objects.get(pk=zone.pk).name if zone is not None else ""
    return render(request, "reports/zone.html", frame(request, form=form, zone=zone, zone_name=name), status=status)


def plan(request: HttpRequest) -> HttpResponse:
    """Show what is planned and what became of it (GET); plan a visit (POST)."""
    user = staff(request)
    form = PlanForm(request.POST or None, user=user)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            given = form.cleaned_data
            try:
                plan_visit(zone_id=given["zone"].pk, unit=given["unit"], on=given["on"], note=given["note"], by=user)
                return redirect("outreach:plan")
            except NotAllowed:
                raise Http404 from None
            except ValidationError as refused:
                form.add_error(None, refused)
        status = 422
    has_zones = form.fields["zone"].queryset.exists()  # type: ignore[attr-defined]
    context = frame(request, form=form, lines=get_plan(user), has_zones=has_zones, today=timezone.localdate())
    return render(request, "reports/plan.html", context, status=status)


@require_POST
def plan_cancel(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    cancel_visit(visit_id=visit_id, by=staff(request))
    return redirect("outreach:plan")


def month(request: HttpRequest) -> HttpResponse:
    """Show a unit's month in numbers, from which the monthly report is begun. Audited: the numbers are small."""
    user = staff(request)
    units = _units(user)
    wanted = request.GET.get("unit", "")
    unit = next((each for each in units if each.slug == wanted), units[0] if units else None)
    if wanted and (unit is None or unit.slug != wanted):
        raise Http404
    chosen = get_month(request.GET.get("month", ""))
    context: dict[str, Any] = {"units": units, "unit": unit, "month": chosen, "latest": f"{timezone.localdate():%Y-%m}"}
    if unit is not None:
        version = FormVersion.objects.newest().for_staff().filter(form__key=REPORT).first()
        log_event("report.counted", actor=get_actor(user), target_kind="unit", target_id=unit.slug, month=chosen.key)
        counts = count_month(unit, chosen, language=user.language)
        context["sections"] = build_lines(version.parsed_form, counts, user.language) if version else []
        context["version"] = version
        context["may_report"] = version is not None and user.units().filter(pk=unit.pk).exists()
    return render(request, "reports/month.html", frame(request, **context))


def _units(user: User) -> list[MobileUnit]:
    """Return the units that a person reports for, then those whose numbers they may see."""
    own = list(user.units())
    others = MobileUnit.objects.filter(region__in=user.coordinated_regions(), is_active=True)
    return own + [unit for unit in others if unit not in own]
