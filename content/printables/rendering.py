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
from ..printable_catalog import PRINTABLES, Printable, words
from ..texts import in_one_language
from .pdf import to_pdf
from .qr_code import svg

MAX_LINES = {"pocket-card": 4, "poster-a4": 3, "poster-a3": 3}  # besides those for danger
MAX_RENDERED = 2 * 2 * len(PRINTABLES)  # each in both languages, and the same of yesterday


class Line(NamedTuple):
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
        lines = tuple(Line(*(getattr(line, name) for name in Line._fields)) for line in Hotline.objects.published())
        return _render(paper, language, timezone.localdate(), lines, _home(), _may_ask())


@lru_cache(maxsize=MAX_RENDERED)
def _render(
    item: Printable, language: str, day: datetime.date, lines: tuple[Line, ...], home: str, may_ask: bool
) -> bytes:
    address = home.split("://", 1)[1].rstrip("/")
    said = in_one_language(item.words, language)
    common = in_one_language(words("common"), language)
    context: dict[str, Any] = {
        "language": language,
        "kind": item.sheet,
        "title": item.name,
        "day": day,
        "printed": common["printed"].format(day=date_format(day, "d.m.Y")),
        "say": said,
        "common": common,
        "address": address,
        "qr_words": common["qr"].format(address=address),
        "may_ask": may_ask,
        "lines": lines,
        "danger": [line for line in lines if line.for_danger],
        "talk": [line for line in lines if not line.for_danger][: MAX_LINES.get(item.key)],
        "how": [step.format(cover=said["cover"]) for step in said.get("how", [])],
        "copies": range(2),
    }
    html = render_to_string(item.template, context)
    own = {"paper:qr.svg": (svg(home), "image/svg+xml")}
    return to_pdf(html, own=own, identifier=f"{item.key} {language} {day}")


def _home() -> str:
    """Return the first page of the site in the active language."""
    return settings.PUBLIC_URL + reverse("wagtail_serve", args=[""])


def _may_ask() -> bool:
    """Return whether the room is installed in which anyone may write without a name."""
    try:
        reverse("asking:start")
    except NoReverseMatch:
        return False
    return True
