"""Pages about informative sessions; their record stands in `records`."""

from typing import ClassVar

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.models import Page, PageManager

from content.fields import BodyField
from content.models import PublicPageMixin

from .blocks import SessionBodyBlock
from .feedback.models import FeedbackCount, FeedbackDay
from .pages.models import SessionPage
from .records.models import CalendarAddress, InformativeSession, SessionCount

__all__ = [
    "CalendarAddress",
    "FeedbackCount",
    "FeedbackDay",
    "InformativeSession",
    "OutreachIndexPage",
    "SessionCount",
    "SessionPage",
]


class OutreachIndexPage(PublicPageMixin, Page):
    """What an informative session is, for whom, who comes, and what happens if someone wants to talk."""

    objects: ClassVar[PageManager]
    body = BodyField(SessionBodyBlock(), verbose_name=_("body"))

    content_panels = [
        *Page.content_panels,
        FieldPanel("intro"),
        FieldPanel("body"),
        *PublicPageMixin.care_panels,
    ]
    parent_page_types = ["content.HomePage"]
    subpage_types = ["outreach_pages.SessionPage"]
    max_count_per_parent = 1
    template = "outreach_pages/outreach_index_page.html"

    class Meta:
        verbose_name = _("sessions page")
        verbose_name_plural = _("sessions pages")
