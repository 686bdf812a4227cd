"""Render a printable as a PDF, with the hotlines that may be shown at this moment."""

import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils import timezone, translation
from django.utils.formats import date_format

from ..models import Hotline
from ..printable_catalog import PRINTABLES, Printable, load_texts
from ..texts import pick_language
from .pdf import render_pdf
from .qr_code import render_svg

MAX_HOTLINES = {"pocket-card": 4, "poster-a4": 3, "poster-a3": 3}  # besides those for danger
MAX_RENDERED = 2 * 2 * len(PRINTABLES)  # each in both languages, and the same of yesterday


class PrintedHotline(NamedTuple):
    """What a printable shows of a hotline, in its language."""

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
    html = render_to_string(item.template, context)
    own = {"paper:qr.svg": (render_svg(home), "image/svg+xml")}
    return render_pdf(html, own=own, identifier=f"{item.key} {language} {day}")


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
