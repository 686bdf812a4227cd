"""Films, recordings, papers and pictures that a block wants and doesn't have."""

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from ...extract import PageParts
from ..facts import CheckContext
from ..findings import Finding


def check(pieces: PageParts, facts: CheckContext) -> Iterator[Finding]:
    for place in pieces.missing:
        yield Finding(
            "file_gone", _("No file is chosen here, or it was deleted. Choose one or remove the block."), place
        )
