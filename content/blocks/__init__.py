"""StreamField blocks of public pages. Each has a template of its own in templates/content/blocks/.

The first line of a block's docstring is published in the API's description (`api/blocks.py`).
"""

from typing import ClassVar

from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from .doors import DoorsBlock, FootBlock, PicturedPagesBlock
from .easy_words import EasyWordsBlock
from .files import AudioBlock, DownloadBlock, FigureBlock, PrintableBlock, VideoBlock
from .languages import LanguageBodyBlock
from .service import OrganisationBlock, PoliceRulesBlock, StorageTermsBlock
from .texts import (
    INLINE,
    LONG,
    SHORT,
    CalloutBlock,
    DetailsBlock,
    DoDontBlock,
    HotlineBlock,
    PhoneControlsBlock,
    QuestionAndAnswerBlock,
    QuizBlock,
    QuoteBlock,
    RegionChooserBlock,
    SignsBlock,
    StepsBlock,
    WhatHappensStepBlock,
)

__all__ = [
    "INLINE",
    "LONG",
    "SHORT",
    "BodyBlock",
    "DoorsBlock",
    "DownloadsBlock",
    "FootBlock",
    "LanguageBodyBlock",
    "QuestionsBlock",
    "WhatHappensBlock",
]


class BodyBlock(blocks.StreamBlock):
    """The body of every public page."""

    rich_text = blocks.RichTextBlock(
        features=LONG, icon="pilcrow", label=_("Text"), template="content/blocks/rich_text.html"
    )
    callout = CalloutBlock()
    easy_words = EasyWordsBlock()
    steps = StepsBlock()
    signs = SignsBlock()
    do_dont = DoDontBlock()
    hotline = HotlineBlock()
    details = DetailsBlock()
    quote = QuoteBlock()
    figure = FigureBlock()
    pictured_pages = PicturedPagesBlock()
    video = VideoBlock()
    audio = AudioBlock()
    download = DownloadBlock()
    paper = PrintableBlock()
    quiz = QuizBlock()
    region_chooser = RegionChooserBlock()
    phone_controls = PhoneControlsBlock()
    organisation = OrganisationBlock()
    storage_terms = StorageTermsBlock()
    police_rules = PoliceRulesBlock()

    class Meta:
        block_counts: ClassVar[dict[str, dict[str, int]]] = {"easy_words": {"max_num": 1}}


class WhatHappensBlock(blocks.StreamBlock):
    """The steps of a step-by-step page."""

    step = WhatHappensStepBlock()


class QuestionsBlock(blocks.StreamBlock):
    """The questions of a page of questions and answers."""

    question = QuestionAndAnswerBlock()


class DownloadsBlock(blocks.StreamBlock):
    """The files of a download page."""

    paper = PrintableBlock()
    download = DownloadBlock()
