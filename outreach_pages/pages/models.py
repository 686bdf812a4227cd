"""A session's page. It is in Wagtail's tree so that editors can edit it, and is served at its card's address."""

import uuid
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.models import Page, PageManager
from wagtail.query import PageQuerySet
from wagtail_localize.fields import BaseTranslatableField

from content.fields import BodyField
from content.models import PublicPageMixin

from ..blocks import SessionPageBlock
from ..records.models import InformativeSession
from .forms import SessionPageForm
from .kit_words import get_as_shown
from .reading import render_body


def new_slug() -> str:
    """Return a random slug for Wagtail's tree. Not the code: that address must not reveal that a card exists."""
    return uuid.uuid4().hex


class SessionPageQuerySet(PageQuerySet):
    def only(self, *fields: Any) -> "SessionPageQuerySet":
        # Django refuses to join what it shall not load. Wagtail's editor reads translations so.
        alone: Any = self.select_related(None)
        return super(SessionPageQuerySet, alone).only(*fields)


class SessionPageManager(PageManager.from_queryset(SessionPageQuerySet)):  # type: ignore[misc]
    """Reads the session and its municipality along: lists of pages name both in each row."""

    def get_queryset(self) -> SessionPageQuerySet:
        return super().get_queryset().select_related("session__municipality")


class SessionPage(PublicPageMixin, Page):
    """What was discussed in one session, for those who were there. Unlisted, and served at /k/<code>/ only."""

    objects: ClassVar[PageManager] = SessionPageManager()
    session = models.ForeignKey(
        "outreach_pages.InformativeSession",
        models.PROTECT,
        related_name="pages",
        editable=False,
        verbose_name=_("informative session"),
    )
    body = BodyField(SessionPageBlock(), blank=True, verbose_name=_("body"))
    record_digest = models.CharField(max_length=64, blank=True, editable=False)  # hash of what the record wrote last
    kit_version = models.ForeignKey(
        "outreach_pages.KitVersion",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("kit and version"),
        help_text=_("Its introduction, its words and its quiz stand on the page, where the text has a place for them."),
    )
    follows = models.BooleanField(
        _("follows updates of the kit"),
        default=True,
        help_text=_("Otherwise it keeps what the class saw: the version that is chosen here."),
    )

    base_form_class = SessionPageForm
    content_panels = [
        *Page.content_panels,
        FieldPanel("intro"),
        FieldPanel("body"),
        MultiFieldPanel([FieldPanel("kit_version"), FieldPanel("follows")], heading=_("Words from a kit")),
        *PublicPageMixin.care_panels,
    ]
    # Each language has its own kits, with versions of their own.
    override_translatable_fields = [
        *PublicPageMixin.override_translatable_fields,
        BaseTranslatableField("kit_version"),
        BaseTranslatableField("follows"),
    ]
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

    def clean(self) -> None:
        """Refuse a kit of another language than the page's."""
        super().clean()
        if self.kit_version is not None and self.kit_version.language != self.locale.language_code:
            raise ValidationError({"kit_version": _("This kit is in another language than the page.")})

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

    def beside(self, request: HttpRequest) -> list[Page]:
        """Return nothing: the other pages here are those of other sessions. Looking for a listed one reads them all."""
        return []

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add the kit's words, the card, the materials and the translation's address to the context."""
        # Both read sessions with their pages, which are made here.
        from ..cards.responses import build_card_context
        from .materials import get_materials

        shown, words = get_as_shown(self)
        # As shown, so that links, glossary and materials know the kit's words too.
        context: dict[str, Any] = super(SessionPage, shown).get_context(request, *args, **kwargs)
        # The frame links a translation by its place in the tree, which would only redirect to the card's address.
        context["twins"] = [
            each | {"url": self._card_address(each["language"])} if each["is_same"] else each
            for each in context["twins"]
        ]
        materials = get_materials(self.session, shown.body, self.locale.language_code, request)
        context |= build_card_context(self.session)
        context |= {"materials": materials, "changes": words.changes if words else [], "follows": self.follows}
        return context | {"reading_body": render_body(shown.body, context)}

    def get_admin_display_title(self) -> str:
        """Add day, town and card, by which editors tell apart hundreds of pages with one title.

        Readers of the page see all three; the unit and the place's name stay with the units.
        """
        if "session_id" in self.get_deferred_fields():  # Wagtail's `specific_deferred` loads none of its own columns
            self.session = InformativeSession.objects.select_related("municipality").get(pages=self.pk)
        details = f"{self.session.date:%d.%m.%Y}, {self.session.municipality}, {self.session.card_code}"
        return f"{super().get_admin_display_title()} · {details}"
