"""Taking a step that follows an accepted notice (`steps`). Behind the same link and PIN as the brief."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.text import normalize_newlines
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from .pages import before_pin
from .steps import StepProblem, take_step
from .views import redirect_to_brief, render_brief
from .visit import Visit, at_link

SENT = ("kind", "reason", "due", "who", "note", "free")


@sensitive_post_parameters("note", "who")
@sensitive_variables("sent")
@at_link
def step(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Take one step. The same one twice is one; what can't be taken is explained on the page. 404 without steps."""
    if visit.session is None:
        return render(request, "briefs/pin.html", before_pin(visit) | {"ended": True}, status=403)
    sent = {name: normalize_newlines(request.POST.get(name, "")) for name in SENT}
    try:
        if not take_step(visit.notice, sent):
            raise Http404
    except StepProblem as problem:
        visit.notice.refresh_from_db()
        status = 422 if problem.field else 409
        return render_brief(request, visit, status, step_problem=problem, sent=sent)
    return redirect_to_brief(visit, "#answered")
