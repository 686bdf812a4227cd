"""A short page for whoever reads none of the site's languages: you are in no trouble, how to call, a card to show.

Such a text is published only once somebody who speaks the language has read exactly these words (docs/adr/0163).
"""

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.models import Page, PageManager

from ..blocks import LanguageBodyBlock
from ..extract import extract_page
from ..fields import BodyField
from ..legal_wording import fingerprint
from .hotline_languages import OTHER_LANGUAGES, RIGHT_TO_LEFT
from .public_page import PublicPageMixin

READ_BY = _("read by")


class LanguagePage(PublicPageMixin, Page):
    """A page in a language in which the site has no other. It stands in the tree of the site's own language."""

    objects: ClassVar[PageManager]
    spoken = models.CharField(_("language of the page"), max_length=3, choices=OTHER_LANGUAGES.items())
    body = BodyField(LanguageBodyBlock(), blank=True, verbose_name=_("body"))
    speaker = models.CharField(
        READ_BY,
        max_length=120,
        blank=True,
        help_text=_("Who speaks the language and has read every word. For colleagues; never shown to readers."),
    )
    speaker_read_on = models.DateField(_("read on"), null=True, blank=True)
    speaker_read_text = models.CharField(max_length=80, blank=True, editable=False)  # "<day> <fingerprint>"

    content_panels = [
        *Page.content_panels,
        FieldPanel("spoken"),
        FieldPanel("intro"),
        FieldPanel("body"),
        MultiFieldPanel(
            [FieldRowPanel([FieldPanel("speaker"), FieldPanel("speaker_read_on")])],
            heading=_("Read by somebody who speaks it"),
            help_text=_("Without it the page can't be published, nor once a word was changed after that day."),
        ),
        *PublicPageMixin.care_panels,
    ]
    parent_page_types = ["content.HomePage"]
    subpage_types: list[str] = []
    api_fields = ["spoken"]
    template = "content/language_page.html"

    class Meta:
        verbose_name = _("page in another language")
        verbose_name_plural = _("pages in other languages")

    def clean(self) -> None:
        """Bind the reading to the words that stand there; a changed word ends it, until another day is entered."""
        super().clean()
        if bool(self.speaker) != bool(self.speaker_read_on):
            missing = "speaker" if self.speaker_read_on else "speaker_read_on"
            raise ValidationError({missing: _("Write who has read the text, and when.")})
        if not self.speaker_read_on:
            self.speaker_read_text = ""
        elif not self.speaker_read_text.startswith(f"{self.speaker_read_on} "):
            self.speaker_read_text = self._compute_reading()

    @property
    def direction(self) -> str:
        return "rtl" if self.spoken in RIGHT_TO_LEFT else "ltr"

    def get_unread_place(self) -> Any:
        """Return where an editor enters who has read these words, or "" when somebody has (content.extract)."""
        is_read = bool(self.speaker_read_on) and self.speaker_read_text == self._compute_reading()
        return "" if is_read else READ_BY

    def _compute_reading(self) -> str:
        return f"{self.speaker_read_on} {fingerprint(part.text for part in extract_page(self).words)}"
