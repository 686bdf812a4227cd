"""What one answer is made with. It asks the database for each kind of thing once, whatever the number of places."""

import json
from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Length, Substr
from django.http import HttpRequest
from wagtail.documents import get_document_model
from wagtail.fields import RichTextField, StreamField
from wagtail.models import Collection, CollectionViewRestriction, Locale, Page, Site

from ..models import Hotline, public_pages
from .rich_text import links_in

# Fields that hold long texts; lists that don't show them don't load them.
STREAMS = frozenset({"body", "steps", "questions", "files", "what_for", "for_whom", "how_to_reach"})


def absolute(path: str) -> str:
    """The full address of something on this site; what has one of its own keeps it."""
    return path if path.startswith(("http://", "https://")) else settings.PUBLIC_URL + path


def in_open_collections(things: QuerySet) -> QuerySet:
    """Of images or documents, those in collections that no restriction keeps back."""
    shut = CollectionViewRestriction.objects.values_list("collection__path", flat=True)
    kept_back = Q()
    for path in shut:
        kept_back |= Q(path__startswith=path)
    return things.exclude(collection__in=Collection.objects.filter(kept_back)) if kept_back else things


class Reading:
    """Holds what the answer to one request shares. `request` may be None (tests, the description)."""

    def __init__(self, request: HttpRequest | None = None) -> None:
        self.request = request
        self._pages: dict[int, str] = {}
        self._files: dict[int, str] = {}
        self.twins: dict[Any, list[Page]] = {}
        self.parents: dict[str, Page] = {}
        self.child_counts: dict[str, int] = {}

    @cached_property
    def lines(self) -> dict[int, Hotline]:
        """Every line that readers may see, by id, in the order of the site."""
        return {line.pk: line for line in Hotline.objects.published()}

    @cached_property
    def languages(self) -> dict[int, str]:
        return dict(Locale.objects.values_list("pk", "language_code"))

    @cached_property
    def site(self) -> Site | None:
        return Site.objects.filter(is_default_site=True).select_related("root_page").first()

    @cached_property
    def sections(self) -> list[Page]:
        """Every public section, the deepest first."""
        return list(public_pages(self.request).filter(content_type__model="sectionpage").order_by("-depth"))

    def section_of(self, page: Page) -> Page | None:
        """The nearest public section above a page."""
        return next(
            (each for each in self.sections if page.path.startswith(each.path) and page.path != each.path), None
        )

    def address_of(self, page: Page) -> str:
        """Where a page is read."""
        parts = page.get_url_parts(self.request)
        return absolute(parts[2] if parts and parts[2] else "/")

    def address_of_file(self, file: Any) -> str:
        """Where a file of the library is fetched."""
        return absolute(file.url)

    def page_address(self, pk: int) -> str | None:
        """Where this page is read, if anyone may come across it."""
        self._find_pages({pk})
        return self._pages.get(pk) or None

    def file_address(self, pk: int) -> str | None:
        """Where this file is, if anyone may have it."""
        self._find_files({pk})
        return self._files.get(pk) or None

    def specific(self, pages: Iterable[Page], names: set[str]) -> list[Any]:
        """The pages as their own types, in the same order, with what these fields need of their relatives: one query
        for each type, and one for each kind of relative."""
        order = [page.pk for page in pages]
        found = Page.objects.filter(pk__in=order)
        if not names & STREAMS:
            found = found.defer_streamfields()
        by_id = {page.pk: page for page in found.specific()}
        whole = [by_id[pk] for pk in order if pk in by_id]
        self.prepare(whole, names)
        return whole

    def prepare(self, pages: list[Any], names: set[str]) -> None:
        """Looks up what these fields of these pages need."""
        if "translations" in names:
            for twin in public_pages(self.request).filter(translation_key__in={page.translation_key for page in pages}):
                self.twins.setdefault(twin.translation_key, []).append(twin)
        above = {page.path[: -page.steplen] for page in pages if page.path}
        if "parent" in names:
            self.parents |= {page.path: page for page in public_pages(self.request).filter(path__in=above)}
        if "children" in names:
            self.child_counts |= _get_children({page.path for page in pages if page.path}, self.request)
        if names & (STREAMS | {"sources"}):
            self.expect(pages)

    def expect(self, things: Iterable[Any]) -> None:
        """Looks up at once what the texts of these objects link to."""
        pages, files = links_in(text for thing in things for text in _texts(thing))
        self._find_pages(pages)
        self._find_files(files)

    def _find_pages(self, ids: set[int]) -> None:
        missing = ids - self._pages.keys()
        if not missing:
            return
        self._pages |= dict.fromkeys(missing, "")
        found = public_pages(self.request).filter(pk__in=missing)
        self._pages |= {page.pk: self.address_of(page) for page in found}

    def _find_files(self, ids: set[int]) -> None:
        missing = ids - self._files.keys()
        if not missing:
            return
        self._files |= dict.fromkeys(missing, "")
        found = in_open_collections(get_document_model().objects.filter(pk__in=missing))
        self._files |= {file.pk: self.address_of_file(file) for file in found}


def _get_children(paths: set[str], request: HttpRequest | None) -> dict[str, int]:
    """{path of a page: how many public pages stand right beneath it}."""
    parent = Substr("path", 1, Length("path") - Page.steplen)
    counted = public_pages(request).order_by().annotate(above=parent).filter(above__in=paths)
    return dict(counted.values("above").annotate(number=Count("pk")).values_list("above", "number"))


def _texts(thing: Any) -> Iterable[str]:
    for field in thing._meta.get_fields():
        if isinstance(field, RichTextField):
            yield getattr(thing, field.attname) or ""
        elif isinstance(field, StreamField) and field.attname in thing.__dict__:
            yield json.dumps(list(getattr(thing, field.attname).raw_data))
