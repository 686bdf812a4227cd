"""The page of a case's hold."""

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from access.models import User
from access.scoping import visible_or_404
from audit.chain import get_actor, log_event

from ..adopting import may_adopt
from ..models import Case, CaseHold
from .holds import MAX_WORDS, CannotHold, ask_to_lift, lift_hold, place_hold

PROBLEMS: dict[str, Promise] = {
    "held": _("Somebody has placed a hold on this case meanwhile."),
    "own_request": _("Somebody else than the person who asked must lift it."),
    "forgotten": _("This case is forgotten already."),
}


class HoldForm(forms.Form):
    """Why a case may not be forgotten yet."""

    words = forms.CharField(
        label=_("Why this case must not be forgotten yet"),
        max_length=MAX_WORDS,
        widget=forms.Textarea({"rows": 3, "class": "input", "autocomplete": "off"}),
        help_text=_("For example proceedings that are open, and who said so."),
        error_messages={"required": _("Write why, so that whoever lifts the hold can judge it.")},
    )


@sensitive_post_parameters("words")
@sensitive_variables("form")
def hold(request: HttpRequest, reference: str) -> HttpResponse:
    """Show the hold of a case (GET); place one, ask to lift it, lift it (POST)."""
    assert isinstance(request.user, User)
    user = request.user
    case = visible_or_404(Case, user, reference=reference)
    if not may_adopt(case, user):
        raise Http404
    standing = CaseHold.objects.standing().filter(case=case).select_related("placed_by", "lift_asked_by").first()
    do = request.POST.get("do", "")
    form = HoldForm(request.POST if do == "place" else None)
    problem = ""
    try:
        if request.method == "POST" and do == "place" and form.is_valid():
            place_hold(case=case, words=form.cleaned_data["words"], by=user)
            return redirect("cases:hold", case.reference)
        if request.method == "POST" and standing is not None and do in ("ask", "lift"):
            (ask_to_lift if do == "ask" else lift_hold)(hold=standing, by=user)
            return redirect("cases:hold", case.reference)
    except CannotHold as refused:
        problem = refused.code
    # Its words are sealed, and tell of the person.
    log_event("case.read", actor=get_actor(user), target_kind="case", target_id=case.pk)
    page = {
        "place_name": case.unit.name,
        "case": case,
        "hold": standing,
        "form": form,
        "is_own_request": standing is not None and standing.lift_asked_by_id == user.pk,
        "problem": PROBLEMS.get(problem, ""),
    }
    return render(request, "cases/retention/hold.html", page, status=422 if problem or form.errors else 200)
