"""Pages of one case: what it has to do with others, a merge, handing it over."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from access.models import MobileUnit, Municipality, User
from access.scoping import get_signed_in_user, visible_or_404
from audit import clock

from ..as_recipient import AsRecipient
from ..models import Case
from . import merging, transfers
from .links import LinkRefused, add_link, find_visible, remove_link
from .merge_status import MergedStatus, compute_status, preview_merged, preview_separated, read_status
from .models import CaseMerge, CaseTransfer, LinkKind, ProbableMatch
from .related import build_related
from .requests import RequestRefused, ask_about_match
from .sides import may_act_for

PROBLEMS: dict[str, str | Promise] = {
    "unknown_case": _("You have no case with this reference."),
    "same_case": _("This is the case itself. Write the reference of the other one."),
    "unknown_kind": _("Choose what the cases have to do with each other."),
    "drill": _("A drill is not merged with a case of a person."),
    "busy": _("One of the cases is being merged or handed over. Finish that first."),
    "not_yours": _("Only the units of the two cases, and their coordinators, can do this."),
    "unknown_unit": _("Choose another unit."),
    "unknown_place": _("Choose a municipality of that unit's region."),
    "no_reason": _("Write in a few words why the case is handed over."),
    "too_long": _("Write at most 500 characters."),
    "closed": _("A closed case is neither handed over nor merged."),
}


def related(request: HttpRequest, reference: str) -> HttpResponse:
    """Show what a case has to do with others (GET); link, dismiss a match, ask about it, propose a merge (POST)."""
    user = get_signed_in_user(request)
    case = visible_or_404(Case, user, reference=reference)
    if request.method != "POST":
        return _related_page(request, case)
    act = _ACTS.get(request.POST.get("act", ""))
    if act is None:
        raise Http404
    try:
        done = act(request, case, user)
    except (LinkRefused, merging.MergeRefused) as refused:
        return _related_page(request, case, problem=refused.code, problem_of=request.POST["act"])
    return done or redirect("finding:related", case.reference)


def _link(request: HttpRequest, case: Case, user: User) -> HttpResponse | None:
    add_link(case=case, reference=request.POST.get("reference", ""), kind=request.POST.get("kind", ""), by=user)
    return None


def _unlink(request: HttpRequest, case: Case, user: User) -> HttpResponse | None:
    remove_link(case=case, link_id=request.POST.get("link", ""), by=user)
    return None


def _dismiss(request: HttpRequest, case: Case, user: User) -> HttpResponse | None:
    """Note that a probable match is somebody else."""
    match = _get_match(request, case, user)
    rows = ProbableMatch.objects.filter(pk=match.pk, dismissed_at__isnull=True)
    rows.update(dismissed_at=clock.now(), dismissed_by=user.pk)
    return None


def _ask(request: HttpRequest, case: Case, user: User) -> HttpResponse | None:
    try:
        made = ask_about_match(match=_get_match(request, case, user), by=user)
    except RequestRefused:
        return None
    return redirect("finding:request", made.pk)


def _propose_merge(request: HttpRequest, case: Case, user: User) -> HttpResponse | None:
    other = find_visible(request.POST.get("reference", ""), user)
    if other is None:
        raise merging.MergeRefused("unknown_case")
    # The older case stays: more people have its reference already.
    kept, duplicate = sorted((case, other), key=lambda each: (each.opened_at, str(each.pk)))
    made = merging.propose_merge(kept=kept, duplicate=duplicate, by=user)
    return redirect("finding:merge", made.pk)


def _get_match(request: HttpRequest, case: Case, user: User) -> ProbableMatch:
    if not may_act_for(case, user):
        raise Http404
    typed = request.POST.get("match", "")
    number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 19 else 0
    return get_object_or_404(ProbableMatch.objects.select_related("case__unit"), pk=number, case=case)


_ACTS: dict[str, Any] = {
    "link": _link,
    "unlink": _unlink,
    "dismiss": _dismiss,
    "ask": _ask,
    "merge": _propose_merge,
}


def _related_page(request: HttpRequest, case: Case, *, problem: str = "", problem_of: str = "") -> HttpResponse:
    user = get_signed_in_user(request)
    context = {
        "place_name": case.unit.name,
        "case": case,
        "related": build_related(case, user),
        "kinds": LinkKind.choices,
        "problem": PROBLEMS.get(problem, ""),
        "problem_of": problem_of,
        "typed": request.POST.get("reference", "")[:12] if problem else "",
    }
    return render(request, "finding/related.html", context, status=422 if problem else 200)


def merge(request: HttpRequest, merge_id: UUID) -> HttpResponse:
    """Show a merge (GET); decide about it, take it back, or propose to undo it (POST)."""
    user = get_signed_in_user(request)
    rows = merging.get_merges_for(user).select_related(
        "kept__unit", "duplicate__unit", "proposed_by", "approved_by", "undo_proposed_by"
    )
    found = rows.filter(pk=merge_id).first()
    if found is None:
        raise Http404
    problem = ""
    if request.method == "POST":
        try:
            _decide(request.POST.get("decision", ""), found, user)
            return redirect("finding:merge", found.pk)
        except merging.MergeRefused as refused:
            problem = refused.code
            if problem in ("over", "own_proposal"):
                return redirect("finding:merge", found.pk)
    may_decide = merging.may_decide(found, user)
    context = {
        "place_name": found.kept.unit.name,
        "merge": found,
        "may_decide": may_decide,
        "status": _describe_status(found, user, may_decide=may_decide),
        "recipient": _preview(found) if may_decide else None,
        "is_proposer": found.proposed_by_id == user.pk,
        "has_side": may_act_for(found.kept, user) or may_act_for(found.duplicate, user),
        "problem": PROBLEMS.get(problem, ""),
    }
    return render(request, "finding/merge.html", context, status=422 if problem else 200)


def _describe_status(merge: CaseMerge, user: User, *, may_decide: bool) -> MergedStatus | None:
    """Return the status that a merge gives, or gave; None once it is over, and for whoever may not read both cases."""
    if merge.dropped_at or merge.undone_at:
        return None
    if merge.approved_at:
        return read_status(merge)
    both_seen = Case.objects.visible_to(user).filter(pk__in=(merge.kept_id, merge.duplicate_id)).count() == 2
    return compute_status(merge.kept, merge.duplicate) if may_decide or both_seen else None


def _preview(merge: CaseMerge) -> AsRecipient | None:
    """Describe what others are told by the press that may be next; None where it tells nobody."""
    if not merge.approved_at:
        return None if merge.dropped_at else preview_merged(merge)
    waits = merge.undo_proposed_by_id and not merge.undone_at
    return preview_separated(merge) if waits else None


def _decide(decision: str, merge: CaseMerge, user: User) -> None:
    if decision == "approve":
        merging.approve_merge(merge=merge, by=user)
    elif decision == "drop":
        merging.drop_merge(merge=merge, by=user)
    elif decision == "propose_undo":
        merging.propose_undoing(merge=merge, by=user)
    elif decision == "undo":
        merging.approve_undoing(merge=merge, by=user)
    else:
        raise Http404


@sensitive_post_parameters("reason")
@sensitive_variables("typed", "reason")
def transfer(request: HttpRequest, reference: str) -> HttpResponse:
    """Show to whom a case can be handed over (GET); ask that unit (POST)."""
    user = get_signed_in_user(request)
    case = visible_or_404(Case, user, reference=reference)
    if not may_act_for(case, user):
        raise Http404
    waiting = case.transfers.filter(answer="").first()
    if waiting is not None:
        return redirect("finding:handed_over", waiting.pk)
    problem, typed = "", {}
    if request.method == "POST":
        typed = {name: request.POST.get(name, "") for name in ("unit", "municipality", "reason")}
        try:
            made = transfers.ask_transfer(
                case=case,
                to_unit=MobileUnit.objects.filter(slug=typed["unit"]).select_related("region").first(),
                to_municipality=Municipality.objects.filter(slug=typed["municipality"]).first(),
                reason=typed["reason"],
                by=user,
            )
            return redirect("finding:handed_over", made.pk)
        except transfers.TransferRefused as refused:
            problem = refused.code
    units = MobileUnit.objects.filter(is_active=True).exclude(pk=case.unit_id).select_related("region")
    context = {
        "place_name": case.unit.name,
        "case": case,
        "units": units,
        "municipalities": Municipality.objects.select_related("region").order_by("region__name", "name"),
        "typed": typed,
        "problem": PROBLEMS.get(problem, ""),
        "problem_at": _FIELD_OF_PROBLEM.get(problem, "unit"),
        "max_reason": transfers.MAX_REASON,
    }
    return render(request, "finding/transfer.html", context, status=422 if problem else 200)


_FIELD_OF_PROBLEM = {"unknown_place": "municipality", "no_reason": "reason", "too_long": "reason"}


def handed_over(request: HttpRequest, transfer_id: UUID) -> HttpResponse:
    """Show a transfer to both units (GET); accept, decline or withdraw it (POST)."""
    user = get_signed_in_user(request)
    found = visible_or_404(CaseTransfer, user, pk=transfer_id)
    may_answer = transfers.may_answer(found, user) and not found.answer
    may_withdraw = may_act_for(found.case, user) and not found.answer
    if request.method == "POST":
        return _answer_transfer(request, found, user)
    sees_case = Case.objects.visible_to(user).filter(pk=found.case_id).exists()
    context = {
        "place_name": found.case.unit.name if sees_case else "",
        "transfer": found,
        "sees_case": sees_case,
        "may_answer": may_answer,
        "may_withdraw": may_withdraw,
    }
    return render(request, "finding/handed_over.html", context)


def _answer_transfer(request: HttpRequest, found: CaseTransfer, user: User) -> HttpResponse:
    answer = request.POST.get("answer", "")
    if answer not in ("accept", "decline", "withdraw"):
        raise Http404
    try:
        if answer == "withdraw":
            transfers.withdraw_transfer(transfer=found, by=user)
        else:
            transfers.answer_transfer(transfer=found, accept=answer == "accept", by=user)
    except transfers.TransferRefused as refused:
        # Somebody else answered or closed it meanwhile: the page says so.
        if refused.code not in ("answered", "closed"):
            raise Http404 from None
    return redirect("finding:handed_over", found.pk)
