"""The words that editors want to be warned about, and the pages in which the checks found something."""

from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.contrib.settings.models import BaseGenericSetting, register_setting
from wagtail.models import Page

from .words import parse_word_list, shipped

avoid_sq = partial(shipped, "avoid", "sq")
avoid_en = partial(shipped, "avoid", "en")
loud_sq = partial(shipped, "loud", "sq")
loud_en = partial(shipped, "loud", "en")


def readable(lines: str) -> None:
    try:
        parse_word_list(lines)
    except ValueError as error:
        raise ValidationError(_("This line has no word: %(line)s") % {"line": error.args[0]}) from error


@register_setting(icon="warning", order=300)
class WordsToAvoid(BaseGenericSetting):
    """One word or phrase on each line, as `content.checks.words` reads them."""

    avoid_sq = models.TextField(_("in texts (Albanian)"), blank=True, default=avoid_sq, validators=[readable])
    avoid_en = models.TextField(_("in texts (English)"), blank=True, default=avoid_en, validators=[readable])
    loud_sq = models.TextField(
        _("in titles and addresses (Albanian)"), blank=True, default=loud_sq, validators=[readable]
    )
    loud_en = models.TextField(
        _("in titles and addresses (English)"), blank=True, default=loud_en, validators=[readable]
    )

    panels: list[Any] = [
        MultiFieldPanel(
            [FieldPanel("avoid_sq"), FieldPanel("avoid_en")],
            heading=_("Anywhere in a text"),
            help_text=_("One per line. An asterisk stands for any ending; after = comes what to write instead."),
        ),
        MultiFieldPanel(
            [FieldPanel("loud_sq"), FieldPanel("loud_en")],
            heading=_("Where they appear in a browser's history"),
            help_text=_("Title in the browser, address and description, which others may see on the reader's phone."),
        ),
    ]

    class Meta:
        verbose_name = _("words to avoid")
        verbose_name_plural = _("words to avoid")


class CheckedPage(models.Model):
    """How much the checks found in a live page, and when; null when it is to be checked anew."""

    page = models.OneToOneField(Page, models.CASCADE, primary_key=True, related_name="checked", verbose_name=_("page"))
    at = models.DateTimeField(_("checked at"), null=True, db_index=True)
    stops = models.PositiveSmallIntegerField(_("what must not be published"), default=0)
    others = models.PositiveSmallIntegerField(_("what to check"), default=0)

    class Meta:
        verbose_name = _("checked page")
        verbose_name_plural = _("checked pages")

    def __str__(self) -> str:
        return f"{self.page_id}: {self.stops} + {self.others}"
