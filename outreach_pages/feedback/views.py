"""Public views of feedback from a card: no cookie, no address, only counts."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from content.public_forms import public_form

from ..cards.answers import forbid_caching, see_other, unknown_card
from ..cards.codes import open_card
from ..cards.showing import about_card, frame
from .counting import get_questions, take_feedback
from .forms import FeedbackForm
from .models import Phase
from .times import open_phases

PHASES = {"para": Phase.BEFORE, "pas": Phase.AFTER}
IN_ADDRESS = {phase: word for word, phase in PHASES.items()}


@forbid_caching
def choose(request: HttpRequest, code: str) -> HttpResponse:
    """Ask whether it is before or after the session; redirect where only one can be meant."""
    session = open_card(code)
    if session is None:
        return unknown_card(request)
    phases = [(IN_ADDRESS[phase], phase) for phase in open_phases(session)]
    if len(phases) == 1:
        return see_other(reverse("cards:answer", args=[session.card_code, phases[0][0]]))
    context = frame(request, "cards:feedback", session.card_code) | about_card(session) | {"phases": phases}
    return render(request, "outreach_pages/feedback_choose.html", context)


@forbid_caching
@public_form
def answer(request: HttpRequest, code: str, when: str) -> HttpResponse:
    """Show the questions; POST counts the answers and redirects, so that a reload sends nothing twice."""
    session, phase = open_card(code), _phase(when)
    if session is None:
        return unknown_card(request)
    if phase not in open_phases(session):
        return see_other(reverse("cards:feedback", args=[session.card_code]))
    questions = get_questions(session, phase)
    form = FeedbackForm(questions, request.POST if request.method == "POST" else None)
    is_full = False
    if form.is_bound and form.is_valid():
        if take_feedback(session, phase, form.given):
            return see_other(reverse("cards:thanks", args=[session.card_code, when]))
        is_full = True
    context = frame(request, "cards:answer", session.card_code, when) | about_card(session)
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
    session, phase = open_card(code), _phase(when)
    if session is None:
        return unknown_card(request)
    context = frame(request, "cards:thanks", session.card_code, when) | about_card(session)
    context["explained"] = [each for each in get_questions(session, phase) if each.right and phase == Phase.AFTER]
    return render(request, "outreach_pages/feedback_thanks.html", context)


def _phase(word: str) -> Phase:
    if word not in PHASES:
        raise Http404
    return PHASES[word]
