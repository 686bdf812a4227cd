"""The pages on which a case is closed, declared void, decided about and opened again."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from access.models import User, localize
from access.scoping import visible_or_404
from audit.chain import get_actor, log_event

from ..models import Case, CaseClosing
from .actions import (
    CannotClose,
    ClosingRequest,
    ask_to_close,
    decide_closing,
    may_ask,
    may_decide,
    needs_second_person,
    withdraw_closing,
)
from .forms import KEEP, ClosingForm, DecisionForm, ReopenForm
from .models import ClosingAct, PersonsWish
from .open_ends import DESPITE, find_open_ends
from .reasons import label_reason
from .reopening import count_between_units, get_closing, get_ended_duties, leave_closed, reopen_case
from .void_notices import preview_void

CHANGED = _("Something has changed in this case since you opened this page. Read what is open now, then decide.")
PROBLEMS: dict[str, Promise] = {
    "changed": CHANGED,
    "no_words": CHANGED,
    "no_wish": CHANGED,
    "not_confirmed": CHANGED,
    "no_reason": _("Choose a reason."),
    "own_request": _("Somebody else than the person who asked must decide."),
}
WORDS = ("contact", "open", "note", "answer", "wish", "wish_words", "risk")


@sensitive_post_parameters(*WORDS)
@sensitive_variables("form", "wanted")
def close(request: HttpRequest, reference: str) -> HttpResponse:
    """Show what is open and ask to close the case (GET); ask (POST)."""
    return _ask(request, reference, ClosingAct.CLOSE)


@sensitive_post_parameters(*WORDS)
@sensitive_variables("form", "wanted")
def void(request: HttpRequest, reference: str) -> HttpResponse:
    """Ask to declare the case void."""
    return _ask(request, reference, ClosingAct.VOID)


@sensitive_variables("form", "wanted")
def _ask(request: HttpRequest, reference: str, act: str) -> HttpResponse:
    user, case = _get_case(request, reference)
    if case.closed_at is not None or CaseClosing.objects.waiting().filter(case=case).exists():
        return redirect("cases:closing", case.reference)
    ends = find_open_ends(case)
    form = ClosingForm(request.POST if request.method == "POST" else None, act=act, ends=ends)
    problem = ""
    if request.method == "POST" and form.is_valid():
        wanted = _build_request(form, act, request.POST.get("seen", ""))
        try:
            ask_to_close(case=case, wanted=wanted, by=user)
        except CannotClose as refused:
            if refused.code not in PROBLEMS:
                return redirect("cases:closing", case.reference)
            problem = refused.code
        else:
            return redirect("cases:closing", case.reference)
    if request.method == "POST":
        ends = find_open_ends(case)
        form = _offer_again(form, act, ends) if problem else form
    page = {
        "form": form,
        "ends": ends,
        "act": act,
        "needs_two": act == ClosingAct.VOID or needs_second_person(case.procedure_version.parsed),
        "problem": PROBLEMS.get(problem, ""),
    }
    status = 409 if problem == "changed" else 422 if problem or form.errors else 200
    return _render(request, "cases/closing/ask.html", case, page, status)


def _offer_again(form: ClosingForm, act: str, ends: Any) -> ClosingForm:
    """Return the form with what was typed, and with the questions that what is open now asks."""
    return ClosingForm(initial=form.cleaned_data, act=act, ends=ends)


def _build_request(form: ClosingForm, act: str, seen: str) -> ClosingRequest:
    given = form.cleaned_data
    return ClosingRequest(
        act=act,
        reason=given["reason"],
        seen=seen,
        last_contact_on=given.get("last_contact_on"),
        contact=given.get("contact", ""),
        open=given.get("open", ""),
        note=given.get("note", ""),
        keeps_notices=given.get("notices") == KEEP,
        wish=given.get("wish", ""),
        wish_words=given.get("wish_words", ""),
        risk=given.get("risk", ""),
        despite=given.get("despite", ()),
    )


@sensitive_post_parameters(*WORDS)
@sensitive_variables("form")
def closing(request: HttpRequest, reference: str) -> HttpResponse:
    """Show the request that waits, or how the case was closed (GET); agree, refuse or withdraw (POST)."""
    user, case = _get_case(request, reference)
    waiting = CaseClosing.objects.waiting().filter(case=case).select_related("asked_by", "case__unit").first()
    found = waiting or get_closing(case) or CaseClosing.objects.filter(case=case).select_related("asked_by").first()
    if found is None:
        return redirect("cases:case", case.reference)
    act = request.POST.get("do", "")
    form = DecisionForm(request.POST if act in ("agree", "refuse") else None, agree=act == "agree")
    problem = ""
    if request.method == "POST":
        if waiting is None:
            return redirect("cases:closing", case.reference)
        try:
            if act == "withdraw":
                withdraw_closing(closing=waiting, by=user)
                return redirect("cases:case", case.reference)
            if form.is_valid():
                answer, seen = form.cleaned_data["answer"], request.POST.get("seen", "")
                decide_closing(closing=waiting, agree=act == "agree", by=user, seen=seen, answer=answer)
                return redirect("cases:case", case.reference)
        except CannotClose as refused:
            if refused.code == "not_allowed":
                raise Http404 from None
            if refused.code not in PROBLEMS:
                return redirect("cases:closing", case.reference)
            problem = refused.code
    # Its words are sealed, and tell of the person.
    log_event("case.read", actor=get_actor(user), target_kind="case", target_id=case.pk)
    decides = waiting is not None and may_decide(waiting, user)
    page = {
        "form": form,
        "found": found,
        "is_waiting": waiting is not None,
        "ends": find_open_ends(case) if waiting else None,
        "reason": label_reason(found.act, found.reason),
        "words": found.words,
        "wish": dict(PersonsWish.choices).get(found.words.get("wish"), ""),
        "despite": [DESPITE[code] for code in found.words.get("despite", ()) if code in DESPITE],
        "is_own": found.asked_by_id == user.pk,
        "may_decide": decides,
        "recipient": preview_void(case) if decides and found.act == ClosingAct.VOID else None,
        "problem": PROBLEMS.get(problem, ""),
    }
    status = 409 if problem == "changed" else 422 if problem or form.errors else 200
    return _render(request, "cases/closing/decide.html", case, page, status)


@sensitive_post_parameters(*WORDS)
@sensitive_variables("form")
def reopen(request: HttpRequest, reference: str) -> HttpResponse:
    """Show what can start again (GET); open the case again, or leave it closed although a form came (POST)."""
    user, case = _get_case(request, reference)
    if case.closed_at is None:
        return redirect("cases:case", case.reference)
    language = user.language
    duties = [(str(duty.pk), str(localize(duty.label, language))) for duty in get_ended_duties(case)]
    is_reopening = request.method == "POST" and request.POST.get("do") != "leave"
    form = ReopenForm(request.POST if is_reopening else None, duties=duties)
    try:
        if request.method == "POST" and not is_reopening:
            leave_closed(case=case, by=user)
            return redirect("cases:case", case.reference)
        if is_reopening and form.is_valid():
            given = form.cleaned_data
            chosen = [int(key) for key in given.get("duties", ())]
            reopen_case(case=case, reason=given["reason"], note=given["note"], duties=chosen, by=user)
            return redirect("cases:case", case.reference)
    except CannotClose:
        return redirect("cases:case", case.reference)
    found = get_closing(case)
    page = {"form": form, "found": found, "between": count_between_units(found)}
    return _render(request, "cases/closing/reopen.html", case, page, 422 if form.errors else 200)


def _get_case(request: HttpRequest, reference: str) -> tuple[User, Case]:
    """Return who asks, and the case, if they may close it. Raises Http404."""
    assert isinstance(request.user, User)
    case = visible_or_404(Case, request.user, reference=reference)
    if not may_ask(case, request.user):
        raise Http404
    return request.user, case


def _render(request: HttpRequest, template: str, case: Case, page: dict[str, Any], status: int) -> HttpResponse:
    return render(request, template, {"place_name": case.unit.name, "case": case, **page}, status=status)
