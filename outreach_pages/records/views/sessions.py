"""Views of the list of sessions, and of one: its page, planning, changing, recording and cancelling it."""

import uuid
from collections.abc import Callable
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from access.models import User
from access.scoping import get_signed_in_user, visible_or_404
from access.short_lists import ShortList, shorten

from .. import actions, listing
from ..actions import NotAllowed, NotNow
from ..conversions import get_conversions
from ..forms.outcome import OutcomeForm
from ..forms.plan import CancelForm, PlanForm
from ..labels import SessionState
from ..models import InformativeSession
from ..permissions import get_permissions, get_plannable_units
from ..phones.ending import find_owners, get_end
from ..phones.models import PhoneRecord
from ..summary import get_facts, get_participants
from ..waiting import list_waiting

REPORT_FORM = "session_report"
MAX_DUE, MAX_HELD = 5, 8


def build_context(request: HttpRequest, **extra: Any) -> dict[str, Any]:
    """Build the context of a page: where this person works, and `extra`."""
    user = get_signed_in_user(request)
    places = [unit.name for unit in user.units()] or [region.name for region in user.coordinated_regions()]
    return {"place_name": " · ".join(places), **extra}


def session_list(request: HttpRequest) -> HttpResponse:
    """Show what must be done first, then the list: what is to come, or what the filters select."""
    user = get_signed_in_user(request)
    form = listing.FilterForm(request.GET, user=user)
    seen = listing.get_listed_sessions(user)
    is_filtered = form.is_used()
    rows = form.narrow(seen).order_by("-date", "-starts_at", "id") if is_filtered else listing.filter_coming(seen)
    page = Paginator(rows, listing.PAGE_SIZE).get_page(request.GET.get("page"))
    units = set(user.units().values_list("pk", flat=True))
    # Only a unit's workers record and report, so only they are reminded.
    own = seen.filter(unit__in=units)
    to_report = ShortList() if is_filtered else shorten(listing.filter_to_report(own), MAX_DUE)
    shown = [each.pk for each in to_report]
    context = build_context(
        request,
        form=form,
        page=page,
        is_filtered=is_filtered,
        query=_without_page(request),
        due=ShortList() if is_filtered else shorten(listing.filter_due(own), MAX_DUE),
        to_report=to_report,
        from_phones=_get_from_phones(user),
        lately=ShortList() if is_filtered else shorten(listing.filter_held(seen).exclude(pk__in=shown), MAX_HELD),
        may_plan=get_plannable_units(user).exists(),
        shows_unit=len(units) != 1,
        is_empty=not is_filtered and not InformativeSession.objects.visible_to(user).exists(),
    )
    return render(request, "outreach_pages/records/list.html", context)


def _get_from_phones(user: User) -> "ShortList[PhoneRecord]":
    """Return what phones delivered and what waits for somebody of the unit, each with who is to decide, and its end."""
    waiting = PhoneRecord.objects.visible_to(user).waiting().defer("fields")
    found = shorten(waiting.select_related("session__municipality", "user").order_by("arrived_at", "pk"), MAX_DUE)
    owners = find_owners(found)
    for each in found:
        each.owner, each.ends_on = owners[each.pk], get_end(each)  # type: ignore[attr-defined]
    return found


def session_page(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """Show everything that is recorded of a session, and what can be done next."""
    user = get_signed_in_user(request)
    found = _get_session_or_404(user, session_id)
    return _render_session(request, user, found)


def _render_session(request: HttpRequest, user: User, found: InformativeSession, **extra: Any) -> HttpResponse:
    """Render the page of a session."""
    context = build_context(
        request,
        session=found,
        rights=get_permissions(user, found),
        has_begun=actions.has_begun(found),
        facts=get_facts(found),
        people=get_participants(found),
        conversions=get_conversions(found),
        report_form=REPORT_FORM,
        waiting=list_waiting([found]),
        told=request.GET.get("told", ""),
        **extra,
    )
    return render(request, "outreach_pages/records/session.html", context, status=extra.get("status", 200))


def plan_session(request: HttpRequest) -> HttpResponse:
    """Plan a new session."""
    user = get_signed_in_user(request)
    if not get_plannable_units(user).exists():
        raise Http404
    if request.method != "POST":
        return _render_plan(request, PlanForm(user=user, initial=_get_initial(request)))
    form = PlanForm(request.POST, user=user)
    if not form.is_confirmed():
        return _render_plan(request, form, status=422)
    made = actions.plan_session(by=user, values=form.cleaned_data)
    return redirect("sessions:session", made.pk)


def change_plan(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """Correct the plan of a session."""
    user = get_signed_in_user(request)
    found = _get_session_or_404(user, session_id)
    if not get_permissions(user, found).may_plan:
        raise Http404
    if request.method != "POST":
        return _render_plan(request, PlanForm(user=user, instance=found), session=found)
    form = PlanForm(request.POST, user=user, instance=found)
    if not form.is_confirmed():
        # Loaded again: validating the form has written its values into `found`.
        return _render_plan(request, form, session=_get_session_or_404(user, session_id), status=422)
    try:
        actions.change_plan(session=found, by=user, values=form.cleaned_data)
    except NotNow:
        form.add_error(
            "date", _("It is recorded as held, so it can't be in the future. Choose the day on which it took place.")
        )
        return _render_plan(request, form, session=_get_session_or_404(user, session_id), status=422)
    return redirect("sessions:session", found.pk)


def record_outcome(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """Record what happened and who came: makes a planned session held, corrects one that was."""
    user = get_signed_in_user(request)
    found = _get_session_or_404(user, session_id)
    if not get_permissions(user, found).may_record:
        raise Http404
    if not actions.has_begun(found):
        return redirect("sessions:session", found.pk)
    if request.method != "POST":
        return _render_outcome(request, OutcomeForm(instance=found), found)
    form = OutcomeForm(request.POST, instance=found)
    if not form.is_confirmed():
        return _render_outcome(request, form, _get_session_or_404(user, session_id), status=422)
    values = {name: form.cleaned_data[name] for name in actions.OUTCOME if name in form.cleaned_data}
    used = form.cleaned_data["used"]
    return _act_and_redirect(
        found, lambda: actions.record_session(session=found, by=user, values=values, counts=form.counts(), used=used)
    )


def cancel_session(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """Ask why, then cancel the session."""
    user = get_signed_in_user(request)
    found = _get_session_or_404(user, session_id)
    if not get_permissions(user, found).may_plan or found.state != SessionState.PLANNED:
        return redirect("sessions:session", found.pk)
    form = CancelForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        page = build_context(request, session=found, form=form)
        return render(request, "outreach_pages/records/cancel.html", page, status=422 if form.errors else 200)
    reason = form.cleaned_data["reason"]
    return _act_and_redirect(found, lambda: actions.cancel_session(session=found, by=user, reason=reason))


@require_POST
def plan_again(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """Set the session back to planned: it takes place after all, or was marked held by mistake."""
    user = get_signed_in_user(request)
    found = _get_session_or_404(user, session_id)
    return _act_and_redirect(found, lambda: actions.plan_again(session=found, by=user))


def _act_and_redirect(found: InformativeSession, act: Callable[[], Any]) -> HttpResponse:
    """Act, and redirect to the session; if somebody was faster, its page says so and shows the present state."""
    try:
        act()
    except NotAllowed:
        # What somebody may not do isn't there for them (docs/adr/0008).
        raise Http404 from None
    except NotNow:
        answer = redirect("sessions:session", found.pk)
        answer["Location"] += "?told=changed"
        return answer
    return redirect("sessions:session", found.pk)


def _get_session_or_404(user: User, session_id: uuid.UUID) -> InformativeSession:
    return visible_or_404(InformativeSession, user, pk=session_id)


def _without_page(request: HttpRequest) -> str:
    """Return the filters of this page, for the links to other pages of the list."""
    query = request.GET.copy()
    query.pop("page", None)
    return query.urlencode()


def _get_initial(request: HttpRequest) -> dict[str, Any]:
    """Return the day that was pressed in the calendar, as the form's initial value."""
    try:
        day = parse_date(request.GET.get("date", ""))
    except ValueError:
        day = None
    return {"date": day} if day else {}


def _render_plan(
    request: HttpRequest, form: PlanForm, *, session: InformativeSession | None = None, status: int = 200
) -> HttpResponse:
    page = build_context(request, form=form, session=session)
    return render(request, "outreach_pages/records/plan.html", page, status=status)


def _render_outcome(
    request: HttpRequest, form: OutcomeForm, session: InformativeSession, status: int = 200
) -> HttpResponse:
    page = build_context(request, form=form, session=session)
    return render(request, "outreach_pages/records/outcome.html", page, status=status)
