"""Blocks of the short pages in other languages."""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.snippets.blocks import SnippetChooserBlock

from .texts import LONG


class NumberBlock(blocks.StructBlock):
    """A helpline with words of the page's own language, shown only while the line may be shown to readers."""

    line = SnippetChooserBlock("content.Hotline", label=_("helpline"))
    words = blocks.TextBlock(label=_("who answers, in the language of the page"))

    class Meta:
        icon = "mobile-alt"
        label = _("Helpline, in the page's own words")
        template = "content/blocks/number.html"


class ShowCardBlock(blocks.StructBlock):
    """Words to show to somebody: large, in Albanian, beneath what they say in the reader's language."""

    title = blocks.CharBlock(max_length=120, label=_("title"))
    meaning = blocks.TextBlock(label=_("what it says, in the language of the page"))
    shown = blocks.TextBlock(label=_("what it says, in Albanian"))

    class Meta:
        icon = "view"
        label = _("Card to show")
        template = "content/blocks/show_card.html"


class LanguageBodyBlock(blocks.StreamBlock):
    """The body of a short page in another language."""

    rich_text = blocks.RichTextBlock(
        features=LONG, icon="pilcrow", label=_("Text"), template="content/blocks/rich_text.html"
    )
    number = NumberBlock()
    show_card = ShowCardBlock()
