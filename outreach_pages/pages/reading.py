"""Render a session page's body for a phone: its headings become the jump list, its quiz gets an anchor."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from typing import Any

from django.utils.html import format_html, format_html_join, strip_tags
from django.utils.safestring import SafeString, mark_safe

HEADING = re.compile(r"<h2(?P<attributes>[^>]*)>(?P<text>.*?)</h2>", re.DOTALL)
ID = re.compile(r'\bid="([^"]+)"')
QUIZ_ANCHOR = "quiz"
NO_JUMPS_TO = {"callout", "hotline"}  # asides, and lines that stand beside the text anyway


@dataclass(frozen=True)
class Heading:
    anchor: str
    text: str


@dataclass(frozen=True)
class ReadingBody:
    """A body as HTML, its headings in order, and the number of questions of its first quiz."""

    html: SafeString
    headings: list[Heading]
    questions: int


def render_body(body: Any, context: dict[str, Any]) -> ReadingBody:
    """Render the blocks as Wagtail's own StreamBlock does, with an anchor at each heading."""
    headings: list[Heading] = []

    def name(match: re.Match[str]) -> str:
        known = ID.search(match["attributes"])
        anchor = known[1] if known else f"part-{len(headings) + 1}"
        headings.append(Heading(anchor, " ".join(unescape(strip_tags(match["text"])).split())))
        return match[0] if known else f'<h2 id="{anchor}"{match["attributes"]}>{match["text"]}</h2>'

    quiz = next((child for child in body or () if child.block_type == "quiz"), None)
    rendered = [
        (
            child.block_type,
            format_html(' id="{}"', QUIZ_ANCHOR) if child is quiz else "",
            # The block's own HTML, with ids that are ours.
            mark_safe(_name_headings(child, context, name)),  # noqa: S308
        )
        for child in body or ()
    ]
    html = format_html_join("\n", '<div class="block-{}"{}>{}</div>', rendered)
    return ReadingBody(html, headings, len(quiz.value["questions"]) if quiz is not None else 0)


def _name_headings(child: Any, context: dict[str, Any], name: Callable[[re.Match[str]], str]) -> str:
    html: str = child.render(context=context)
    return html if child.block_type in NO_JUMPS_TO else HEADING.sub(name, html)
