"""Withdrawing a consent on the case: its page, and the press."""

from dataclasses import dataclass

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from access.models import User
from access.scoping import visible_or_404
from audit import clock

from ..models import Case
from .coverage import find_recipient, get_recipient
from .recording import MAX_REASON, CannotWithdraw, withdraw

PROBLEMS = {
    "no_reason": gettext_lazy("Write in a few words what the person said, and how you heard it."),
    "too_long": gettext_lazy("Write at most 500 characters."),
    "unknown_recipient": gettext_lazy("This consent no longer holds, so there is nothing to withdraw."),
}


@dataclass(frozen=True)
class _Typed:
    reason: str = ""
    problem: str = ""


@sensitive_post_parameters("reason")
@sensitive_variables("typed")
def withdraw_consent(request: HttpRequest, reference: str, key: str) -> HttpResponse:
    """Ask for the reason; on POST withdraw the consent for this recipient. 404 for one that the ledger doesn't name."""
    assert isinstance(request.user, User)
    found = visible_or_404(Case, request.user, reference=reference)
    to = get_recipient(found, key)
    if to is None:
        raise Http404
    typed = _Typed()
    if request.method == "POST":
        reason = request.POST.get("reason", "")
        try:
            with transaction.atomic():
                withdraw(case=found, to=to, reason=reason, by=request.user, at=clock.now())
        except CannotWithdraw as problem:
            typed = _Typed(reason, problem.code)
        else:
            return redirect("cases:case", found.reference)
    context = {
        "place_name": found.unit.name,
        "case": found,
        "row": find_recipient(found, key, clock.now()),
        "key": key,
        "reason": typed.reason,
        "problem": PROBLEMS.get(typed.problem, ""),
        "max_reason": MAX_REASON,
    }
    return render(request, "cases/withdraw_consent.html", context, status=422 if typed.problem else 200)
