"""The mixin that all public pages share; the pages themselves are built on Wagtail's own Page."""

from typing import Any, ClassVar

from csp.constants import SELF
from django.db import models
from django.db.models import Case, Q, When
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.fields import RichTextField
from wagtail.models import Locale, Page
from wagtail.search import index
from wagtail.url_routing import RouteResult
from wagtail_localize.fields import SynchronizedField

from ..blocks import INLINE
from ..external_preview import ExternalPreviewMixin
from ..page_cache.markers import mark_cacheable, mark_no_store
from ..page_cache.shared import get_shared
from ..page_listing import is_hidden, public_pages
from ..rich_text import RichTextRenderer
from .glossary import get_glossary
from .legal_mark import LegalMarkMixin
from .page_context import build_page_context
from .reviewed_page import ReviewedPage

HOME_DEPTH = 2
MAX_BESIDE = 6


class PublicPageMixin(ReviewedPage, ExternalPreviewMixin, LegalMarkMixin, models.Model):
    """What a public page shows besides its own text: hotlines, the menu, its translations."""

    intro = models.TextField(
        _("introduction"), max_length=500, blank=True, help_text=_("Two or three sentences under the title.")
    )
    sources = RichTextField(
        _("sources"), features=[*INLINE, "ul"], blank=True, help_text=_("Laws and documents that the text is based on.")
    )
    checked_on = models.DateField(_("text checked on"), null=True, blank=True)
    review_by = models.DateField(
        _("next review on"), null=True, blank=True, help_text=_("From this day it appears in the editors' review list.")
    )
    change_note = models.CharField(
        _("what changed"),
        max_length=255,
        blank=True,
        help_text=_("In one sentence, for colleagues; never shown to readers."),
    )
    is_sensitive = models.BooleanField(
        _("store no copy"),
        default=False,
        help_text=_(
            "Browsers and caches store no copy of it. For pages that would reveal something about their reader."
        ),
    )
    is_listed = models.BooleanField(
        _("listed"),
        default=True,
        db_index=True,
        help_text=_("Otherwise only people who know the address find it: no menu, no search, no feeds."),
    )

    care_panels = [
        FieldPanel("sources"),
        FieldRowPanel([FieldPanel("checked_on"), FieldPanel("review_by")]),
        FieldPanel("change_note"),
        LegalMarkMixin.legal_panel,
    ]
    promote_panels = [
        *Page.promote_panels,
        MultiFieldPanel([FieldPanel("is_listed"), FieldPanel("is_sensitive")], heading=_("Visibility")),
    ]
    search_fields = [
        *Page.search_fields,
        index.SearchField("intro"),
        index.SearchField("body"),
        index.SearchField("sources"),
    ]
    # Per language: the note for colleagues and the days of review say something of one text, not of its translation.
    override_translatable_fields = [
        SynchronizedField("change_note", overridable=True),
        SynchronizedField("checked_on", overridable=True),
        SynchronizedField("review_by", overridable=True),
        *LegalMarkMixin.legal_fields,
    ]

    class Meta:
        abstract = True

    is_public_page: ClassVar[bool] = True
    is_reviewed_page: ClassVar[bool] = True  # the checks and the editors' lists look at it, public or not
    # Query parameters that this type of page reads and that may be cached beside the plain page (the part of a list,
    # say; never what someone searched for).
    kept_query: ClassVar[frozenset[str]] = frozenset()

    def route(self, request: HttpRequest, path_components: list[str]) -> RouteResult:
        """Find the page at this address below this one.

        Only the last is read with its text, not each on the way, as Wagtail's own does.
        """
        if not path_components:
            return super().route(request, path_components)
        page: Any = self
        for slug in path_components:
            page = page.get_children().filter(slug=slug).first()
            # Draft pages on the way are passed: the last page's own `route` says whether it is live.
            if page is None:
                raise Http404
        return page.specific.route(request, [])

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer with the page, cached for all readers unless it is sensitive.

        At the address of another language, redirect to the page's own.
        """
        # Locales hardly change: from the shared cache they cost no query for each page.
        locales = get_shared(request, "locales", lambda: {locale.pk: locale for locale in Locale.objects.all()})
        self.locale = locales[self.locale_id]
        if translation.get_language() != self.locale.language_code:
            return HttpResponseRedirect(self.get_url(request))
        response: HttpResponse = super().serve(request, *args, **kwargs)
        if self.is_sensitive:
            mark_no_store(request, response)
        else:
            mark_cacheable(request, response, query=self.kept_query)
        # An unlisted page is found by its address alone; a search engine would tell it to everybody.
        if is_hidden(self, request):
            response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    def serve_preview(self, request: HttpRequest, mode_name: str) -> HttpResponse:
        """Show the draft in its own language, in a frame of the admin and nowhere else."""
        translation.activate(self.locale.language_code)
        response: HttpResponse = super().serve_preview(request, mode_name)
        own = getattr(response, "_csp_replace", {})  # a front end elsewhere stands in a frame of its own
        # The preview panel shows it in a frame of the same origin; public pages allow no frame at all.
        response._csp_replace = {**own, "frame-ancestors": [SELF]}  # type: ignore[attr-defined]
        return response

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add what every public page shares (`page_context`), the way back up, and the renderer of its rich texts."""
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        code = self.locale.language_code
        context |= build_page_context(request, code, twins_of=self)
        context["above"] = self.above(request)
        context["beside"] = self.beside(request)
        context["is_hidden"] = is_hidden(self, request)
        glossary = get_shared(request, ("glossary", self.locale_id), lambda: get_glossary(self.locale_id))
        context["reading"] = RichTextRenderer(self, request, glossary, glossary_page=context["glossary_page"])
        return context

    def above(self, request: HttpRequest) -> list[Page]:
        """Return the listed pages from the home page down to the one above this.

        Empty on and right under the home page.
        """
        if self.depth <= HOME_DEPTH + 1:
            return []
        above = public_pages(request).ancestor_of(self).filter(depth__gte=HOME_DEPTH)
        return list(above.order_by("path").select_related("locale"))

    def beside(self, request: HttpRequest) -> list[Page]:
        """Return what to read next: the pages under this one, else those that follow it in its section. At most six."""
        if self.depth < HOME_DEPTH + 1:
            return []
        if not self.is_leaf():
            return list(public_pages(request).child_of(self).select_related("locale")[:MAX_BESIDE])
        if self.depth == HOME_DEPTH + 1:
            return []
        siblings = public_pages(request).sibling_of(self, inclusive=False).order_by("path").values("pk")
        # At the end of a section it goes on with the section's first pages. A few of each, along the index of paths: a
        # section may hold a thousand pages.
        near = Q(pk__in=siblings.filter(path__gt=self.path)[:MAX_BESIDE])
        near |= Q(pk__in=siblings.filter(path__lt=self.path)[:MAX_BESIDE])
        is_before = Case(When(path__lt=self.path, then=True), default=False, output_field=models.BooleanField())
        found = Page.objects.filter(near).select_related("locale").annotate(is_before=is_before)
        return list(found.order_by("is_before", "path")[:MAX_BESIDE])
