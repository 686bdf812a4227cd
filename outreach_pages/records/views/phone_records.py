"""View of a record that a phone delivered and that couldn't be stored as it came."""

import uuid

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from access.models import User
from access.scoping import get_signed_in_user, visible_or_404

from .. import actions
from ..actions import NotAllowed, NotNow
from ..forms.outcome import OutcomeForm
from ..forms.plan import PlanForm
from ..labels import SessionState
from ..models import InformativeSession
from ..permissions import get_permissions, get_plannable_units
from ..phones.actions import end_phone_record
from ..phones.ending import find_owners, get_end
from ..phones.form import read_posted
from ..phones.models import PhoneRecord, PhoneRecordKind
from ..summary import get_participants
from .sessions import build_context


def phone_record(request: HttpRequest, record_id: uuid.UUID) -> HttpResponse:
    """Show what was written down beside what is recorded; record it, corrected or not, or delete it."""
    user = get_signed_in_user(request)
    found = visible_or_404(PhoneRecord, user, pk=record_id)
    if found.ended_at is not None:
        return redirect("sessions:session", found.session_id) if found.session_id else redirect("sessions:list")
    if request.method == "POST" and request.POST.get("do") == "delete":
        end_phone_record(record=found, by=user, recorded=False)
        return redirect("sessions:list")
    if found.kind == PhoneRecordKind.PLAN:
        return _plan(request, user, found)
    session = _get_session(user, found)
    if session is None or not _may_record(user, session):
        return _render(request, found, session, None)
    form = OutcomeForm(request.POST if request.method == "POST" else read_posted(found.fields), instance=session)
    if request.method != "POST" or not form.is_confirmed():
        return _render(request, found, session, form, status=422 if request.method == "POST" else 200)
    values = {name: form.cleaned_data[name] for name in actions.OUTCOME if name in form.cleaned_data}
    used = form.cleaned_data["used"]
    try:
        actions.record_session(session=session, by=user, values=values, counts=form.counts(), used=used)
    except NotAllowed:
        raise Http404 from None
    except NotNow:
        return _render(request, found, _get_session(user, found), form, status=422)
    end_phone_record(record=found, by=user, recorded=True)
    return redirect("sessions:session", session.pk)


def _plan(request: HttpRequest, user: User, found: PhoneRecord) -> HttpResponse:
    if not get_plannable_units(user).exists():
        raise Http404
    form = PlanForm(request.POST if request.method == "POST" else read_posted(found.fields), user=user)
    if request.method != "POST" or not form.is_confirmed():
        return _render(request, found, None, form, status=422 if request.method == "POST" else 200)
    try:
        with transaction.atomic():
            made = actions.plan_session(by=user, values=form.cleaned_data)
            end_phone_record(record=found, by=user, recorded=True)
    except NotAllowed:
        raise Http404 from None
    return redirect("sessions:session", made.pk)


def _may_record(user: User, session: InformativeSession) -> bool:
    is_open = session.state in (SessionState.PLANNED, SessionState.HELD)
    return is_open and get_permissions(user, session).may_record and actions.has_begun(session)


def _get_session(user: User, record: PhoneRecord) -> InformativeSession | None:
    if record.session_id is None:
        return None
    return InformativeSession.objects.visible_to(user).filter(pk=record.session_id).first()


def _render(
    request: HttpRequest,
    record: PhoneRecord,
    session: InformativeSession | None,
    form: OutcomeForm | PlanForm | None,
    status: int = 200,
) -> HttpResponse:
    # Read again: a form that was checked has written its values into its session.
    now = InformativeSession.objects.filter(pk=session.pk).first() if session is not None else None
    labels = {name: field.label for name, field in OutcomeForm(instance=InformativeSession()).fields.items()}
    context = build_context(
        request,
        record=record,
        owner=find_owners([record])[record.pk],
        ends_on=get_end(record),
        session=now,
        form=form,
        people=get_participants(now) if now is not None and now.state != SessionState.PLANNED else None,
        written=[(labels[name], value) for name, value in record.fields if value and name in labels],
    )
    return render(request, "outreach_pages/records/phone_record.html", context, status=status)
