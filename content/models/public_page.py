"""What all public pages share. A mixin: the pages themselves stand on Wagtail's own Page."""

from typing import Any

from csp.constants import SELF
from django.conf import settings
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.fields import RichTextField
from wagtail.models import Locale, Page, Site
from wagtail.search import index
from wagtail_localize.fields import SynchronizedField

from ..blocks import INLINE
from .hotlines import Hotline


class PublicPageMixin(models.Model):
    """What a public page shows besides its own text: lines to call, the menu, its twin in the other language."""

    intro = models.TextField(
        _("introduction"), max_length=500, blank=True, help_text=_("Two or three sentences under the title.")
    )
    sources = RichTextField(
        _("sources"), features=[*INLINE, "ul"], blank=True, help_text=_("Laws and documents the text rests on.")
    )
    checked_on = models.DateField(_("text checked on"), null=True, blank=True)
    review_by = models.DateField(
        _("look at it again by"), null=True, blank=True, help_text=_("From this day it stands in the editors' report.")
    )
    change_note = models.CharField(
        _("what changed"),
        max_length=255,
        blank=True,
        help_text=_("In one sentence, for colleagues; never shown to readers."),
    )
    is_sensitive = models.BooleanField(
        _("leave no copy"),
        default=False,
        help_text=_("Browsers and caches keep no copy of it. For pages that would say something about their reader."),
    )
    is_listed = models.BooleanField(
        _("listed"),
        default=True,
        db_index=True,
        help_text=_("Otherwise only who knows the address finds it: no menu, no search, no feeds."),
    )

    care_panels = [
        FieldPanel("sources"),
        FieldRowPanel([FieldPanel("checked_on"), FieldPanel("review_by")]),
        FieldPanel("change_note"),
    ]
    promote_panels = [
        *Page.promote_panels,
        MultiFieldPanel([FieldPanel("is_listed"), FieldPanel("is_sensitive")], heading=_("Who finds it")),
    ]
    search_fields = [
        *Page.search_fields,
        index.SearchField("intro"),
        index.SearchField("body"),
        index.SearchField("sources"),
    ]
    # What an editor tells colleagues about a change, and the days of care, are each language's own affair.
    override_translatable_fields = [
        SynchronizedField("change_note", overridable=True),
        SynchronizedField("checked_on", overridable=True),
        SynchronizedField("review_by", overridable=True),
    ]

    class Meta:
        abstract = True

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page, kept by no cache on the way; at the address of another language, a redirect to its own."""
        if translation.get_language() != self.locale.language_code:  # type: ignore[attr-defined]
            return HttpResponseRedirect(self.get_url(request))  # type: ignore[attr-defined]
        response: HttpResponse = super().serve(request, *args, **kwargs)  # type: ignore[misc]
        response["Cache-Control"] = "no-store"
        return response

    def serve_preview(self, request: HttpRequest, mode_name: str) -> HttpResponse:
        """The draft in its own language, in a frame of the editors' rooms and nowhere else."""
        translation.activate(self.locale.language_code)  # type: ignore[attr-defined]
        response: HttpResponse = super().serve_preview(request, mode_name)  # type: ignore[misc]
        response._csp_replace = {"frame-ancestors": [SELF]}  # type: ignore[attr-defined]
        return response

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)  # type: ignore[misc]
        lines = list(Hotline.objects.published())
        home = self.home(request)
        context |= {
            "lines": lines,
            "strip": first_lines(lines),
            "home": home,
            "help_page": help_page_under(home) if home else None,
            "menu": list(home.get_children().live().public().in_menu().specific()) if home else [],
            "twins": self.twins(request, home),
            "public_url": settings.PUBLIC_URL,
        }
        return context

    def home(self, request: HttpRequest) -> Page | None:
        """The home page in this page's language."""
        site = Site.find_for_request(request)
        if site is None:
            return None
        root = site.root_page
        locale_id = self.locale_id  # type: ignore[attr-defined]
        twin = root if root.locale_id == locale_id else root.get_translations().filter(locale_id=locale_id).first()
        return (twin or root).specific

    def twins(self, request: HttpRequest, home: Page | None) -> list[dict[str, Any]]:
        """Where each language is read: [{"language", "name", "url", "is_current", "is_same"}].

        `is_same` is False when this page has no twin in that language and the link leads to that language's home page.
        """
        own = {page.locale_id: page for page in self.get_translations(inclusive=True).live().public()}  # type: ignore[attr-defined]
        homes = {page.locale_id: page for page in home.get_translations(inclusive=True).live()} if home else {}
        found = []
        for locale in sorted(Locale.objects.all(), key=_by_settings):
            page = own.get(locale.pk) or homes.get(locale.pk)
            if page is None:
                continue
            found.append(
                {
                    "language": locale.language_code,
                    "name": translation.get_language_info(locale.language_code)["name_local"].capitalize(),
                    "url": page.get_url(request),
                    "is_current": locale.pk == self.locale_id,  # type: ignore[attr-defined]
                    "is_same": locale.pk in own,
                }
            )
        return found


def _by_settings(locale: Locale) -> int:
    codes = [code for code, _name in settings.LANGUAGES]
    return codes.index(locale.language_code)


def first_lines(lines: list[Hotline]) -> list[Hotline]:
    """The two lines that stand on top of every page: the first for danger, and the first to talk to."""
    danger = next((line for line in lines if line.for_danger), None)
    talk = next((line for line in lines if not line.for_danger), None)
    return [line for line in (danger, talk) if line]


def help_page_under(home: Page) -> Page | None:
    """The page "Get help now" of this home page."""
    return home.get_children().live().public().filter(content_type__model="helppage").specific().first()
