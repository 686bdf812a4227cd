"""Public views of a card: the form for its code, and the session's page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language

from content.page_cache.forbidding import forbid_caching
from content.public_forms import public_form

from ..models import InformativeSession, SessionPage
from .codes import find_open_card, parse_code
from .forms import CodeForm
from .responses import build_card_context, build_page_context, redirect_see_other, render_unknown_card


@forbid_caching
@public_form
def enter(request: HttpRequest) -> HttpResponse:
    """Ask for a code, and redirect to its address without checking whether there is such a card."""
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        return redirect_see_other(reverse("cards:card", args=[form.cleaned_data["code"]]))
    return render(
        request, "outreach_pages/card_enter.html", build_page_context(request, "cards:enter") | {"form": form}
    )


@forbid_caching
def card(request: HttpRequest, code: str) -> HttpResponse:
    """Show the session's page in the language of the address; another spelling of the code is redirected."""
    usual = parse_code(code)
    if usual and usual != code:
        return redirect_see_other(reverse("cards:card", args=[usual]))
    session = find_open_card(code)
    if session is None:
        return render_unknown_card(request)
    page = _get_page_in(session, get_language() or "")
    if page is not None:
        return page.serve_to_card(request)
    context = build_page_context(request, "cards:card", session.card_code) | build_card_context(session)
    return render(request, "outreach_pages/card_without_page.html", context)


def _get_page_in(session: InformativeSession, language: str) -> SessionPage | None:
    """Return the published page in this language, else its translation, which redirects to its own address.

    None without any.
    """
    found = (
        SessionPage.objects.live().public().filter(session=session).select_related("locale", "session").order_by("pk")
    )
    return next((page for page in found if page.locale.language_code == language), next(iter(found), None))
