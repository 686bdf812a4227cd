"""Search settings that editors maintain: synonyms and promoted results."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel
from wagtail.models import Locale, Page

from .glossary import LinesField

MAX_WORDS = 40


class SynonymsForm(WagtailAdminModelForm):
    words = LinesField(
        label=_("synonyms"),
        help_text=_("One per line, also as people say and write them. Endings don't matter: “rrogë” is enough."),
    )


class AnswerForm(WagtailAdminModelForm):
    words = LinesField(
        label=_("search terms"),
        help_text=_(
            "One per line: a word, or words that must all be present. The page then comes first, whatever else "
            "was typed with them."
        ),
    )


def _check_words(words: list[str]) -> None:
    if not words:
        raise ValidationError({"words": _("Write at least one.")})
    if len(words) > MAX_WORDS or any(len(each) > 80 for each in words):
        raise ValidationError({"words": _("At most 40 lines, each of at most 80 characters.")})


class SearchSynonyms(models.Model):
    """Words of one language that the search treats as equal."""

    locale = models.ForeignKey(Locale, models.CASCADE, related_name="+", verbose_name=_("language"))
    words = models.JSONField(_("synonyms"), default=list)

    base_form_class = SynonymsForm
    panels = [FieldPanel("locale"), FieldPanel("words")]

    class Meta:
        verbose_name = _("synonyms")
        verbose_name_plural = _("synonyms")
        ordering = ["locale", "pk"]

    def __str__(self) -> str:
        return ", ".join(self.words[:6])

    def clean(self) -> None:
        super().clean()
        _check_words(self.words)
        # The search replaces word by word, so a phrase would never match.
        if any(len(each.split()) > 1 for each in self.words):
            raise ValidationError({"words": _("One word per line.")})


class SearchAnswer(models.Model):
    """The page that answers best when these words are searched for. It can only lift a page that is published."""

    page = models.ForeignKey(Page, models.CASCADE, related_name="+", verbose_name=_("page"))
    words = models.JSONField(_("search terms"), default=list)

    base_form_class = AnswerForm
    panels = [FieldPanel("page"), FieldPanel("words")]

    class Meta:
        verbose_name = _("promoted result")
        verbose_name_plural = _("promoted results")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{', '.join(self.words[:3])} → {self.page}"

    def clean(self) -> Any:
        super().clean()
        _check_words(self.words)
