"""The unit's pages: the list of requests, and one request with what can be done about it."""

from collections.abc import Callable
from typing import Any, cast

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST

from access.languages import get_current_language
from access.models import User
from access.scoping import get_signed_in_user, visible_or_404
from audit import clock
from audit.chain import get_actor, log_event
from case_forms.tips.reading import read_answers
from outreach_pages.records.actions import NotAllowed
from outreach_pages.records.forms.plan import PlanForm
from outreach_pages.records.models import InformativeSession
from outreach_pages.records.permissions import get_plannable_units

from . import actions
from .actions import TakenBy
from .following import read_following
from .forms import AnswerForm, DeclineForm
from .models import Answer, DeclineReason, SessionRequest
from .reading import RequestLines, build_plan, get_closed_lines, get_open_lines

ON_A_PAGE = 50
CLOSED = "closed"


def request_list(request: HttpRequest) -> HttpResponse:
    """Show the open requests, the oldest first; or those that were closed."""
    user = get_signed_in_user(request)
    shows_closed = request.GET.get("state") == CLOSED
    language = get_current_language()
    lines: RequestLines = get_closed_lines(user, language) if shows_closed else get_open_lines(user, language)
    page: Page[Any] = Paginator(cast(Any, lines), ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "place_name": _name_places(user),
        "page": page,
        "lines": page.object_list,
        "shows_closed": shows_closed,
        "days": settings.SESSION_REQUEST_ANSWER_DAYS,
    }
    return render(request, "session_requests/list.html", context)


@sensitive_variables()
def request_page(request: HttpRequest, reference: str) -> HttpResponse:
    """Show one request. Opening it is recorded, and changes nothing else."""
    user = get_signed_in_user(request)
    return _read(request, user, _get_or_404(user, reference))


@require_POST
def take(request: HttpRequest, reference: str) -> HttpResponse:
    """Take care of a request, or take it over from whom the page showed."""
    user = get_signed_in_user(request)
    found = _get_or_404(user, reference)
    seen = request.POST.get("seen", "")[:20]
    return _act(request, user, found, lambda: actions.take_request(request=found, by=user, seen=seen))


@require_POST
@sensitive_post_parameters("text")
@sensitive_variables()
def answer(request: HttpRequest, reference: str) -> HttpResponse:
    """Answer while no session is planned. What was typed stays on the page when something is wrong."""
    user = get_signed_in_user(request)
    found = _get_or_404(user, reference)
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _read(request, user, found, answer_form=form, status=422)
    given = form.cleaned_data
    return _act(
        request,
        user,
        found,
        lambda: actions.answer_request(
            request=found,
            by=user,
            answer=Answer(given["answer"]),
            offered_on=given["offered_on"],
            text=given["text"],
        ),
        answer_form=form,
    )


@require_POST
@sensitive_post_parameters("text")
@sensitive_variables()
def decline(request: HttpRequest, reference: str) -> HttpResponse:
    """Say that the session can't be held, and why."""
    user = get_signed_in_user(request)
    found = _get_or_404(user, reference)
    form = DeclineForm(request.POST)
    if not form.is_valid():
        return _read(request, user, found, decline_form=form, status=422)
    given = form.cleaned_data
    return _act(
        request,
        user,
        found,
        lambda: actions.decline_request(
            request=found, by=user, reason=DeclineReason(given["reason"]), text=given["text"]
        ),
        decline_form=form,
    )


@require_POST
def hand_over(request: HttpRequest, reference: str) -> HttpResponse:
    """Hand it to the centre: the coordinators answer. A unit doesn't see it any more, so the list comes next."""
    user = get_signed_in_user(request)
    found = _get_or_404(user, reference)
    try:
        actions.hand_to_centre(request=found, by=user)
    except TakenBy as taken:
        return _read(request, user, found, taken=taken, status=409)
    return redirect("session_requests:list")


@sensitive_post_parameters()
@sensitive_variables()
def plan(request: HttpRequest, reference: str) -> HttpResponse:
    """Plan the session that was asked for, with the record's own form, filled with what was answered."""
    user = get_signed_in_user(request)
    found = _get_or_404(user, reference)
    if not get_plannable_units(user).exists():
        raise Http404
    if request.method != "POST":
        if not found.is_open:
            return redirect("session_requests:request", reference)
        # What was answered stands in the form, so showing it is reading it.
        _log_read(user, found)
        return _render_plan(request, PlanForm(user=user, initial=build_plan(found)), found)
    form = PlanForm(request.POST, user=user)
    if not form.is_confirmed():
        return _render_plan(request, form, found, status=422)
    try:
        session: InformativeSession = actions.plan_for_request(request=found, by=user, values=form.cleaned_data)
    except NotAllowed:
        # What somebody may not do isn't there for them (docs/adr/0008).
        raise Http404 from None
    except TakenBy as taken:
        # What was typed stays in the form, below who has it.
        return _render_plan(request, form, found, status=409, problem=_explain(taken))
    return redirect("sessions:session", session.pk)


def _act(request: HttpRequest, user: User, found: SessionRequest, act: Callable[[], Any], **typed: Any) -> HttpResponse:
    """Act, and show the request; if somebody was faster, its page says who, and what was typed stays."""
    try:
        act()
    except TakenBy as taken:
        return _read(request, user, found, taken=taken, status=409, **typed)
    return redirect("session_requests:request", found.reference)


def _read(
    request: HttpRequest,
    user: User,
    found: SessionRequest,
    *,
    status: int = 200,
    taken: TakenBy | None = None,
    **typed: Any,
) -> HttpResponse:
    _log_read(user, found)
    # Read again: after an action that failed the row may differ from the one that was looked up.
    rows = SessionRequest.objects.select_related(
        "unit", "municipality__region", "form_version__form", "taken_by", "session"
    )
    found = rows.get(pk=found.pk)
    is_mine = found.taken_by_id in (None, user.pk)
    context = {
        "place_name": found.unit.name if found.unit else found.municipality.region.name,
        "asked": found,
        "sections": read_answers(found.form_version.parsed_form, found.answers, get_current_language()),
        "following": read_following(found),
        "is_late": found.is_waiting_long(clock.now()),
        "may_act": found.is_open and is_mine,
        "may_plan": found.is_open and is_mine and get_plannable_units(user).exists(),
        "problem": _explain(taken) if taken else "",
        "answer_form": AnswerForm(),
        "decline_form": DeclineForm(),
        **typed,
    }
    return render(request, "session_requests/request.html", context, status=status)


def _render_plan(
    request: HttpRequest, form: PlanForm, found: SessionRequest, *, status: int = 200, problem: str = ""
) -> HttpResponse:
    context = {
        "place_name": _name_places(get_signed_in_user(request)),
        "form": form,
        "asked": found,
        "problem": problem,
    }
    return render(request, "session_requests/plan.html", context, status=status)


def _explain(taken: TakenBy) -> str:
    """Say who was faster. What was typed is still on the page."""
    if taken.person is None:
        return _("Meanwhile this request has moved on. Nothing of yours was saved.")
    name = taken.person.get_full_name() or taken.person.get_username()
    return _("%(person)s handles this request. Nothing of yours was saved.") % {"person": name}


def _log_read(user: User, found: SessionRequest) -> None:
    log_event("session_request.read", actor=get_actor(user), target_kind=actions.TARGET_KIND, target_id=found.pk)


def _get_or_404(user: User, reference: str) -> SessionRequest:
    return visible_or_404(SessionRequest, user, reference=reference)


def _name_places(user: User) -> str:
    places = [unit.name for unit in user.units()] or [region.name for region in user.coordinated_regions()]
    return " · ".join(places)
