"""Blocks that session materials have beyond an article's: slides with notes, parts of a script, tasks, opinions."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail import blocks

from content.blocks import SHORT, BodyBlock
from content.blocks.texts import build_list_block

from ..blocks import OutlineBlock


class SlideBlock(blocks.StructBlock):
    """One slide, and what the speaker says to it."""

    title = blocks.CharBlock(max_length=120, label=_("title"))
    text = blocks.RichTextBlock(features=SHORT, required=False, label=_("text"))
    notes = blocks.TextBlock(required=False, label=_("notes for the speaker"))

    class Meta:
        icon = "image"
        label = _("Slide")
        template = "outreach_pages/blocks/slide.html"


class ScriptPartBlock(blocks.StructBlock):
    """What is said and done in one part of a session, from one minute to another."""

    from_minute = blocks.IntegerBlock(min_value=0, max_value=240, label=_("from minute"))
    to_minute = blocks.IntegerBlock(min_value=1, max_value=240, label=_("to minute"))
    title = blocks.CharBlock(max_length=120, label=_("title"))
    text = blocks.RichTextBlock(features=[*SHORT, "ol"], label=_("what is said and done"))

    class Meta:
        icon = "time"
        label = _("Part of a script")
        template = "outreach_pages/blocks/script_part.html"


class TaskBlock(blocks.StructBlock):
    """A task on a worksheet, with empty lines to write on."""

    title = blocks.CharBlock(max_length=120, label=_("title"))
    text = blocks.RichTextBlock(features=[*SHORT, "ol"], label=pgettext_lazy("worksheet", "task"))
    lines = blocks.IntegerBlock(default=3, min_value=0, max_value=20, label=_("empty lines"))

    class Meta:
        icon = "edit"
        label = pgettext_lazy("worksheet", "Task")
        template = "outreach_pages/blocks/task.html"

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        """Add `empty_lines`, to be drawn where it is printed."""
        return super().get_context(value, parent_context=parent_context) | {"empty_lines": range(value["lines"] or 0)}


class OpinionQuestionBlock(blocks.StructBlock):
    question = blocks.CharBlock(max_length=240, label=_("question"))
    answers = build_list_block(blocks.CharBlock(max_length=120, label=_("answer")), max_num=5, label=_("answers"))


class OpinionBlock(blocks.StructBlock):
    """What participants think of the session: boxes on paper, and counted on the card's page after it."""

    title = blocks.CharBlock(max_length=120, label=_("title"))
    questions = blocks.ListBlock(OpinionQuestionBlock(), min_num=1, max_num=8, label=_("questions"))

    class Meta:
        icon = "openquote"
        label = _("Opinion questions")
        template = "outreach_pages/blocks/opinion.html"


class MaterialBlock(BodyBlock):
    """The body of a material. Which blocks fit its kind: `labels.KINDS_OF_BLOCK`."""

    outline = OutlineBlock()
    script_part = ScriptPartBlock()
    slide = SlideBlock()
    task = TaskBlock()
    opinion = OpinionBlock()


class KitPartsBlock(blocks.StreamBlock):
    """The materials of a kit, in the order in which they are used."""

    material = blocks.PageChooserBlock(page_type="outreach_pages.MaterialPage", label=_("material"))
