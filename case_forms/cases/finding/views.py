"""Pages to find a case or a person, requests between units, and what coordinators look after."""

import time
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST

from access.models import MobileUnit, User
from access.scoping import get_signed_in_user
from audit import clock
from case_forms.form_builder.models import FormVersion

from . import requests as between_units
from .asking import QUESTIONS, Asked, TooManyQuestions, list_coordinators
from .asking import ask as ask_about
from .assigning import AssignmentRefused, assign, list_orphans
from .forms import PersonForm
from .links import find_visible
from .models import CaseAccess, IdentityQuestion, IdentityRequest, QuestionAnswer
from .references import find_alike
from .sides import may_act_for

# An answer takes a whole number of these, whether anybody is known or not, also under load: how long it took must not
# say more than the page.
SECONDS_TO_ANSWER = 0.4
KIND = "identification"
COUNTED_DAYS = 30
PROBLEMS = {
    "unknown_reference": _("You have no case with this reference."),
    "nothing_chosen": _("Choose at least one case."),
    "unknown_worker": _("Choose a worker of this unit."),
}


@sensitive_post_parameters()
@sensitive_variables("form", "identity")
def find(request: HttpRequest) -> HttpResponse:
    """Ask whether a person is known (POST), or go to a case by its reference. Nothing that is typed is kept."""
    user = get_signed_in_user(request)
    if request.method != "POST":
        return _find_page(request, PersonForm())
    form = PersonForm(request.POST)
    if not form.is_valid():
        return _find_page(request, form, status=422)
    if typed := form.cleaned_data["reference"].strip():
        found = find_visible(typed, user)
        if found is not None:
            return redirect("cases:case", found.reference)
        alike = find_alike(typed, user)
        if not alike:
            form.add_error("reference", PROBLEMS["unknown_reference"])
        return _find_page(request, form, alike=alike, typed=typed, status=200 if alike else 422)
    began = time.monotonic()
    try:
        asked = ask_about(form.get_identity(), by=user, unit=_get_unit(request, user))
    except TooManyQuestions as refused:
        return _find_page(request, form, refused_until=refused.until, status=429)
    answer = _find_page(request, form, asked=asked)
    _wait_for_the_next_step(time.monotonic() - began)
    return answer


def _wait_for_the_next_step(seconds: float) -> None:
    """Wait until a whole number of SECONDS_TO_ANSWER is over, of which so many seconds have passed."""
    if SECONDS_TO_ANSWER:
        time.sleep(SECONDS_TO_ANSWER - seconds % SECONDS_TO_ANSWER)


def _find_page(
    request: HttpRequest, form: PersonForm, *, asked: Asked | None = None, status: int = 200, **more: Any
) -> HttpResponse:
    user = get_signed_in_user(request)
    units = list(user.units())
    context = {
        **_frame(user),
        "form": form,
        "asked": asked,
        "units": units,
        "begin_with": _identification() if units else None,
        "most": QUESTIONS.most,
        **more,
    }
    return render(request, "finding/find.html", context, status=status)


def _get_unit(request: HttpRequest, user: User) -> MobileUnit | None:
    units = user.units()
    return units.filter(slug=request.POST.get("unit", "")).first() or units.first()


def _identification() -> FormVersion | None:
    versions = FormVersion.objects.newest().for_staff()
    return next((version for version in versions if version.parsed_form.kind == KIND), None)


@require_POST
def ask(request: HttpRequest, question_id: UUID) -> HttpResponse:
    """Ask the unit that may know the person of one's own question to open its case."""
    user = get_signed_in_user(request)
    question = get_object_or_404(IdentityQuestion.objects.select_related("unit"), pk=question_id, asked_by=user.pk)
    try:
        made = between_units.ask_after_question(question=question, by=user)
    except between_units.RequestRefused as refused:
        if refused.code == "known":
            return redirect("finding:find")
        if refused.code == "forgotten":
            return _find_page(request, PersonForm(), is_gone=True, status=410)
        raise Http404 from None
    return redirect("finding:request", made.pk)


def request_page(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Show a request to either side (GET); the side that is asked answers it (POST)."""
    user = get_signed_in_user(request)
    found = _get_request(user, request_id)
    may_answer = may_act_for(found.case, user) and found.asked_by_id != user.pk
    if request.method == "POST":
        if not may_answer or request.POST.get("answer") not in ("agree", "decline"):
            raise Http404
        try:
            between_units.answer_request(request=found, agree=request.POST["answer"] == "agree", by=user)
        except between_units.RequestRefused as refused:
            if refused.code != "answered":
                raise Http404 from None
        return redirect("finding:request", found.pk)
    context = {
        **_frame(user),
        "asked": found,
        # Which case it is, is said to those who may open it anyway.
        "case": found.case if between_units.is_visible(found.case, user) else None,
        "may_answer": may_answer and not found.answer,
        "is_asking_side": user.units().filter(pk=found.unit_id).exists(),
        **_describe_wait(found),
    }
    return render(request, "finding/request.html", context)


def _describe_wait(found: IdentityRequest) -> dict[str, Any]:
    """Return what an asking unit reads while nobody has answered: whether anybody can, and whom to call."""
    if found.answer:
        return {}
    return {"can_be_answered": between_units.can_be_answered(found), "coordinators": list_coordinators(found.case.unit)}


def _get_request(user: User, request_id: UUID) -> IdentityRequest:
    rows = between_units.get_requests_for(user).select_related("case__unit", "unit", "asked_by", "answered_by")
    found = rows.filter(pk=request_id).first()
    if found is None:
        between_units.note_denial(user, request_id)
        raise Http404
    return found


@require_POST
def end_access(request: HttpRequest, access_id: int) -> HttpResponse:
    """End what two units had agreed to."""
    user = get_signed_in_user(request)
    access = get_object_or_404(CaseAccess.objects.select_related("case__unit"), pk=access_id)
    try:
        between_units.end_access(access=access, by=user)
    except between_units.RequestRefused:
        raise Http404 from None
    if may_act_for(access.case, user):
        return redirect("finding:related", access.case.reference)
    return redirect("intake:home")


def questions(request: HttpRequest) -> HttpResponse:
    """Show to a coordinator how often each person of their regions asked about somebody; never about whom."""
    user = get_signed_in_user(request)
    now = clock.now()
    regions = user.coordinated_regions()
    asked = IdentityQuestion.objects.filter(asked_at__gte=now - timedelta(days=COUNTED_DAYS), case__isnull=True)
    people = (
        asked.filter(Q(unit__region__in=regions) | Q(asked_by=user.pk))
        .order_by()
        .values("asked_by__first_name", "asked_by__last_name", "asked_by__username", "unit__name")
        .annotate(
            month=Count("pk"),
            day=Count("pk", filter=Q(asked_at__gte=now - timedelta(days=1))),
            elsewhere=Count("pk", filter=Q(answer=QuestionAnswer.OTHER)),
            last=Max("asked_at"),
        )
        .order_by("-day", "-month", "asked_by__username")
    )
    context = {**_frame(user), "people": people, "days": COUNTED_DAYS, "most": QUESTIONS.most}
    return render(request, "finding/questions.html", context)


def orphans(request: HttpRequest) -> HttpResponse:
    """Show the open cases without a person (GET); give those of one unit to one of its workers (POST)."""
    user = get_signed_in_user(request)
    problem: str | Promise = ""
    if request.method == "POST":
        unit = get_object_or_404(
            MobileUnit, slug=request.POST.get("unit", ""), region__in=user.coordinated_regions().values("pk")
        )
        try:
            assign(unit=unit, case_ids=_get_uuids(request), worker_id=_get_number(request, "worker"), by=user)
            return redirect("finding:orphans")
        except AssignmentRefused as refused:
            problem = PROBLEMS.get(refused.code, PROBLEMS["nothing_chosen"])
    units, shown = list_orphans(user)
    context = {**_frame(user), "units_with_orphans": units, "shown": shown, "problem": problem}
    return render(request, "finding/orphans.html", context, status=422 if problem else 200)


def _get_uuids(request: HttpRequest) -> list[UUID]:
    found = []
    for typed in request.POST.getlist("case")[:500]:
        try:
            found.append(UUID(typed))
        except ValueError:
            continue
    return found


def _get_number(request: HttpRequest, name: str) -> int | None:
    # At most 18 digits: SQLite refuses a number beyond 64 bits with an error instead of finding nothing.
    typed = request.POST.get(name, "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 19 else None


def _frame(user: User) -> dict[str, Any]:
    """Return what the head of a field page names: where this person works."""
    places = [unit.name for unit in user.units_shown()] or [region.name for region in user.regions_shown()]
    return {"place_name": "\u00a0· ".join(places)}
