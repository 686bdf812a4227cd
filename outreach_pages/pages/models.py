"""A session's page. It is in Wagtail's tree so that editors can edit it, and is served at its card's address."""

import uuid
from typing import Any, ClassVar

from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.models import Page, PageManager

from content.blocks import BodyBlock
from content.fields import BodyField
from content.models import PublicPageMixin


def new_slug() -> str:
    """Return a random slug for Wagtail's tree. Not the code: that address must not reveal that a card exists."""
    return uuid.uuid4().hex


class SessionPage(PublicPageMixin, Page):
    """What was discussed in one session, for those who were there. Unlisted, and served at /k/<code>/ only."""

    objects: ClassVar[PageManager]
    session = models.ForeignKey(
        "outreach_pages.InformativeSession",
        models.PROTECT,
        related_name="pages",
        editable=False,
        verbose_name=_("informative session"),
    )
    body = BodyField(BodyBlock(), blank=True, verbose_name=_("body"))
    record_digest = models.CharField(max_length=64, blank=True, editable=False)  # hash of what the record wrote last

    content_panels = [*Page.content_panels, FieldPanel("intro"), FieldPanel("body"), *PublicPageMixin.care_panels]
    promote_panels = Page.promote_panels  # nothing to choose on how it is found: see `full_clean`
    parent_page_types = ["outreach_pages.OutreachIndexPage"]
    subpage_types: list[str] = []
    is_creatable = False  # made from the record (`pages.making`)
    show_in_menus_default = False
    in_legal_review = False  # its texts are the shipped ones of sessions: `data/legal.json`
    template = "outreach_pages/session_page.html"

    class Meta:
        verbose_name = _("session page")
        verbose_name_plural = _("session pages")

    def full_clean(self, *args: Any, **kwargs: Any) -> None:
        """Keep the page unlisted, out of the menus and uncached, whatever was chosen elsewhere."""
        self.is_listed, self.is_sensitive, self.show_in_menus = False, True, False
        super().full_clean(*args, **kwargs)

    def get_url_parts(self, request: HttpRequest | None = None) -> tuple[int, str, str] | None:
        """Return the card's address in place of the page's: for links, "view live" and the other language."""
        parts = super().get_url_parts(request)
        if parts is None or parts[1] is None:
            return parts
        return parts[0], parts[1], self._card_address(self.locale.language_code)

    def _card_address(self, language: str) -> str:
        with translation.override(language):
            return reverse("cards:card", args=[self.session.card_code])

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Redirect from the page's place in the tree; the card decides there whether it may be read."""
        if getattr(request, "is_preview", False):
            return super().serve(request, *args, **kwargs)
        response = HttpResponseRedirect(self.get_url(request))
        response["Cache-Control"] = "no-store"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    def serve_to_card(self, request: HttpRequest) -> HttpResponse:
        """Serve the page itself, for a card that is open."""
        return super().serve(request)

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add the card, the materials and the translation's address to the context."""
        from ..cards.responses import build_card_context
        from .materials import get_materials

        context = super().get_context(request, *args, **kwargs)
        # The frame links a translation by its place in the tree, which would only redirect to the card's address.
        context["twins"] = [
            each | {"url": self._card_address(each["language"])} if each["is_same"] else each
            for each in context["twins"]
        ]
        materials = get_materials(self.session, self.body, self.locale.language_code, request)
        return context | build_card_context(self.session) | {"materials": materials}

    def get_admin_display_title(self) -> str:
        """Add day, town and card, by which editors tell apart hundreds of pages with one title."""
        details = f"{self.session.date:%d.%m.%Y}, {self.session.municipality}, {self.session.card_code}"
        return f"{super().get_admin_display_title()} · {details}"
