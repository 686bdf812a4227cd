"""Public views of feedback from a card: no cookie, no address, only counts."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from content.page_cache.forbidding import forbid_caching
from content.public_forms import public_form

from ..cards.codes import find_open_card
from ..cards.responses import (
    build_card_context,
    build_page_context,
    redirect_see_other,
    render_unknown_card,
)
from .counting import get_open_phases, record_feedback
from .forms import FeedbackForm
from .models import Phase
from .questions import get_questions

PHASE_OF_SLUG = {"para": Phase.BEFORE, "pas": Phase.AFTER}
SLUG_OF_PHASE = {phase: word for word, phase in PHASE_OF_SLUG.items()}


@forbid_caching
def choose(request: HttpRequest, code: str) -> HttpResponse:
    """Ask whether it is before or after the session; redirect where only one can be meant."""
    session = find_open_card(code)
    if session is None:
        return render_unknown_card(request)
    phases = [(SLUG_OF_PHASE[phase], phase) for phase in get_open_phases(session)]
    if len(phases) == 1:
        return redirect_see_other(reverse("cards:answer", args=[session.card_code, phases[0][0]]))
    context = (
        build_page_context(request, "cards:feedback", session.card_code)
        | build_card_context(session)
        | {"phases": phases}
    )
    return render(request, "outreach_pages/feedback_choose.html", context)


@forbid_caching
@public_form
def answer(request: HttpRequest, code: str, when: str) -> HttpResponse:
    """Show the questions; POST counts the answers and redirects, so that a reload sends nothing twice."""
    session, phase = find_open_card(code), _get_phase_or_404(when)
    if session is None:
        return render_unknown_card(request)
    if phase not in get_open_phases(session):
        return redirect_see_other(reverse("cards:feedback", args=[session.card_code]))
    questions = get_questions(session, phase, request.POST)
    form = FeedbackForm(questions, request.POST if request.method == "POST" else None)
    is_full = False
    if form.is_bound and form.is_valid():
        if record_feedback(session, phase, form.given):
            return redirect_see_other(reverse("cards:thanks", args=[session.card_code, when]))
        is_full = True
    context = build_page_context(request, "cards:answer", session.card_code, when) | build_card_context(session)
    context |= {
        "form": form,
        "phase": phase,
        "is_before": phase == Phase.BEFORE,
        "is_full": is_full,
        "first_field": questions[0].key,
    }
    return render(request, "outreach_pages/feedback.html", context, status=429 if is_full else 200)


@forbid_caching
def thanks(request: HttpRequest, code: str, when: str) -> HttpResponse:
    """Show the right answers and why, after the session. Before it, nothing that would give the questions away."""
    session, phase = find_open_card(code), _get_phase_or_404(when)
    if session is None:
        return render_unknown_card(request)
    context = build_page_context(request, "cards:thanks", session.card_code, when) | build_card_context(session)
    context["explained"] = [each for each in get_questions(session, phase) if each.right and phase == Phase.AFTER]
    return render(request, "outreach_pages/feedback_thanks.html", context)


def _get_phase_or_404(word: str) -> Phase:
    if word not in PHASE_OF_SLUG:
        raise Http404
    return PHASE_OF_SLUG[word]
