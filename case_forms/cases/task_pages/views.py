"""The pages on which a task is finished or written down by hand."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from access.models import User, localize
from access.scoping import visible_or_404
from notifications.directory.models import Role

from ..models import Case, Deadline
from ..moments import read_moment
from .actions import MAX_TEXT, OWNERS, CannotDo, add_task, finish_task, get_task, was_said
from .labels import FIELDS, PROBLEMS
from .reading import read_text


@sensitive_post_parameters("text")
@sensitive_variables("text")
def done(request: HttpRequest, reference: str, task: int) -> HttpResponse:
    """Ask what was done (GET); note that the task is done (POST). One that is done already leads back to the case."""
    assert isinstance(request.user, User)
    found = visible_or_404(Case, request.user, reference=reference)
    text, problem = request.POST.get("text", ""), ""
    if request.method == "POST":
        try:
            finish_task(case=found, pk=task, note=text, by=request.user)
            return redirect("cases:case", found.reference)
        except CannotDo as refused:
            problem = refused.code
    try:
        waiting = get_task(found, task)
    except CannotDo as refused:
        if refused.code == "unknown" and request.method == "GET":
            raise Http404 from None
        over = Deadline.objects.filter(case=found, pk=task).exclude(met_at=None, ended_at=None).first()
        is_nothing_new = not text.strip() or was_said(case=found, pk=task, note=text, by=request.user)
        if refused.code != "unknown" or over is None or is_nothing_new:
            return redirect("cases:case", found.reference)
        # Somebody was quicker: what was typed is handed back, with what happened.
        waiting, problem = over, "over"
    language = get_language() or ""
    context = {"task": waiting, "label": read_text(waiting, language) or localize(waiting.label, language)}
    return _page(request, "cases/task_done.html", found, problem, text=text, **context)


@sensitive_post_parameters("text")
@sensitive_variables("text")
def add(request: HttpRequest, reference: str) -> HttpResponse:
    """Show the fields (GET); write the task down (POST)."""
    assert isinstance(request.user, User)
    found = visible_or_404(Case, request.user, reference=reference)
    sent = {name: request.POST.get(name, "") for name in ("text", "owner", "due")}
    problem = "closed" if found.closed_at is not None else ""
    if request.method == "POST":
        try:
            add_task(
                case=found, text=sent["text"], owner=sent["owner"], due_at=read_moment(sent["due"]), by=request.user
            )
            return redirect("cases:case", found.reference)
        except CannotDo as refused:
            problem = refused.code
    owners = [(role.value, str(role.label).capitalize()) for role in map(Role, OWNERS)]
    return _page(request, "cases/task_add.html", found, problem, owners=owners, **sent)


def _page(request: HttpRequest, template: str, case: Case, problem: str, **more: Any) -> HttpResponse:
    context = {
        "place_name": case.unit.name,
        "case": case,
        "problem": PROBLEMS.get(problem, ""),
        "problem_at": FIELDS.get(problem, "text"),
        "max_text": MAX_TEXT,
        **more,
    }
    return render(request, template, context, status=409 if problem == "over" else 422 if problem else 200)
