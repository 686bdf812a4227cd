"""Blocks of telephone lines that readers don't see."""

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from ..facts import Facts
from ..findings import Finding
from ..pieces import Pieces


def check(pieces: Pieces, facts: Facts) -> Iterator[Finding]:
    for line, place in pieces.lines:
        if line is None:
            yield Finding(
                "line_gone",
                _("No telephone line is chosen here, or it was deleted. Choose one or take the block out."),
                place,
            )
        elif not line.is_shown():
            words = _("Readers don't see this line now: its flag doesn't say yes, or nobody has tested it lately.")
            yield Finding("line_hidden", words, place, str(line))
