"""Headings, by which people who listen to a page find their way in it."""

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from ...extract import PageParts
from ..facts import CheckContext
from ..findings import Finding


def check(pieces: PageParts, facts: CheckContext) -> Iterator[Finding]:
    before = 0
    for level, text, place in pieces.headings:
        if not text:
            yield Finding("heading_empty", _("A heading without text."), place)
        elif level > before + 1:
            yield Finding("heading_order", _("A level is left out: use the next higher heading."), place, text)
        before = level
