"""The public pages. All stand on Wagtail's own Page."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.fields import RichTextField, StreamField
from wagtail.models import Page, PageManager
from wagtail.search import index

from ..blocks import INLINE, BodyBlock
from .public_page import PublicPageMixin


class HomePage(PublicPageMixin, Page):
    """Where a reader arrives: what this is, the way to help, and the pages beneath."""

    objects: ClassVar[PageManager]
    body = StreamField(BodyBlock(), blank=True, verbose_name=_("body"))

    content_panels = [*Page.content_panels, FieldPanel("intro"), FieldPanel("body")]
    search_fields = [*Page.search_fields, index.SearchField("intro"), index.SearchField("body")]
    parent_page_types = ["wagtailcore.Page"]
    template = "content/home_page.html"

    class Meta:
        verbose_name = _("home page")
        verbose_name_plural = _("home pages")


class HelpPage(PublicPageMixin, Page):
    """Where to get help now. The lines come from the telephone lines in the menu, never from the text."""

    objects: ClassVar[PageManager]
    body = StreamField(BodyBlock(), blank=True, verbose_name=_("body"))

    content_panels = [*Page.content_panels, FieldPanel("intro"), FieldPanel("body")]
    search_fields = [*Page.search_fields, index.SearchField("intro"), index.SearchField("body")]
    parent_page_types = ["content.HomePage"]
    subpage_types: list[str] = []
    max_count_per_parent = 1
    template = "content/help_page.html"

    class Meta:
        verbose_name = _("help page")
        verbose_name_plural = _("help pages")


class ArticlePage(PublicPageMixin, Page):
    """A text to read, with the sources it rests on and the day someone last checked it."""

    objects: ClassVar[PageManager]
    body = StreamField(BodyBlock(), verbose_name=_("body"))
    sources = RichTextField(
        _("sources"), features=[*INLINE, "ul"], blank=True, help_text=_("Laws and documents the text rests on.")
    )
    checked_on = models.DateField(_("text checked on"), null=True, blank=True)

    content_panels = [
        *Page.content_panels,
        FieldPanel("intro"),
        FieldPanel("body"),
        FieldPanel("sources"),
        FieldPanel("checked_on"),
    ]
    search_fields = [*Page.search_fields, index.SearchField("intro"), index.SearchField("body")]
    parent_page_types = ["content.HomePage", "content.ArticlePage"]
    template = "content/article_page.html"

    class Meta:
        verbose_name = _("article")
        verbose_name_plural = _("articles")
