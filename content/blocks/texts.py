"""Blocks of text on public pages, and those by which a reader finds a unit or saves pages on their phone."""

from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.snippets.blocks import SnippetChooserBlock

from ..page_cache.shared import get_shared
from ..regions import get_regions_with_units

INLINE = ["bold", "italic", "link"]
SHORT = [*INLINE, "ul"]
# No h1: that is the page's title.
LONG = ["h2", "h3", *SHORT, "ol"]


def build_list_block(child: blocks.Block, *, max_num: int, label: Any) -> blocks.ListBlock:
    """Build a list block of at least two items, beginning with two empty ones so that a draft can be saved at once."""
    empty = [child.get_default(), child.get_default()]
    return blocks.ListBlock(child, min_num=2, max_num=max_num, default=empty, label=label)


class CalloutBlock(blocks.StructBlock):
    """One thing the reader must not miss."""

    kind = blocks.ChoiceBlock(
        choices=[("info", _("good to know")), ("care", _("take care")), ("danger", _("danger"))],
        default="info",
        label=_("kind"),
    )
    title = blocks.CharBlock(max_length=120, label=_("title"))
    text = blocks.RichTextBlock(features=SHORT, label=_("text"))

    class Meta:
        icon = "info-circle"
        label = _("Callout")
        template = "content/blocks/callout.html"


class StepBlock(blocks.StructBlock):
    title = blocks.CharBlock(max_length=120, label=_("title"))
    text = blocks.RichTextBlock(features=SHORT, required=False, label=_("text"))


class StepsBlock(blocks.StructBlock):
    """What happens, one thing after the other."""

    title = blocks.CharBlock(max_length=120, label=_("title"))
    steps = build_list_block(StepBlock(), max_num=12, label=_("steps"))

    class Meta:
        icon = "list-ol"
        label = _("Steps")
        template = "content/blocks/steps.html"


class SignsBlock(blocks.StructBlock):
    """Signs to look for. Never a test with a score: the closing sentence says what to do about them."""

    title = blocks.CharBlock(max_length=120, label=_("title"))
    intro = blocks.TextBlock(required=False, label=_("introduction"))
    signs = build_list_block(blocks.CharBlock(max_length=240), max_num=12, label=_("signs"))
    closing = blocks.TextBlock(required=False, label=_("what to do"))

    class Meta:
        icon = "view"
        label = _("Signs")
        template = "content/blocks/signs.html"


class DoDontBlock(blocks.StructBlock):
    """What helps beside what harms."""

    do_title = blocks.CharBlock(max_length=80, label=_("title of what helps"))
    do = blocks.ListBlock(blocks.CharBlock(max_length=240), min_num=1, max_num=10, label=_("what helps"))
    dont_title = blocks.CharBlock(max_length=80, label=_("title of what to avoid"))
    dont = blocks.ListBlock(blocks.CharBlock(max_length=240), min_num=1, max_num=10, label=_("what to avoid"))

    class Meta:
        icon = "tasks"
        label = _("Do and don't")
        template = "content/blocks/do_dont.html"


class HotlineBlock(blocks.StructBlock):
    """A helpline within the text, shown only while it may be shown to readers."""

    line = SnippetChooserBlock("content.Hotline", label=_("helpline"))

    class Meta:
        icon = "mobile-alt"
        label = _("Helpline")
        template = "content/blocks/hotline.html"


class QuestionAndAnswerBlock(blocks.StructBlock):
    question = blocks.CharBlock(max_length=200, label=_("question"))
    answer = blocks.RichTextBlock(features=[*SHORT, "ol"], label=_("answer"))


class DetailsBlock(blocks.StructBlock):
    """Questions that open when they are touched; works without JavaScript."""

    title = blocks.CharBlock(max_length=120, required=False, label=_("title"))
    questions = blocks.ListBlock(QuestionAndAnswerBlock(), min_num=1, max_num=20, label=_("questions"))

    class Meta:
        icon = "help"
        label = _("Questions and answers")
        template = "content/blocks/details.html"


class QuoteBlock(blocks.StructBlock):
    """What someone said or wrote, and who."""

    text = blocks.TextBlock(label=_("text"))
    by = blocks.CharBlock(max_length=160, required=False, label=_("said or written by"))

    class Meta:
        icon = "openquote"
        label = _("Quote")
        template = "content/blocks/quote.html"


class AnswerBlock(blocks.StructBlock):
    text = blocks.CharBlock(max_length=240, label=_("answer"))
    is_right = blocks.BooleanBlock(required=False, label=_("right"))


class QuizQuestionBlock(blocks.StructBlock):
    question = blocks.CharBlock(max_length=240, label=_("question"))
    answers = build_list_block(AnswerBlock(), max_num=6, label=_("answers"))
    explanation = blocks.RichTextBlock(features=SHORT, label=_("explanation"))


class QuizBlock(blocks.StructBlock):
    """Questions to think about. What a reader chooses is sent nowhere and never stored; nobody gets a score."""

    title = blocks.CharBlock(max_length=120, label=_("title"))
    intro = blocks.TextBlock(required=False, label=_("introduction"))
    questions = blocks.ListBlock(QuizQuestionBlock(), min_num=1, max_num=12, label=_("questions"))
    closing = blocks.TextBlock(required=False, label=_("closing words"))

    class Meta:
        icon = "help"
        label = _("Quiz")
        template = "content/blocks/quiz.html"


class RegionChooserBlock(blocks.StructBlock):
    """ "Who is near me": the regions, with the mobile unit of those that have one."""

    title = blocks.CharBlock(max_length=120, label=_("title"))
    intro = blocks.TextBlock(required=False, label=_("introduction"))

    class Meta:
        icon = "site"
        label = _("Who is near me")
        template = "content/blocks/region_chooser.html"

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        request = (parent_context or {}).get("request")
        # By language: the addresses of the forms have its prefix.
        nearby = get_shared(request, ("nearby", get_language()), get_regions_with_units)
        return super().get_context(value, parent_context=parent_context) | {"nearby": nearby}


class WhatHappensStepBlock(blocks.StructBlock):
    title = blocks.CharBlock(max_length=120, label=_("title"))
    text = blocks.RichTextBlock(features=SHORT, required=False, label=_("text"))
    when = blocks.CharBlock(max_length=80, required=False, label=_("when"))
    who = blocks.CharBlock(max_length=120, required=False, label=_("who does it"))

    class Meta:
        icon = "list-ol"
        label = _("Step")
        template = "content/blocks/what_happens_step.html"


class PhoneControlsBlock(blocks.StructBlock):
    """Buttons that save pages on the phone, show and remove what is saved, and make title and icon neutral.

    They need JavaScript, because what they decide stays on the phone and never reaches us; without it the block says
    that nothing is saved. Everything they save is removed by the exit.
    """

    title = blocks.CharBlock(max_length=120, label=_("title"))

    class Meta:
        icon = "mobile-alt"
        label = _("What stays on this phone")
        template = "content/phone_controls.html"

    def get_api_representation(self, value: Any, context: dict[str, Any] | None = None) -> dict[str, Any]:
        return {"title": value["title"]}
