"""Views of one session: its page, planning, changing, recording and cancelling it."""

import uuid
from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from access.models import User
from access.scoping import visible_or_404

from .. import actions
from ..actions import NotAllowed, NotNow
from ..conversions import led_to
from ..forms.calling_off import CancelForm
from ..forms.outcome import OutcomeForm
from ..forms.plan import PlanForm
from ..labels import SessionState
from ..models import InformativeSession
from ..reading import get_facts, get_people
from ..rights import get_rights, units_to_plan_for
from .frame import frame, staff

REPORT_FORM = "session_report"


def session(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """Show everything that is recorded of a session, and what can be done next."""
    user = staff(request)
    found = _found(user, session_id)
    return _session_page(request, user, found)


def _session_page(request: HttpRequest, user: User, found: InformativeSession, **extra: Any) -> HttpResponse:
    """Render the page of a session."""
    context = frame(
        request,
        session=found,
        rights=get_rights(user, found),
        has_begun=actions.has_begun(found),
        facts=get_facts(found),
        people=get_people(found),
        led_to=led_to(found),
        report_form=REPORT_FORM,
        told=request.GET.get("told", ""),
        **extra,
    )
    return render(request, "outreach_pages/records/session.html", context, status=extra.get("status", 200))


def plan(request: HttpRequest) -> HttpResponse:
    """Plan a new session."""
    user = staff(request)
    if not units_to_plan_for(user).exists():
        raise Http404
    if request.method != "POST":
        return _plan_page(request, PlanForm(user=user, initial=_from_query(request)))
    form = PlanForm(request.POST, user=user)
    if not form.is_settled():
        return _plan_page(request, form, status=422)
    made = actions.plan_session(by=user, values=form.cleaned_data)
    return redirect("sessions:session", made.pk)


def change(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """Correct the plan of a session."""
    user = staff(request)
    found = _found(user, session_id)
    if not get_rights(user, found).may_plan:
        raise Http404
    if request.method != "POST":
        return _plan_page(request, PlanForm(user=user, instance=found), session=found)
    form = PlanForm(request.POST, user=user, instance=found)
    if not form.is_settled():
        # Loaded again: validating the form has written its values into `found`.
        return _plan_page(request, form, session=_found(user, session_id), status=422)
    try:
        actions.change_plan(session=found, by=user, values=form.cleaned_data)
    except NotNow:
        form.add_error(
            "date", _("It is recorded as held, so it can't be in the future. Choose the day on which it took place.")
        )
        return _plan_page(request, form, session=_found(user, session_id), status=422)
    return redirect("sessions:session", found.pk)


def outcome(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """Record what happened and who came: makes a planned session held, corrects one that was."""
    user = staff(request)
    found = _found(user, session_id)
    if not get_rights(user, found).may_record:
        raise Http404
    if not actions.has_begun(found):
        return redirect("sessions:session", found.pk)
    if request.method != "POST":
        return _outcome_page(request, OutcomeForm(instance=found), found)
    form = OutcomeForm(request.POST, instance=found)
    if not form.is_settled():
        return _outcome_page(request, form, _found(user, session_id), status=422)
    values = {name: form.cleaned_data[name] for name in actions.OUTCOME}
    return _done(found, lambda: actions.record_session(session=found, by=user, values=values, counts=form.counts()))


def cancel(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """Ask why, then cancel the session."""
    user = staff(request)
    found = _found(user, session_id)
    if not get_rights(user, found).may_plan or found.state != SessionState.PLANNED:
        return redirect("sessions:session", found.pk)
    form = CancelForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        page = frame(request, session=found, form=form)
        return render(request, "outreach_pages/records/cancel.html", page, status=422 if form.errors else 200)
    reason = form.cleaned_data["reason"]
    return _done(found, lambda: actions.cancel_session(session=found, by=user, reason=reason))


@require_POST
def again(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """Set the session back to planned: it takes place after all, or was marked held by mistake."""
    user = staff(request)
    found = _found(user, session_id)
    return _done(found, lambda: actions.plan_again(session=found, by=user))


def _done(found: InformativeSession, act: Callable[[], Any]) -> HttpResponse:
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


def _found(user: User, session_id: uuid.UUID) -> InformativeSession:
    return visible_or_404(InformativeSession, user, pk=session_id)


def _from_query(request: HttpRequest) -> dict[str, Any]:
    """Return the day that was pressed in the calendar, as the form's initial value."""
    try:
        day = parse_date(request.GET.get("date", ""))
    except ValueError:
        day = None
    return {"date": day} if day else {}


def _plan_page(
    request: HttpRequest, form: PlanForm, *, session: InformativeSession | None = None, status: int = 200
) -> HttpResponse:
    page = frame(request, form=form, session=session)
    return render(request, "outreach_pages/records/plan.html", page, status=status)


def _outcome_page(
    request: HttpRequest, form: OutcomeForm, session: InformativeSession, status: int = 200
) -> HttpResponse:
    page = frame(request, form=form, session=session)
    return render(request, "outreach_pages/records/outcome.html", page, status=status)
