"""Context around a card's page: the unit, where to ask, where to give feedback."""

from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from content.models.frame import frame as public_frame
from content.models.frame import twins_of_view

from ..feedback.times import open_phases
from ..records.models import InformativeSession
from .codes import written


def about_card(session: InformativeSession) -> dict[str, Any]:
    """Return the template context of a card.

    {"card", "card_written", "card_unit", "card_towns", "ask_url", "feedback_url", "session_day", "session_town",
    "session_place"}
    """
    region = session.unit.region
    return {
        "card": session.card_code,
        "card_written": written(session.card_code),
        "card_unit": session.unit,
        "card_towns": list(region.municipalities.values_list("name", flat=True)),
        "ask_url": ask_address(session.card_code),
        "feedback_url": reverse("cards:feedback", args=[session.card_code]) if open_phases(session) else "",
        "session_day": session.date,
        "session_town": session.municipality,
        "session_place": session.place_name if session.show_place else "",
    }


def ask_address(code: str) -> str:
    """Return where a holder of the card may ask without a name; "" while those pages aren't mounted."""
    try:
        return reverse("asking:card", args=[code])
    except NoReverseMatch:
        return ""


def frame(request: HttpRequest, name: str, *args: str) -> dict[str, Any]:
    """Build the public pages' context for a page that isn't one of Wagtail's.

    `name` and `args` are the view's own address, which the links to the other language keep.
    """
    return public_frame(request) | {"twins": twins_of_view(name, *args)}
