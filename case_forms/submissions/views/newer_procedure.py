"""Page of a case under an older procedure: what newer cases have that it lacks, and adopting the version in force."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from access.scoping import visible_or_404
from audit.chain import get_actor, log_event
from case_forms.cases.adopting import CannotAdopt, adopt_procedure, may_adopt, newer_version
from case_forms.cases.models import Case

from ..newer_procedure import changed_settings, labels_of_duties, missing_duties
from .page import frame, staff


def newer_procedure(request: HttpRequest, reference: str) -> HttpResponse:
    """Show what the case lacks (GET); adopt the version that the page showed (POST), for coordinators only.

    The case's forms are read for that, which is audited. Where some couldn't be read, the coordinator ticks that they
    know how many.
    """
    user = staff(request)
    case = visible_or_404(Case, user, reference=reference)
    version = newer_version(case)
    if version is None:
        return redirect("cases:case", case.reference)
    may = may_adopt(case, user)
    if request.method == "POST" and not may:
        raise Http404
    log_event(
        "case.duties_compared", actor=get_actor(user), target_kind="case", target_id=case.pk, version=str(version)
    )
    missing = missing_duties(case, version)
    # compared with the page's version: what the coordinator agreed to must be what is adopted
    is_same = request.method == "POST" and request.POST.get("version") == str(version.pk)
    knows = not missing.left_out or request.POST.get("incomplete") == str(missing.left_out)
    if is_same and knows:
        try:
            adopt_procedure(case=case, version=version, duties=missing.duties, tasks=missing.tasks, by=user)
        except CannotAdopt as refused:
            if refused.code == "not_allowed":
                raise Http404 from None
        return redirect("cases:case", case.reference)
    page = frame(
        request,
        case=case,
        version=version,
        has_changed=request.method == "POST" and not is_same,
        left_out=missing.left_out,
        unconfirmed=is_same and not knows,
        duties=labels_of_duties(version, missing, user.language),
        changes=changed_settings(case.procedure_version, version, user.language),
        may_adopt=may,
    )
    return render(request, "submissions/newer_procedure.html", page, status=409 if request.method == "POST" else 200)
