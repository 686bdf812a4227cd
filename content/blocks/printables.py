"""The block that offers a printable, by its key only: its numbers are those of the day it is opened."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from ..printable_catalog import PRINTABLES, Printable


def printable_choices() -> list[tuple[str, str | Promise]]:
    return [(key, paper.name) for key, paper in PRINTABLES.items()]


def get_printable(value: Any) -> Printable | None:
    """Return the printable that a block names; None when it no longer exists."""
    return PRINTABLES.get(value.get("paper") or "") if value else None


class PrintableBlock(blocks.StructBlock):
    """A leaflet, card or poster to print. Its name and words come with it, in each language."""

    # A callable: names are read in the language of whoever opens the form.
    paper = blocks.ChoiceBlock(choices=printable_choices, label=_("leaflet or card"))

    class Meta:
        icon = "doc-full"
        label = _("Leaflet or card to print")
        template = "content/blocks/paper.html"

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        return super().get_context(value, parent_context=parent_context) | {"paper": get_printable(value)}
