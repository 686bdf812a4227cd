"""Pages about informative sessions. Their records are in `records`."""

from typing import Any, ClassVar

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.models import Page, PageManager

from content.fields import BodyField
from content.models import PublicPageMixin

from .asked.models import QuestionsReview
from .blocks import SessionBodyBlock
from .feedback.models import FeedbackCount
from .kits.models import KitPage, KitVersion, MaterialLibraryPage, MaterialPage
from .pages.models import SessionPage
from .records.models import CalendarAddress, InformativeSession, SessionCount, UsedMaterial
from .records.phones.models import PhoneRecord

SESSIONS_A_PAGE = 40

__all__ = [
    "CalendarAddress",
    "FeedbackCount",
    "InformativeSession",
    "KitPage",
    "KitVersion",
    "MaterialLibraryPage",
    "MaterialPage",
    "OutreachIndexPage",
    "PhoneRecord",
    "QuestionsReview",
    "SessionCount",
    "SessionPage",
    "UsedMaterial",
]


class OutreachIndexPage(PublicPageMixin, Page):
    """The page on what an informative session is, for whom, who comes, and what happens if someone wants to talk."""

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
    api_fields: list[str] = []
    template = "outreach_pages/outreach_index_page.html"
    kept_query = frozenset({"p", "n"})

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add the sessions that units let be listed: `coming` from today on (?n=), `past` the newest first (?p=)."""
        listed = InformativeSession.objects.public().select_related("municipality__region")
        today = timezone.localdate()
        coming = listed.filter(date__gte=today).order_by("date", "starts_at", "pk")
        past = listed.filter(date__lt=today).order_by("-date", "-starts_at", "pk")
        return super().get_context(request, *args, **kwargs) | {
            "coming": Paginator(coming, SESSIONS_A_PAGE).get_page(request.GET.get("n")),
            "past": Paginator(past, SESSIONS_A_PAGE).get_page(request.GET.get("p")),
        }

    class Meta:
        verbose_name = _("sessions page")
        verbose_name_plural = _("sessions pages")
