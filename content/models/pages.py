"""The page types of the public site, all built on Wagtail's own Page."""

from typing import Any, ClassVar

from django.core.paginator import Paginator
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalManyToManyField
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.fields import RichTextField
from wagtail.models import Page, PageManager
from wagtail.search import index

from access.models import Region

from ..blocks import LONG, BodyBlock, DoorsBlock, DownloadsBlock, FootBlock, QuestionsBlock, WhatHappensBlock
from ..fields import BodyField
from ..glossary import group_by_letter
from ..page_listing import public_pages
from .glossary import GlossaryTerm
from .hotline_languages import get_choices
from .hotlines import Hotline
from .public_page import PublicPageMixin

PAGE_SIZE = 40
LANGUAGE_QUERY = "l"
HEAD_PANELS = [*Page.content_panels, FieldPanel("intro")]
BODY_PANELS = [FieldPanel("body"), *PublicPageMixin.care_panels]
PARENT_TYPES = ["content.HomePage", "content.SectionPage", "content.ArticlePage"]


class HomePage(PublicPageMixin, Page):
    """The home page: its doors, each for whoever comes with that in mind, and the pages beneath."""

    objects: ClassVar[PageManager]
    doors = BodyField(
        DoorsBlock(),
        blank=True,
        default=list,
        verbose_name=_("doors"),
        help_text=_("At most three, each with its one next step. Without any, the way to the help page stands here."),
    )
    body = BodyField(BodyBlock(), blank=True, verbose_name=_("body"))
    foot = BodyField(
        FootBlock(),
        blank=True,
        default=list,
        verbose_name=_("pages at the foot"),
        help_text=_("Every page leads to these below: who we are, how to reach us, the privacy notice."),
    )

    content_panels = [*HEAD_PANELS, FieldPanel("doors"), *BODY_PANELS, FieldPanel("foot")]
    search_fields = [*PublicPageMixin.search_fields, index.SearchField("doors")]
    parent_page_types = ["wagtailcore.Page"]
    api_fields = ["doors", "foot"]
    template = "content/home_page.html"

    class Meta:
        verbose_name = _("home page")
        verbose_name_plural = _("home pages")


class HelpPage(PublicPageMixin, Page):
    """A page on where to get help now. Its numbers come from the helplines, never from the text."""

    objects: ClassVar[PageManager]
    body = BodyField(BodyBlock(), blank=True, verbose_name=_("body"))

    content_panels = [*HEAD_PANELS, *BODY_PANELS]
    parent_page_types = ["content.HomePage"]
    subpage_types: list[str] = []
    max_count_per_parent = 1
    api_fields: list[str] = []
    template = "content/help_page.html"
    # The page for one language is cached on its own.
    kept_query = frozenset({LANGUAGE_QUERY})

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add `spoken`: the languages to choose from, and keep those lines on which the chosen one is spoken."""
        context = super().get_context(request, *args, **kwargs)
        lines = context["lines"]
        spoken = get_choices(code for line in lines for code in line.languages)
        asked = request.GET.get(LANGUAGE_QUERY, "")
        chosen = asked if asked in dict(spoken) else ""
        # Danger lines stay: whoever is in danger calls, whatever is spoken there.
        found = [line for line in lines if not chosen or line.for_danger or chosen in line.languages]
        return context | {"page_lines": found, "spoken": spoken, "chosen": chosen, "language_query": LANGUAGE_QUERY}

    class Meta:
        verbose_name = _("help page")
        verbose_name_plural = _("help pages")


class SectionPage(PublicPageMixin, Page):
    """A section of the site, which lists its pages as cards."""

    objects: ClassVar[PageManager]
    body = BodyField(BodyBlock(), blank=True, verbose_name=_("body"))

    content_panels = [*HEAD_PANELS, *BODY_PANELS]
    parent_page_types = ["content.HomePage", "content.SectionPage"]
    api_fields: list[str] = []
    template = "content/section_page.html"
    # Each part of a long list is cached on its own; other parameters keep an answer out of the cache.
    kept_query = frozenset({"p"})

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        children = public_pages(request).child_of(self).select_related("locale")
        # `get_page` answers a wrong number with the nearest page: a mistyped link must not end in an error here.
        pages = Paginator(children, PAGE_SIZE).get_page(request.GET.get("p"))
        return super().get_context(request, *args, **kwargs) | {"pages": pages}

    def beside(self, request: HttpRequest) -> list[Page]:
        return []  # its pages stand in the middle, as cards

    class Meta:
        verbose_name = _("section")
        verbose_name_plural = _("sections")


class ArticlePage(PublicPageMixin, Page):
    """An article with the sources it rests on and the day when somebody last checked it."""

    objects: ClassVar[PageManager]
    body = BodyField(BodyBlock(), blank=True, verbose_name=_("body"))

    content_panels = [*HEAD_PANELS, *BODY_PANELS]
    parent_page_types = PARENT_TYPES
    api_fields: list[str] = []
    template = "content/article_page.html"

    class Meta:
        verbose_name = _("article")
        verbose_name_plural = _("articles")


class StepsPage(PublicPageMixin, Page):
    """A procedure step by step: what happens, when, and who does it."""

    objects: ClassVar[PageManager]
    steps = BodyField(WhatHappensBlock(), blank=True, verbose_name=_("steps"))
    body = BodyField(BodyBlock(), blank=True, verbose_name=_("below the steps"))

    content_panels = [*HEAD_PANELS, FieldPanel("steps"), *BODY_PANELS]
    search_fields = [*PublicPageMixin.search_fields, index.SearchField("steps")]
    parent_page_types = PARENT_TYPES
    api_fields = ["steps"]
    template = "content/steps_page.html"

    class Meta:
        verbose_name = _("step-by-step page")
        verbose_name_plural = _("step-by-step pages")


class QuestionsPage(PublicPageMixin, Page):
    """A page of questions that people ask, with answers."""

    objects: ClassVar[PageManager]
    questions = BodyField(QuestionsBlock(), blank=True, verbose_name=_("questions"))
    body = BodyField(BodyBlock(), blank=True, verbose_name=_("below the questions"))

    content_panels = [*HEAD_PANELS, FieldPanel("questions"), *BODY_PANELS]
    search_fields = [*PublicPageMixin.search_fields, index.SearchField("questions")]
    parent_page_types = PARENT_TYPES
    api_fields = ["questions"]
    template = "content/questions_page.html"

    class Meta:
        verbose_name = _("page of questions and answers")
        verbose_name_plural = _("pages of questions and answers")


class GlossaryPage(PublicPageMixin, Page):
    """The glossary in alphabetical order. Its terms are objects of their own, not part of the page."""

    objects: ClassVar[PageManager]
    body = BodyField(BodyBlock(), blank=True, verbose_name=_("above the glossary"))

    content_panels = [*HEAD_PANELS, *BODY_PANELS]
    parent_page_types = ["content.HomePage", "content.SectionPage"]
    subpage_types: list[str] = []
    max_count_per_parent = 1
    api_fields: list[str] = []
    template = "content/glossary_page.html"

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        terms = GlossaryTerm.objects.filter(locale_id=self.locale_id)
        return super().get_context(request, *args, **kwargs) | {
            "letters": group_by_letter(terms, self.locale.language_code)
        }

    class Meta:
        verbose_name = _("glossary page")
        verbose_name_plural = _("glossary pages")


class ServicePage(PublicPageMixin, Page):
    """A service: what it does, for whom, and how to reach it."""

    objects: ClassVar[PageManager]
    what_for = RichTextField(_("what it does"), features=LONG, blank=True)
    for_whom = RichTextField(_("for whom"), features=LONG, blank=True)
    how_to_reach = RichTextField(_("how to reach it"), features=LONG, blank=True)
    cost = models.CharField(_("cost"), max_length=120, blank=True)
    hours = models.CharField(_("hours"), max_length=120, blank=True)
    # A page outlives its hotline: without it the page shows none.
    line = models.ForeignKey(
        Hotline, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("helpline")
    )
    # Parental: the choice is part of a revision, so a draft may differ from what readers see.
    regions = ParentalManyToManyField(
        Region, blank=True, related_name="+", verbose_name=_("regions"), help_text=_("None chosen: everywhere.")
    )
    body = BodyField(BodyBlock(), blank=True, verbose_name=_("body"))

    content_panels = [
        *HEAD_PANELS,
        FieldPanel("what_for"),
        FieldPanel("for_whom"),
        FieldPanel("how_to_reach"),
        MultiFieldPanel(
            [FieldRowPanel([FieldPanel("cost"), FieldPanel("hours")]), FieldPanel("line"), FieldPanel("regions")],
            heading=_("At a glance"),
        ),
        *BODY_PANELS,
    ]
    search_fields = [
        *PublicPageMixin.search_fields,
        index.SearchField("what_for"),
        index.SearchField("for_whom"),
        index.SearchField("how_to_reach"),
    ]
    parent_page_types = PARENT_TYPES
    api_fields = ["what_for", "for_whom", "how_to_reach", "cost", "hours", "line", "regions"]
    template = "content/service_page.html"

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add the regions, and the helpline only while it may be shown."""
        context = super().get_context(request, *args, **kwargs)
        # Looked up among the published hotlines, not by the foreign key: a hidden or stale one is on no page.
        line = next((line for line in context["lines"] if line.pk == self.line_id), None)
        return context | {"line": line, "regions": list(self.regions.all())}

    class Meta:
        verbose_name = _("service")
        verbose_name_plural = _("services")


class StoryPage(PublicPageMixin, Page):
    """An invented story, always marked as one. What is hard to read is named before it begins."""

    objects: ClassVar[PageManager]
    warning = models.CharField(
        _("sensitive content"),
        max_length=255,
        blank=True,
        help_text=_("Shown before the story, so that the reader can choose. Leave empty if there is none."),
    )
    body = BodyField(BodyBlock(), blank=True, verbose_name=_("story"))

    content_panels = [*HEAD_PANELS, FieldPanel("warning"), *BODY_PANELS]
    parent_page_types = PARENT_TYPES
    api_fields = ["warning", "is_invented"]
    template = "content/story_page.html"

    class Meta:
        verbose_name = _("story")
        verbose_name_plural = _("stories")


class DownloadPage(PublicPageMixin, Page):
    """Files to download, each with its description, kind and size."""

    objects: ClassVar[PageManager]
    files = BodyField(DownloadsBlock(), blank=True, verbose_name=_("files"))
    body = BodyField(BodyBlock(), blank=True, verbose_name=_("below the files"))

    content_panels = [*HEAD_PANELS, FieldPanel("files"), *BODY_PANELS]
    search_fields = [*PublicPageMixin.search_fields, index.SearchField("files")]
    parent_page_types = PARENT_TYPES
    api_fields = ["files"]
    template = "content/download_page.html"

    class Meta:
        verbose_name = _("download page")
        verbose_name_plural = _("download pages")


# The search itself is a template tag (`search_results` in `templatetags/content_tags.py`): it builds on these models,
# so they can't import it.
class SearchPage(PublicPageMixin, Page):
    """The search page of one language. What readers search for is stored nowhere."""

    objects: ClassVar[PageManager]
    body = BodyField(BodyBlock(), blank=True, verbose_name=_("body"))

    content_panels = [*HEAD_PANELS, *BODY_PANELS]
    parent_page_types = ["content.HomePage"]
    subpage_types: list[str] = []
    max_count_per_parent = 1
    api_fields: list[str] = []
    template = "content/search_page.html"

    class Meta:
        verbose_name = _("search page")
        verbose_name_plural = _("search pages")
