"""Blocks that a page about sessions has beyond an article's: the outline of a session, minute by minute."""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from content.blocks import BodyBlock


class OutlinePartBlock(blocks.StructBlock):
    minutes = blocks.IntegerBlock(required=False, min_value=1, max_value=180, label=_("minutes"))
    title = blocks.CharBlock(max_length=120, label=_("title"))
    text = blocks.TextBlock(required=False, label=_("subject"))


class OutlineBlock(blocks.StructBlock):
    """One kind of session: its audience, and its parts with their minutes."""

    title = blocks.CharBlock(max_length=120, label=_("title"))
    length = blocks.CharBlock(required=False, max_length=60, label=_("how long"))
    for_whom = blocks.TextBlock(required=False, label=_("for whom"))
    parts = blocks.ListBlock(OutlinePartBlock(), min_num=1, max_num=16, label=_("parts"))

    class Meta:
        icon = "calendar-alt"
        label = _("Session outline")
        template = "outreach_pages/blocks/outline.html"


class SessionBodyBlock(BodyBlock):
    outline = OutlineBlock()
