"""Blocks that pages of sessions have beyond an article's: an outline in minutes, the place of a kit's words."""

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


class SessionPageBlock(BodyBlock):
    """The body of a session's own page."""

    kit_words = blocks.StaticBlock(
        label=_("Words from the kit"),
        admin_text=_("The words and the quiz of the kit stand here. Without this part they stand at the end."),
        icon="doc-full-inverse",
        template="outreach_pages/blocks/kit_words.html",
    )

    class Meta:
        block_counts = {"kit_words": {"max_num": 1}}
