"""Pictures without words for those who don't see them."""

import re
from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from ...extract import PageParts
from ..facts import CheckContext
from ..findings import STOP, Finding

FILE_NAME = re.compile(r"\.(avif|gif|jpe?g|png|svg|webp)$|^(img|dsc|image|foto|photo)[ _-]?\d", re.IGNORECASE)
BEGINS = re.compile(r"^(foto|fotografi|figurë|pamje|image|picture|photo) (e|i|of) ", re.IGNORECASE)


def check(pieces: PageParts, facts: CheckContext) -> Iterator[Finding]:
    for alt, _image, place in pieces.pictures:
        if not alt:
            yield Finding("no_alt", _("Say in words what the picture shows."), place, weight=STOP)
        elif FILE_NAME.search(alt) or "_" in alt:
            yield Finding("alt_is_a_file", _("The name of a file says nothing about the picture."), place, alt)
        elif BEGINS.search(alt):
            yield Finding(
                "alt_begins", _("Leave out “picture of”: people using a screen reader already know."), place, alt
            )
