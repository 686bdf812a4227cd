"""The page on which a case's status is changed by decision: propose it, and decide about it."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from access.models import User
from access.scoping import visible_or_404
from access.short_lists import shorten
from audit.chain import get_actor, log_event

from ..closing.actions import may_ask
from ..finding.links import find_visible, get_standing_references
from ..models import Case, CaseStatus, StatusChange
from .actions import MAX_WORDS, CannotChange, decide_status, may_decide, propose_status, withdraw_status
from .models import StatusDecision
from .telling import preview_status

MAX_EARLIER = 50  # decisions of one case on its page
PROBLEMS: dict[str, str | Promise] = {
    "unknown_status": _("Choose another status than the one that the case has."),
    "no_reason": _("Write why the status is wrong: the second person decides by it."),
    "too_long": _("Write at most 2000 characters."),
    "own_proposal": _("Somebody else than the person who proposed it must decide."),
    "needs_coordinator": _("A lower status takes a coordinator: as the one who proposes it, or as the one who agrees."),
    "changed": _("The status has changed since this was proposed. Refuse it, and propose again what is right."),
}


@sensitive_post_parameters("reason", "answer")
@sensitive_variables("reason", "answer", "typed")
def status(request: HttpRequest, reference: str) -> HttpResponse:
    """Show what is proposed and was decided (GET); propose, agree, refuse or withdraw (POST).

    404 for everybody but the case's unit and its coordinators.
    """
    assert isinstance(request.user, User)
    user = request.user
    # What was proposed about a case that was merged is said where it is one now.
    if (stays := get_standing_references([reference]).get(reference)) and find_visible(stays, user):
        return redirect("cases:status", stays)
    case = visible_or_404(Case, user, reference=reference)
    if not may_ask(case, user):
        raise Http404
    waiting = StatusChange.objects.waiting().filter(case=case).select_related("proposed_by", "case__unit").first()
    problem = ""
    if request.method == "POST":
        try:
            _act(request, case, waiting, user)
            return redirect("cases:status", case.reference)
        except CannotChange as refused:
            if refused.code == "not_allowed":
                raise Http404 from None
            # Somebody was faster: the page shows what is so now.
            if refused.code not in PROBLEMS:
                return redirect("cases:status", case.reference)
            problem = refused.code
    with_status = 422 if problem else 200
    return render(
        request, "cases/statuses/status.html", _build_page(request, case, waiting, problem), status=with_status
    )


def _act(request: HttpRequest, case: Case, waiting: StatusChange | None, user: User) -> None:
    do = request.POST.get("do", "")
    if do == "propose":
        wanted, reason = request.POST.get("status", ""), request.POST.get("reason", "")
        propose_status(case=case, wanted=wanted, reason=reason, by=user)
        return
    if do not in ("agree", "refuse", "withdraw"):
        raise Http404
    # The page names what it showed: what somebody else has proposed since is read first.
    if waiting is None or request.POST.get("change") != str(waiting.pk):
        raise CannotChange("decided")
    if do == "withdraw":
        withdraw_status(change=waiting, by=user)
    else:
        decide_status(change=waiting, agree=do == "agree", by=user, answer=request.POST.get("answer", ""))


def _build_page(request: HttpRequest, case: Case, waiting: StatusChange | None, problem: str) -> dict[str, Any]:
    user = request.user
    assert isinstance(user, User)
    decided = StatusChange.objects.filter(case=case).exclude(decision=StatusDecision.WAITING)
    earlier = shorten(decided.select_related("proposed_by", "decided_by"), MAX_EARLIER)
    changes = [*([waiting] if waiting else []), *earlier]
    if changes:
        # Their words are sealed, and tell of the person.
        log_event("case.read", actor=get_actor(user), target_kind="case", target_id=case.pk)
    lines = [_build_line(change) for change in changes]
    decides = waiting is not None and may_decide(waiting, user)
    return {
        "place_name": case.unit.name,
        "case": case,
        "recipient": preview_status(case, waiting.wanted) if waiting is not None and decides else None,
        "waiting": lines[0] if waiting else None,
        "earlier": lines[1:] if waiting else lines,
        "list_of_earlier": earlier,
        "is_own": waiting is not None and waiting.proposed_by_id == user.pk,
        "may_decide": decides,
        "needs_coordinator": waiting is not None and waiting.is_lowering,
        "statuses": [(value, label) for value, label in CaseStatus.choices if value != case.status],
        "typed": {name: request.POST.get(name, "") for name in ("status", "reason", "answer")},
        "problem": PROBLEMS.get(problem, ""),
        "problem_at": {"unknown_status": "status", "no_reason": "reason"}.get(problem, ""),
        "max_words": MAX_WORDS,
    }


def _build_line(change: StatusChange) -> dict[str, Any]:
    return {
        "change": change,
        "before": CaseStatus(change.before).label,
        "wanted": CaseStatus(change.wanted).label,
        "words": change.words or {},
    }
