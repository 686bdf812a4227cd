"""The pages on which a note is written or corrected, and a flag set or cleared."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from access.models import User, localize
from access.scoping import visible_or_404

from ..models import Case, CaseNote
from .actions import MAX_NOTE, MAX_REASON, CannotNote, add_note, change_flag, correct_note, get_note, list_flags
from .labels import FIELDS, PROBLEMS
from .reading import NoteLine, as_line, read_words


@sensitive_post_parameters("text")
@sensitive_variables("text")
def add(request: HttpRequest, reference: str) -> HttpResponse:
    """Ask for the note (GET); write it (POST)."""
    case, user = _case(request, reference)
    text, problem = request.POST.get("text", ""), "closed" if case.closed_at is not None else ""
    if request.method == "POST":
        try:
            add_note(case=case, text=text, by=user)
            return redirect("cases:case", case.reference)
        except CannotNote as refused:
            problem = refused.code
    return _page(request, "cases/notes/note.html", case, problem, text=text, max_text=MAX_NOTE)


@sensitive_post_parameters("text")
@sensitive_variables("text", "note")
def correct(request: HttpRequest, reference: str, note_id: UUID) -> HttpResponse:
    """Show the note to correct (GET); write the second one (POST). A note corrected since leads to the case."""
    case, user = _case(request, reference)
    problem = ""
    if request.method == "POST":
        try:
            correct_note(case=case, note_id=note_id, text=request.POST.get("text", ""), by=user)
            return redirect("cases:case", case.reference)
        except CannotNote as refused:
            problem = refused.code
    try:
        note = get_note(case, note_id)
    except CannotNote as refused:
        if refused.code == "unknown":
            raise Http404 from None
        if request.method == "GET":
            return redirect("cases:case", case.reference)
        # What was typed stays on the page: the other note can be read beside it, and corrected with these words.
        note = None
    is_typed = request.method == "POST"
    text = request.POST.get("text", "") if note is None or is_typed else read_words(note, "text") or ""
    context: dict[str, Any] = {"text": text, "max_text": MAX_NOTE, "is_correction": True}
    if problem == "corrected":
        context["newest"] = _newest_of(case, note_id)
    return _page(request, "cases/notes/note.html", case, problem, **context)


@sensitive_post_parameters("reason")
@sensitive_variables("reason")
def flags(request: HttpRequest, reference: str) -> HttpResponse:
    """Show the flags that are set and those that can be (GET); set or clear one (POST)."""
    case, user = _case(request, reference)
    key, reason = request.POST.get("flag", ""), request.POST.get("reason", "")
    problem = "flag_closed" if case.closed_at is not None else ""
    if request.method == "POST":
        is_set = not key.startswith("clear:")
        try:
            change_flag(case=case, key=key.partition(":")[2], is_set=is_set, reason=reason, by=user)
            return redirect("cases:case", case.reference)
        except CannotNote as refused:
            problem = refused.code
            case.refresh_from_db(fields=["flags"])
    language = get_language() or ""
    known = list_flags(case)
    context = {
        "chosen": key,
        "reason": reason,
        "max_reason": MAX_REASON,
        "to_clear": [(f"clear:{each}", localize(words, language)) for each, words in case.flags.items()],
        "to_set": [
            (f"set:{each}", localize(words, language)) for each, words in known.items() if each not in case.flags
        ],
    }
    return _page(request, "cases/notes/flags.html", case, problem, **context)


def _newest_of(case: Case, note_id: UUID) -> NoteLine | None:
    """Return the note that holds in the place of this one."""
    note = CaseNote.objects.filter(case=case, pk=note_id).select_related("written_by").first()
    while note is not None and (later := note.corrections.select_related("written_by").first()) is not None:
        note = later
    return as_line(note) if note is not None else None


def _page(request: HttpRequest, template: str, case: Case, problem: str, **more: Any) -> HttpResponse:
    context = {
        "place_name": case.unit.name,
        "case": case,
        "problem": PROBLEMS.get(problem, ""),
        "problem_at": FIELDS.get(problem, "flag" if template.endswith("flags.html") else "text"),
        **more,
    }
    return render(request, template, context, status=422 if problem and request.method == "POST" else 200)


def _case(request: HttpRequest, reference: str) -> tuple[Case, User]:
    assert isinstance(request.user, User)
    return visible_or_404(Case, request.user, reference=reference), request.user
