"""Blocks that lead on: the doors of the home page, and pages shown with a picture."""

from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail import blocks
from wagtail.images.blocks import ImageChooserBlock

from ..pictures import draw_picture
from .texts import SHORT

MAX_DOORS = 3
DOOR_WIDTH = "(min-width: 640px) 120px, 84px"
BESIDE_WIDTH = "(min-width: 640px) 340px, calc(100vw - 32px)"


def draw_beside(value: Any, parent_context: dict[str, Any] | None, sizes: str) -> SafeString:
    """Draw the picture of a block as decoration: the words beside it say what is meant."""
    return draw_picture(value.get("image"), (parent_context or {}).get("request"), alt="", sizes=sizes)


class DoorBlock(blocks.StructBlock):
    """One of the ways into the site: who is meant, and the one next step."""

    title = blocks.CharBlock(max_length=60, label=_("title"), help_text=_("As the reader would say it: “I need help”."))
    text = blocks.RichTextBlock(features=SHORT, required=False, label=_("text"))
    image = ImageChooserBlock(
        required=False, label=_("drawing"), help_text=_("Decoration: screen readers pass over it.")
    )
    page = blocks.PageChooserBlock(label=pgettext_lazy("door", "next step"))
    words = blocks.CharBlock(max_length=40, label=_("words of the button"))

    class Meta:
        icon = "login"
        label = pgettext_lazy("home page", "Door")
        template = "content/blocks/door.html"

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        """Add `picture`, empty until its sizes are made."""
        context: dict[str, Any] = super().get_context(value, parent_context=parent_context)
        return context | {"picture": draw_beside(value, parent_context, DOOR_WIDTH)}


class DoorsBlock(blocks.StreamBlock):
    """The doors of the home page."""

    door = DoorBlock()

    class Meta:
        max_num = MAX_DOORS


class PicturedPageBlock(blocks.StructBlock):
    """A page with a picture."""

    image = ImageChooserBlock(label=_("picture"), help_text=_("Decoration: screen readers pass over it."))
    title = blocks.CharBlock(max_length=80, label=_("title"))
    page = blocks.PageChooserBlock(label=_("page"))

    class Meta:
        template = "content/blocks/pictured_page.html"

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(value, parent_context=parent_context)
        return context | {"picture": draw_beside(value, parent_context, BESIDE_WIDTH)}


class PicturedPagesBlock(blocks.StructBlock):
    """Pages that are shown with a picture each."""

    title = blocks.CharBlock(max_length=120, label=_("title"))
    pages = blocks.ListBlock(PicturedPageBlock(label=_("page")), min_num=1, max_num=6, label=_("pages"))

    class Meta:
        icon = "image"
        label = _("Pages with pictures")
        template = "content/blocks/pictured_pages.html"


class FootBlock(blocks.StreamBlock):
    """Pages that the foot of every page leads to."""

    page = blocks.PageChooserBlock(label=_("page"))

    class Meta:
        max_num = 8
