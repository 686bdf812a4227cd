"""The pages *Drills*: all regions of this person, and one region with its plan, and what became of its drills.

Coordinators plan and begin drills in their regions; operators look.
"""

from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from wagtail.admin import messages

from access.models import Region, StaffRole, User
from audit.chain import get_actor, log_event
from audit.denials import record_denial

from .ending import read_results
from .forms import DrillPlanForm
from .models import UNENDED, DrillPlan, DrillResult, DrillRun
from .running import CannotAsk, ask_for_drill
from .schedule import get_next_day
from .words import CANNOT_ASK, describe_results, label_reason

PAGE = 12  # drills: a year of them
GET_AND_POST = ["GET", "HEAD", "POST"]


def get_regions(user: User) -> list[Region]:
    """Return the regions whose drills this person sees: a coordinator's own, all for an operator."""
    regions = Region.objects.filter(is_outreach=True)
    if not user.has_role(StaffRole.OPERATOR):
        regions = regions.filter(pk__in=user.coordinated_regions())
    return list(regions.order_by("name"))


@never_cache
@require_http_methods(["GET", "HEAD"])
def drills(request: HttpRequest) -> HttpResponse:
    """List the regions: when the next drill is, and how the last one went."""
    me, now = _me(request), timezone.now()
    regions = get_regions(me)
    plans = {plan.region_id: plan for plan in DrillPlan.objects.filter(region__in=regions)}
    newest = {run.region_id: run for run in DrillRun.objects.newest().filter(region__in=regions)}
    unended = {run.region_id: run for run in DrillRun.objects.filter(region__in=regions, state__in=UNENDED)}
    months = DrillRun.objects.filter(region__in=regions).exclude(month="").values_list("region", "month")
    held: dict[int, set[str]] = {}
    for region_id, month in months:
        held.setdefault(region_id, set()).add(month)
    rows = [
        {
            "region": region,
            "next": _get_next(plans.get(region.pk), now, held.get(region.pk, set())),
            "last": _describe_short(newest.get(region.pk)),
            "now": unended.get(region.pk),
        }
        for region in regions
    ]
    return render(request, "drills/list.html", {"rows": rows})


@never_cache
@require_http_methods(GET_AND_POST)
def drills_of_region(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a region's plan and its drills (GET); change the plan (POST)."""
    me, now = _me(request), timezone.now()
    region = _find(me, slug, to_change=request.method == "POST")
    plan = DrillPlan.objects.filter(region=region).first() or DrillPlan(region=region)
    form = DrillPlanForm(request.POST if request.method == "POST" else None, instance=plan)
    if request.method == "POST" and form.is_valid():
        save_plan(form.save(commit=False), by=me, now=now)
        messages.success(request, _("The plan is saved."))
        return redirect("drills_of_region", region.slug)
    return _show(request, region, me, form, now, status=422 if form.is_bound else 200)


@never_cache
@require_http_methods(["POST"])
def begin_drill_by_hand(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask for a drill of this region now (POST); a worker begins it within seconds."""
    me = _me(request)
    region = _find(me, slug, to_change=True)
    try:
        ask_for_drill(region=region, by=me)
    except CannotAsk as refused:
        messages.error(request, str(CANNOT_ASK[refused.code]))
    else:
        messages.success(request, _("The drill begins in a moment. Load this page again to see how it goes."))
    return redirect("drills_of_region", region.slug)


def save_plan(plan: DrillPlan, *, by: User, now: datetime) -> DrillPlan:
    """Save a checked plan. What was off and is on now begins to count now."""
    before = DrillPlan.objects.filter(pk=plan.pk).first() if plan.pk else None
    if plan.is_on and (before is None or not before.is_on):
        plan.on_since = now
    plan.changed_by, plan.changed_at = by, now
    plan.save()
    log_event("drill.planned", actor=get_actor(by), target_kind="region", target_id=plan.region_id, is_on=plan.is_on)
    return plan


def _show(
    request: HttpRequest, region: Region, me: User, form: DrillPlanForm, now: datetime, *, status: int
) -> HttpResponse:
    runs = DrillRun.objects.filter(region=region).select_related("asked_by")
    page = Paginator(runs.ended().order_by("-ended_at", "-pk"), PAGE).get_page(request.GET.get("p"))
    current = runs.filter(state__in=UNENDED).first()
    plan = DrillPlan.objects.filter(region=region).first()
    held = set(runs.exclude(month="").values_list("month", flat=True))
    results: dict[Any, list[DrillResult]] = {}
    kept = DrillResult.objects.filter(run__in=[run.pk for run in page]).select_related("office", "contact")
    for each in kept.order_by("pk"):
        results.setdefault(each.run_id, []).append(each)
    context = {
        "region": region,
        "form": form,
        "may_change": may_change(region, me),
        "plan": plan,
        "next": _get_next(plan, now, held),
        "current": current,
        "current_results": describe_results(current, read_results(current)) if current is not None else [],
        "page": page,
        "runs": [_describe(run, results.get(run.pk, [])) for run in page],
    }
    return render(request, "drills/region.html", context, status=status)


def may_change(region: Region, user: User) -> bool:
    """Tell whether this person plans and begins drills there: its coordinators do."""
    return user.coordinated_regions().filter(pk=region.pk).exists()


def _get_next(plan: DrillPlan | None, now: datetime, held: set[str]) -> Any:
    return get_next_day(plan, now, held) if plan else None


def _describe_short(run: DrillRun | None) -> dict[str, Any] | None:
    if run is None:
        return None
    return {"state": run.state, "words": run.get_state_display(), "at": run.ended_at}


def _describe(run: DrillRun, results: list[DrillResult]) -> dict[str, Any]:
    return {
        "state": run.state,
        "words": run.get_state_display(),
        "reason": label_reason(run.reason),
        "at": run.begun_at or run.ended_at,
        "minutes": run.minutes,
        "month": run.month,
        "asked_by": run.asked_by,
        "results": describe_results(run, results),
    }


def _find(me: User, slug: str, *, to_change: bool) -> Region:
    region = next((each for each in get_regions(me) if each.slug == slug), None)
    if region is None or (to_change and not may_change(region, me)):
        if Region.objects.filter(slug=slug).exists():
            record_denial(actor=get_actor(me), target_kind="region", target_id=slug)
        raise Http404
    return region


def _me(request: HttpRequest) -> User:
    user = request.user
    assert isinstance(user, User)  # the policy table let nobody else in
    return user
