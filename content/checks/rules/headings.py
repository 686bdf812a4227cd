"""Headings, by which people who listen to a page find their way in it."""

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from ..facts import Facts
from ..findings import Finding
from ..pieces import Pieces


def check(pieces: Pieces, facts: Facts) -> Iterator[Finding]:
    before = 0
    for level, text, place in pieces.headings:
        if not text:
            yield Finding("heading_empty", _("A heading without text."), place)
        elif level > before + 1:
            yield Finding("heading_order", _("A level is left out: use the next higher heading."), place, text)
        before = level
