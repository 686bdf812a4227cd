"""Blocks of telephone lines that readers don't see."""

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from ...extract import PageParts
from ..facts import CheckContext
from ..findings import Finding


def check(pieces: PageParts, facts: CheckContext) -> Iterator[Finding]:
    for line, place in pieces.lines:
        if line is None:
            yield Finding(
                "line_gone",
                _("No helpline is chosen here, or it was deleted. Choose one or remove the block."),
                place,
            )
        elif not line.is_shown():
            words = _(
                "Readers can't see this helpline now: “show to readers” isn't set to yes, or it hasn't been tested "
                "recently."
            )
            yield Finding("line_hidden", words, place, str(line))
