"""The block that says a page again in easy words (easy read)."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.images.blocks import ImageChooserBlock

from .doors import BESIDE_WIDTH, draw_beside

MAX_SENTENCE = 110  # characters: longer ones hold more than one thought
MAX_SENTENCES = 12


class EasySentenceBlock(blocks.StructBlock):
    """One sentence with one thought, and a picture of it where there is one."""

    text = blocks.CharBlock(
        max_length=MAX_SENTENCE, label=_("sentence"), help_text=_("One thought, everyday words, no abbreviations.")
    )
    image = ImageChooserBlock(
        required=False, label=_("picture"), help_text=_("Decoration: screen readers pass over it.")
    )

    class Meta:
        template = "content/blocks/easy_sentence.html"

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(value, parent_context=parent_context)
        picture = draw_beside(value, parent_context, BESIDE_WIDTH) if value.get("image") else None
        return context | {"picture": picture}


class EasyWordsBlock(blocks.StructBlock):
    """The page again in easy words: short sentences, each with a picture. The page's top leads to it."""

    title = blocks.CharBlock(max_length=120, label=_("title"))
    sentences = blocks.ListBlock(
        EasySentenceBlock(label=_("sentence")), min_num=1, max_num=MAX_SENTENCES, label=_("sentences")
    )

    class Meta:
        icon = "comment"
        label = _("In easy words")
        template = "content/blocks/easy_words.html"
