"""What the public pages of a card share: their context, and responses that no cache or search engine stores."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse

from content.models.page_context import build_page_context as public_frame
from content.models.page_context import get_view_translations

from ..feedback.counting import get_open_phases
from ..records.models import InformativeSession
from .codes import format_code


def redirect_see_other(address: str) -> HttpResponse:
    """Redirect with 303."""
    return HttpResponse(status=303, headers={"Location": address})


def render_unknown_card(request: HttpRequest) -> HttpResponse:
    """Answer 404 with the numbers to call.

    The same bytes for a code that never existed, one that has ended and a cancelled session: the code isn't repeated,
    and the other language's link leads to the form for a code (docs/adr/0027).
    """
    return render(request, "outreach_pages/card_unknown.html", build_page_context(request, "cards:enter"), status=404)


def build_card_context(session: InformativeSession) -> dict[str, Any]:
    """Return the template context of a card.

    {"card", "card_written", "card_unit", "card_towns", "ask_url", "feedback_url", "session_day", "session_town",
    "session_place"}
    """
    region = session.unit.region
    return {
        "card": session.card_code,
        "card_written": format_code(session.card_code),
        "card_unit": session.unit,
        "card_towns": list(region.municipalities.values_list("name", flat=True)),
        "ask_url": get_ask_url(session.card_code),
        "feedback_url": reverse("cards:feedback", args=[session.card_code]) if get_open_phases(session) else "",
        "session_day": session.date,
        "session_town": session.municipality,
        "session_place": session.place_name if session.show_place else "",
    }


def get_ask_url(code: str) -> str:
    """Return where a holder of the card may ask without a name; "" while those pages aren't mounted."""
    try:
        return reverse("asking:card", args=[code])
    except NoReverseMatch:
        return ""


def build_page_context(request: HttpRequest, name: str, *args: str) -> dict[str, Any]:
    """Build the public pages' context for a page that isn't one of Wagtail's.

    `name` and `args` are the view's own address, which the links to the other language keep.
    """
    return public_frame(request) | {"twins": get_view_translations(name, *args)}
