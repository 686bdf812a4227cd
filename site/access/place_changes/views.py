"""The screen on which a second person decides about a change of a unit or a place."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from audit.chain import get_actor
from audit.denials import record_denial

from ..models import User
from .actions import decide_change, withdraw_change
from .labels import build_rows, get_recent_renames
from .models import PlaceChange, PlaceDecision
from .people import get_deciders, get_place, may_see


def place_change(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show one change with both sides of every field. POST `decision` = agree, refuse or withdraw."""
    me = request.user
    assert isinstance(me, User)  # the policy table lets nobody else in
    found = get_object_or_404(PlaceChange.objects.select_related("asked_by", "decided_by"), pk=pk)
    if not may_see(found, me):
        record_denial(actor=get_actor(me), target_kind="place_change", target_id=found.pk)
        raise Http404
    error = ""
    if request.method == "POST":
        try:
            _do(found, request.POST.get("decision", ""), me)
        except ValidationError as refused:
            error = " ".join(refused.messages)
            # Somebody else may just have decided: the page below shows the state that stopped this decision.
            found.refresh_from_db(fields=["decision", "decided_by", "decided_at"])
        else:
            messages.success(request, _("Done."))
            return redirect("by_two:list")
    is_waiting = found.decision == PlaceDecision.WAITING
    deciding = get_deciders(found)
    page = {
        "change": found,
        "place": get_place(found),
        "rows": build_rows(found),
        "renamed": get_recent_renames(found),
        "name_then": found.names().get("place", ""),
        "error": error,
        "is_waiting": is_waiting,
        "may_decide": is_waiting and deciding.filter(pk=me.pk).exists(),
        "may_withdraw": is_waiting and found.asked_by_id == me.pk,
        "others": deciding.exclude(pk=me.pk).order_by("last_name", "username"),
    }
    return render(request, "access/admin/place_change.html", page, status=409 if error else 200)


def _do(found: PlaceChange, decision: str, me: User) -> None:
    if decision == "withdraw":
        withdraw_change(change=found, by=me)
    elif decision in ("agree", "refuse"):
        decide_change(change=found, agree=decision == "agree", by=me)
    else:
        raise ValidationError(_("Choose one of the buttons."))
