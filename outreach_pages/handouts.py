"""Printed papers to take home: a leaflet, a folded card, a poster, in each language. Made on request, stored nowhere.

They show the hotlines that may be shown on the day of printing.
"""

import datetime
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.formats import date_format

from access.languages import LocalizedText, get_current_language, localize_to
from content.models import Hotline
from content.printables.pdf import render_pdf
from content.texts import pick_language

from .cards.codes import build_typed_address, format_code, render_qr_svg
from .cards.responses import get_ask_url
from .pages.kit_words import read_kit_words
from .pages.labels import get_topic_texts, load_texts
from .pages.models import SessionPage
from .records.models import InformativeSession

# kind: (template, class of the sheet)
KINDS: dict[str, tuple[str, str]] = {
    "leaflet": ("outreach_pages/handouts/leaflet.html", "leaflet"),
    "pocket_card": ("content/printables/pocket_card.html", "pocket-card"),
    "poster_a4": ("outreach_pages/handouts/poster.html", "poster poster-a4"),
    "poster_a3": ("outreach_pages/handouts/poster.html", "poster poster-a3"),
}
MAX_LINES = {"pocket_card": 4, "poster_a4": 3, "poster_a3": 3}


@dataclass(frozen=True)
class Handout:
    kind: str
    name: LocalizedText
    what: LocalizedText


def list_handouts() -> list[Handout]:
    """Return what can be printed, in the order it is offered, named in the active language."""
    language = get_current_language()
    found = []
    for kind in KINDS:
        texts, size = _get_texts(kind)
        end = f"_{size}" if size else ""
        found.append(
            Handout(kind, localize_to(texts[f"name{end}"], language), localize_to(texts[f"what{end}"], language))
        )
    return found


def render_handout(session: InformativeSession, kind: str, language: str, *, on: datetime.date | None = None) -> bytes:
    """Render one paper as PDF/UA-1. Raises KeyError for a kind that isn't in KINDS, PrintableError."""
    template, _class = KINDS[kind]
    day = on or timezone.localdate()
    with translation.override(language):
        html = render_to_string(template, build_context(session, kind, language, day))
    own = {"paper:qr.svg": (render_qr_svg(session.card_code, language), "image/svg+xml")}
    # The identifier makes the file of the same paper and day the same, byte for byte.
    return render_pdf(html, own=own, identifier=f"{kind} {session.card_code} {language} {day}")


def build_context(session: InformativeSession, kind: str, language: str, day: datetime.date) -> dict[str, Any]:
    """Build the context of a paper's template. The language is active already."""
    all_texts, size = _get_texts(kind)
    texts = pick_language(all_texts, language)
    common = pick_language(load_texts("handouts")["common"], language)
    audience = pick_language(load_texts("audiences")[session.audience], language)
    address = build_typed_address(session.card_code, language)
    lines = list(Hotline.objects.published(day))
    talk = [line for line in lines if not line.for_danger]
    return {
        "language": language,
        "kind": KINDS[kind][1],
        "say": texts,
        "common": common,
        "title": texts[f"name_{size}" if size else "name"],
        "session": session,
        "audience": audience,
        "signs": get_signs(session, language, audience["signs"]),
        "topics": pick_language(get_topic_texts(session.topics, audience["voice"]), language),
        "address": address,
        "code": format_code(session.card_code),
        "may_ask": bool(get_ask_url(session.card_code)),
        "qr_words": common["qr"].format(address=address),
        "danger": [line for line in lines if line.for_danger],
        "talk": talk[: MAX_LINES.get(kind)],
        "lines": lines,
        "printed": common["printed"].format(day=date_format(day, "d.m.Y")),
        "until": (
            common["until"].format(day=date_format(session.card_expires_on, "d.m.Y")) if session.card_expires_on else ""
        ),
        "how": [step.format(cover=texts["cover"]) for step in texts.get("how", [])],
        "day": day,
        "copies": range(2),
    }


def get_signs(session: InformativeSession, language: str, of_program: dict[str, Any]) -> Any:
    """Return the signs that the session's page shows in this language; None where it has a kit without any.

    Without a page, or without a kit on it, those of the program.
    """
    page = SessionPage.objects.live().filter(session=session, locale__language_code=language).first()
    words = read_kit_words(page) if page is not None else None
    if page is None or words is None:
        return of_program
    blocks = page.body.stream_block.to_python([each for each in words.body if each["type"] == "signs"])
    return next((each.value for each in blocks), None)


def _get_texts(kind: str) -> tuple[dict[str, Any], str]:
    """Return the texts of a kind, and its size where it has several."""
    if kind in load_texts("handouts"):
        return load_texts("handouts")[kind], ""
    name, _underscore, size = kind.rpartition("_")
    return load_texts("handouts")[name], size
