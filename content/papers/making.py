"""From a paper's words and the lines that may be shown at this moment to its PDF."""

import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils import timezone, translation
from django.utils.formats import date_format

from ..models import Hotline
from ..texts import in_one_language
from .kinds import PAPERS, Paper, words
from .pattern import svg
from .printing import to_pdf

MAX_LINES = {"pocket-card": 4, "poster-a4": 3, "poster-a3": 3}  # besides those for danger
MADE_AT_MOST = 2 * 2 * len(PAPERS)  # each in both languages, and the same of yesterday


class Line(NamedTuple):
    """What a paper shows of a telephone line, in its language."""

    number: str
    name: str
    short_name: str
    use: str
    hours: str
    cost: str
    for_danger: bool


def paper_pdf(paper: Paper, language: str) -> bytes:
    """PDF/UA-1. The same bytes until the day, a line or an address on it is another.

    What was made is remembered under everything that can change on it, so an old line can't come back from memory, and
    asking again and again costs no rendering.
    """
    with translation.override(language):
        lines = tuple(Line(*(getattr(line, name) for name in Line._fields)) for line in Hotline.objects.published())
        return _made(paper, language, timezone.localdate(), lines, _home(), _may_ask())


@lru_cache(maxsize=MADE_AT_MOST)
def _made(paper: Paper, language: str, day: datetime.date, lines: tuple[Line, ...], home: str, may_ask: bool) -> bytes:
    address = home.split("://", 1)[1].rstrip("/")
    said = in_one_language(paper.words, language)
    common = in_one_language(words("common"), language)
    context: dict[str, Any] = {
        "language": language,
        "kind": paper.sheet,
        "title": paper.name,
        "day": day,
        "printed": common["printed"].format(day=date_format(day, "d.m.Y")),
        "say": said,
        "common": common,
        "address": address,
        "qr_words": common["qr"].format(address=address),
        "may_ask": may_ask,
        "lines": lines,
        "danger": [line for line in lines if line.for_danger],
        "talk": [line for line in lines if not line.for_danger][: MAX_LINES.get(paper.key)],
        "how": [step.format(cover=said["cover"]) for step in said.get("how", [])],
        "copies": range(2),
    }
    html = render_to_string(paper.template, context)
    own = {"paper:qr.svg": (svg(home), "image/svg+xml")}
    return to_pdf(html, own=own, identifier=f"{paper.key} {language} {day}")


def _home() -> str:
    """The first page of the site in the active language."""
    return settings.PUBLIC_URL + reverse("wagtail_serve", args=[""])


def _may_ask() -> bool:
    """Whether the room is open where anyone may write without a name."""
    try:
        reverse("asking:start")
    except NoReverseMatch:
        return False
    return True
