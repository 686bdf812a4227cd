"""A paper of the house: named, never stored, so that its numbers are those of the day it is opened."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from ..papers.kinds import PAPERS, Paper


def papers_to_choose() -> list[tuple[str, str | Promise]]:
    return [(key, paper.name) for key, paper in PAPERS.items()]


def get_paper(value: Any) -> Paper | None:
    """The paper that a block names; None when the house no longer has it."""
    return PAPERS.get(value.get("paper") or "") if value else None


class PaperBlock(blocks.StructBlock):
    """A paper to print, with the telephone lines of the moment. Its name and words come with it, in each language."""

    paper = blocks.ChoiceBlock(choices=papers_to_choose, label=_("leaflet or card"))

    class Meta:
        icon = "doc-full"
        label = _("Leaflet or card to print")
        template = "content/blocks/paper.html"

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        return super().get_context(value, parent_context=parent_context) | {"paper": get_paper(value)}
