"""Pages to correct a form that was sent."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from access.scoping import visible_or_404

from ..correcting import MAX_REASON, CorrectionRefused, correct_newest_instead, get_refusal, start_correction
from ..models import Draft, Submission
from ..validation.validate import NothingToAsk
from .page import frame, nothing_to_fill, staff


@sensitive_post_parameters("reason")
def correct(request: HttpRequest, submission_id: uuid.UUID) -> HttpResponse:
    """Ask what was wrong (GET); start the correction (POST)."""
    user = staff(request)
    found = visible_or_404(Submission, user, pk=submission_id)
    refused: CorrectionRefused | None = None
    if request.method == "POST":
        try:
            draft = start_correction(submission=found, reason=request.POST.get("reason", ""), by=user)
        except CorrectionRefused as problem:
            refused = problem
        except NothingToAsk:
            return nothing_to_fill(request, found.form_version)
        else:
            return redirect("intake:review", draft.pk)
    elif code := get_refusal(found, user):
        refused = CorrectionRefused(code)
    begun = Draft.objects.visible_to(user).open().filter(corrects=found).first()
    others = Draft.objects.open().filter(corrects=found).exclude(owner=user).select_related("owner").first()
    page = frame(
        request,
        submission=found,
        refused=refused,
        is_correctable=refused is not None and refused.code in ("reason_missing", "reason_too_long"),
        is_possible=refused is None or refused.code in ("reason_missing", "reason_too_long"),
        begun=begun,
        others=others,
        reason=request.POST.get("reason", ""),
        max_reason=MAX_REASON,
    )
    return render(
        request, "submissions/correct.html", page, status=422 if refused and request.method == "POST" else 200
    )


@require_POST
def correct_newest(request: HttpRequest, draft_id: uuid.UUID) -> HttpResponse:
    """Go on with a correction of a form that somebody else has corrected meanwhile."""
    user = staff(request)
    draft = visible_or_404(Draft, user, pk=draft_id)
    try:
        correct_newest_instead(draft=draft, by=user)
    except CorrectionRefused as problem:
        page = frame(request, draft=draft, refused=problem)
        return render(request, "submissions/cannot_correct.html", page, status=409)
    return redirect("intake:review", draft.pk)
