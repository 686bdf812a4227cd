"""The page on which a worker lets a draft go on on their phone."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from access.reach import list_units_shown, reads_once
from access.scoping import get_signed_in_user, visible_or_404
from case_forms.submissions.models import Draft, Submission

from .taking import OFFER_HOURS, CannotTakeDraft, describe_taking, offer_draft
from .taking_words import OBSTACLES


@reads_once
def draft(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Say how it stands with the draft and the phone (GET); offer it to the phone (POST)."""
    user = get_signed_in_user(request)
    found = Draft.objects.own(user).open().filter(pk=draft_id).first()
    if found is None and Submission.objects.visible_to(user).filter(pk=draft_id).exists():
        return redirect("intake:sent", draft_id)  # it came back from the phone
    found = found or visible_or_404(Draft, user, pk=draft_id)
    refused, status = "", 200
    if request.method == "POST":
        try:
            offer_draft(draft=found, by=user)
            return redirect("devices:draft", found.pk)
        except CannotTakeDraft as cannot:
            refused, status = cannot.code, 422
    taking = describe_taking(found, user)
    context = {
        "place_name": "\u00a0· ".join(unit.name for unit in list_units_shown(user)),
        "draft": found,
        "taking": taking,
        "obstacle": OBSTACLES.get(refused or taking.obstacle, ""),
        "offer_hours": OFFER_HOURS,
    }
    return render(request, "devices/draft.html", context, status=status)
