"""View of a record that a phone delivered and that couldn't be stored as it came."""

import uuid

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
from ..phones.actions import end_phone_record, enter_plan, find_session, join_plan, name_session
from ..phones.ending import find_owners, get_end
from ..phones.form import read_named_kit, read_posted
from ..phones.models import PhoneRecord, PhoneRecordKind
from ..phones.which import WhichForm
from ..summary import get_participants
from .sessions import build_context


def phone_record(request: HttpRequest, record_id: uuid.UUID) -> HttpResponse:
    """Show what was written down beside what is recorded; record it, say of which session it is, or delete it."""
    user = get_signed_in_user(request)
    found = visible_or_404(PhoneRecord, user, pk=record_id)
    if found.ended_at is not None:
        return redirect("sessions:session", found.session_id) if found.session_id else redirect("sessions:list")
    do = request.POST.get("do")
    if do == "delete":
        end_phone_record(record=found, by=user, recorded=False)
        return redirect("sessions:list")
    if do == "which":
        return _say_which(request, user, found)
    return _plan(request, user, found) if found.kind == PhoneRecordKind.PLAN else _record(request, user, found)


def _say_which(request: HttpRequest, user: User, found: PhoneRecord) -> HttpResponse:
    """Take a plan as that of a session which is here, or put a record beside its session."""
    which = WhichForm(request.POST, record=found, user=user)
    is_plan = found.kind == PhoneRecordKind.PLAN
    if not which.is_valid():
        form = PlanForm(read_posted(found.fields), user=user, named_kit=read_named_kit(found.fields))
        return _render(request, found, None, form if is_plan else None, which=which, status=422)
    session = which.cleaned_data["session"]
    try:
        if is_plan:
            join_plan(record=found, session=session, by=user)
            return redirect("sessions:session", session.pk)
        name_session(record=found, session=session, by=user)
    except NotAllowed:
        raise Http404 from None
    return redirect("sessions:phone_record", found.pk)


def _record(request: HttpRequest, user: User, found: PhoneRecord) -> HttpResponse:
    session = _get_session(user, found)
    if session is None or not _may_record(user, session):
        return _render(request, found, session, None)
    posted = request.POST if request.method == "POST" else read_posted(found.fields)
    form = OutcomeForm(posted, instance=session, named_kit=read_named_kit(found.fields))
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
    posted = request.POST if request.method == "POST" else read_posted(found.fields)
    form = PlanForm(posted, user=user, named_kit=read_named_kit(found.fields))
    if request.method != "POST" or not form.is_confirmed():
        return _render(request, found, None, form, status=422 if request.method == "POST" else 200)
    try:
        made = enter_plan(record=found, by=user, values=form.cleaned_data)
    except NotAllowed:
        raise Http404 from None
    return redirect("sessions:session", made.pk) if made is not None else redirect("sessions:list")


def _may_record(user: User, session: InformativeSession) -> bool:
    is_open = session.state in (SessionState.PLANNED, SessionState.HELD)
    return is_open and get_permissions(user, session).may_record and actions.has_begun(session)


def _get_session(user: User, record: PhoneRecord) -> InformativeSession | None:
    # Of one that came before its plan was entered, also where that happened at the same moment.
    named = record.session or find_session([(name, value) for name, value in record.fields])
    return InformativeSession.objects.visible_to(user).filter(pk=named.pk).first() if named is not None else None


def _render(
    request: HttpRequest,
    record: PhoneRecord,
    session: InformativeSession | None,
    form: OutcomeForm | PlanForm | None,
    *,
    which: WhichForm | None = None,
    status: int = 200,
) -> HttpResponse:
    # Read again: a form that was checked has written its values into its session.
    now = InformativeSession.objects.filter(pk=session.pk).first() if session is not None else None
    labels = {name: field.label for name, field in OutcomeForm(instance=InformativeSession()).fields.items()}
    user = get_signed_in_user(request)
    plans = PhoneRecord.objects.visible_to(user).waiting().filter(kind=PhoneRecordKind.PLAN)
    context = build_context(
        request,
        record=record,
        which=(which or WhichForm(record=record, user=user)) if session is None else None,
        plan=plans.filter(pk=record.named).first() if session is None and record.named else None,
        owner=find_owners([record])[record.pk],
        ends_on=get_end(record),
        session=now,
        form=form,
        people=get_participants(now) if now is not None and now.state != SessionState.PLANNED else None,
        written=[(labels[name], value) for name, value in record.fields if value and name in labels],
    )
    return render(request, "outreach_pages/records/phone_record.html", context, status=status)
