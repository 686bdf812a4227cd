"""Render a printable as a PDF, with the hotlines that may be shown at this moment."""

import datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils import timezone, translation
from django.utils.formats import date_format

from ..models import Hotline
from ..printable_catalog import ALL_PRINTABLES, DRAWINGS, Printable, load_texts
from ..texts import pick_language
from .pdf import render_pdf
from .qr_code import render_svg

MAX_HOTLINES = {"pocket-card": 4, "poster-a4": 3, "poster-a3": 3}  # besides those for danger
MAX_POSTER_HOTLINES = 3
MAX_STRIP_NUMBERS = 2
STRIPS = 10
MAX_RENDERED = 2 * 2 * len(ALL_PRINTABLES)  # each in both languages, and the same of yesterday
# The colours of a drawing (docs/look.md) as a printer without colours shows them best.
BLACK_AND_WHITE = {
    "#1b2430": "#000000",
    "#0b5563": "#000000",
    "#a63c17": "#000000",
    "#d4e5e8": "#e2e2e2",
    "#f8ddd0": "#ffffff",
}


class PrintedHotline(NamedTuple):
    """What a printable shows of a hotline, in its language."""

    key: str
    number: str
    name: str
    short_name: str
    use: str
    hours: str
    cost: str
    for_danger: bool


def render_printable(paper: Printable, language: str) -> bytes:
    """Return the printable as PDF/UA-1. The same bytes until the day, a hotline or an address on it changes.

    What was made is cached under everything that can change on it, so an old hotline can't come back from memory, and
    asking again and again costs no rendering.
    """
    with translation.override(language):
        # A tuple of plain values, so that it can be part of the cache's key.
        lines = tuple(
            PrintedHotline(*(getattr(line, name) for name in PrintedHotline._fields))
            for line in Hotline.objects.published()
        )
        return _render(paper, language, timezone.localdate(), lines, _get_home_url(), _may_ask())


@lru_cache(maxsize=MAX_RENDERED)
def _render(
    item: Printable, language: str, day: datetime.date, lines: tuple[PrintedHotline, ...], home: str, may_ask: bool
) -> bytes:
    address = home.split("://", 1)[1].rstrip("/")
    texts = pick_language(item.words, language)
    common = pick_language(load_texts("common"), language)
    context: dict[str, Any] = {
        "language": language,
        "kind": item.sheet,
        "title": item.name,
        "day": day,
        "printed": common["printed"].format(day=date_format(day, "d.m.Y")),
        "say": texts,
        "common": common,
        "address": address,
        "qr_words": common["qr"].format(address=address),
        "may_ask": may_ask,
        "lines": lines,
        "danger": [line for line in lines if line.for_danger],
        "talk": [line for line in lines if not line.for_danger][: MAX_HOTLINES.get(item.key)],
        "how": [step.format(cover=texts["cover"]) for step in texts.get("how", [])],
        "copies": range(2),
    }
    own = {"paper:qr.svg": (render_svg(home), "image/svg+xml")}
    if item.poster:
        own["paper:drawing.svg"] = (_get_drawing(item), "image/svg+xml")
        context |= _get_poster_context(item, context["talk"])
    html = render_to_string(item.template, context)
    return render_pdf(html, own=own, identifier=f"{item.key} {language} {day}")


def _get_poster_context(item: Printable, talk: list[PrintedHotline]) -> dict[str, Any]:
    """Return what a poster for somewhere shows besides: the hotlines for its readers come first."""
    first = item.words["lines"]
    ordered = sorted(talk, key=lambda line: line.key not in first)[:MAX_POSTER_HOTLINES]
    return {
        "talk": ordered,
        "has_strips": item.has_strips,
        "strips": range(STRIPS),
        # Only numbers: a name or a word on a strip would say something about whoever carries it.
        "strip_numbers": [line.number for line in ordered[:MAX_STRIP_NUMBERS]],
    }


@cache
def _get_drawing(item: Printable) -> bytes:
    svg = (DRAWINGS / f"{item.words['drawing']}.svg").read_text()
    if item.is_black_and_white:
        for colour, grey in BLACK_AND_WHITE.items():
            svg = svg.replace(colour, grey)
    return svg.encode()


def _get_home_url() -> str:
    """Return the first page of the site in the active language."""
    return settings.PUBLIC_URL + reverse("wagtail_serve", args=[""])


def _may_ask() -> bool:
    """Return whether the room is installed in which anyone may write without a name."""
    try:
        reverse("asking:start")
    except NoReverseMatch:
        return False
    return True
