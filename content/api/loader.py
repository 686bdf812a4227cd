"""Load what the objects of one answer need besides themselves, once for all of them."""

import json
from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Length, Substr
from django.http import HttpRequest
from django.urls import reverse
from wagtail.documents import get_document_model
from wagtail.fields import RichTextField, StreamField
from wagtail.models import Collection, CollectionViewRestriction, Locale, Page

from access.centre import get_centre_unit

from ..asset_usage import is_public_asset
from ..external_preview import sign_file
from ..models import Hotline, public_pages
from .rich_text import find_links


def absolute_url(path: str) -> str:
    """Return the full URL of a path on this site; a URL that is full already stays as it is."""
    # PUBLIC_URL and not the request's host: links hold the one public address (docs/adr/0088).
    return path if path.startswith(("http://", "https://")) else settings.PUBLIC_URL + path


def api_url(name: str, key: Any = None) -> str:
    """Return the full URL of a list of the API, or of an object in it."""
    return absolute_url(reverse(f"api:{name}:listing") if key is None else reverse(f"api:{name}:detail", args=(key,)))


def in_open_collections(objects: QuerySet) -> QuerySet:
    """Exclude images or documents in collections that are restricted, or beneath one that is."""
    kept_back = Q()
    for path in CollectionViewRestriction.objects.values_list("collection__path", flat=True):
        kept_back |= Q(path__startswith=path)
    return objects.exclude(collection__in=Collection.objects.filter(kept_back)) if kept_back else objects


class Loader:
    """Related pages, links and hotlines for the answer to one request.

    `objects` is what the answer is about. Each kind of relation is looked up when it is first asked for, in one query
    for all objects, so that a long list costs as many queries as a short one. `request` may be None (tests).
    """

    def __init__(self, request: HttpRequest | None = None, objects: Iterable[Any] = ()) -> None:
        self.request = request
        self.objects = list(objects)
        self._serializers: dict[type, Any] = {}
        self._page_urls: dict[int, str] = {}
        self._file_urls: dict[int, str] = {}

    def serialize(self, serializer_class: type, thing: Any) -> dict[str, Any]:
        """Return an object within another, with all its fields."""
        if serializer_class not in self._serializers:
            self._serializers[serializer_class] = serializer_class(context={"loader": self})
        found: dict[str, Any] = self._serializers[serializer_class].to_representation(thing)
        return found

    @cached_property
    def hotlines(self) -> dict[int, Hotline]:
        """Return every hotline that readers may see, by id, in the order of the site."""
        return {line.pk: line for line in Hotline.objects.published()}

    @cached_property
    def languages(self) -> dict[int, str]:
        """Return {id of a locale: language code}."""
        return dict(Locale.objects.values_list("pk", "language_code"))

    @cached_property
    def has_centre(self) -> bool:
        """Return whether the centre's unit answers for regions without one."""
        return get_centre_unit() is not None

    @cached_property
    def sections(self) -> list[Page]:
        """Return every public section, the deepest first."""
        return list(public_pages(self.request).filter(content_type__model="sectionpage").order_by("-depth"))

    def get_section(self, page: Page) -> Page | None:
        """Return the nearest public section above a page."""
        above = (each for each in self.sections if page.path.startswith(each.path) and page.path != each.path)
        return next(above, None)

    @cached_property
    def _twins(self) -> dict[Any, list[Any]]:
        keys = {thing.translation_key for thing in self.objects}
        model = type(self.objects[0])
        found = public_pages(self.request) if issubclass(model, Page) else model.objects.all()
        twins: dict[Any, list[Any]] = {}
        for twin in found.filter(translation_key__in=keys):
            twins.setdefault(twin.translation_key, []).append(twin)
        return twins

    def get_translations(self, thing: Any) -> list[Any]:
        """Return the same page or term in the other languages, as far as it is public."""
        return [twin for twin in self._twins.get(thing.translation_key, ()) if twin.pk != thing.pk]

    @cached_property
    def _parents(self) -> dict[str, Page]:
        above = {page.path[: -page.steplen] for page in self.objects if page.path}
        return {page.path: page for page in public_pages(self.request).filter(path__in=above)}

    def get_parent(self, page: Page) -> Page | None:
        """Return the page right above, if it is public."""
        return self._parents.get(page.path[: -page.steplen])

    @cached_property
    def _child_counts(self) -> dict[str, int]:
        # A page's path in the tree begins with its parent's; Wagtail's `numchild` would count hidden pages too.
        parent = Substr("path", 1, Length("path") - Page.steplen)
        paths = {page.path for page in self.objects if page.path}
        counted = public_pages(self.request).order_by().annotate(above=parent).filter(above__in=paths)
        return dict(counted.values("above").annotate(number=Count("pk")).values_list("above", "number"))

    def count_children(self, page: Page) -> int:
        """Return how many public pages stand right beneath this one."""
        return self._child_counts.get(page.path, 0)

    def get_url(self, page: Page) -> str:
        """Return where a page is read."""
        parts = page.get_url_parts(self.request)
        return absolute_url(parts[2] if parts and parts[2] else "/")

    def get_file_url(self, file: Any) -> str:
        """Return where a file of the library is fetched."""
        return absolute_url(file.url)

    def page_url(self, pk: int) -> str | None:
        """Return where this page is read, if anyone may come across it."""
        # The first question looks up all links of the whole answer, so the others cost nothing.
        self._find_pages({pk} | self._links[0])
        return self._page_urls[pk] or None

    def file_url(self, pk: int) -> str | None:
        """Return where this file is, if anyone may have it."""
        self._find_files({pk} | self._links[1])
        return self._file_urls[pk] or None

    @cached_property
    def _links(self) -> tuple[set[int], set[int]]:
        """Return the ids of the pages and of the files that the texts of all objects link to."""
        return find_links(text for thing in self.objects for text in _iter_texts(thing))

    def _find_pages(self, ids: set[int]) -> None:
        if missing := ids - self._page_urls.keys():
            # What isn't public is remembered too, as "", so that it isn't asked for again.
            self._page_urls |= dict.fromkeys(missing, "")
            found = public_pages(self.request).filter(pk__in=missing)
            self._page_urls |= {page.pk: self.get_url(page) for page in found}

    def _find_files(self, ids: set[int]) -> None:
        if missing := ids - self._file_urls.keys():
            self._file_urls |= dict.fromkeys(missing, "")
            found = in_open_collections(get_document_model().objects.filter(pk__in=missing))
            self._file_urls |= {file.pk: self.get_file_url(file) for file in found}


class DraftLoader(Loader):
    """Loader for a draft, read by who holds its token: a file that no live page offers gets a signed address."""

    def get_file_url(self, file: Any) -> str:
        plain = super().get_file_url(file)
        return plain if is_public_asset(file) else f"{plain}?{sign_file(file)}"


def _iter_texts(thing: Any) -> Iterable[str]:
    for field in thing._meta.get_fields():
        if isinstance(field, RichTextField):
            yield getattr(thing, field.attname) or ""
        elif isinstance(field, StreamField) and field.attname in thing.__dict__:  # else it was left out of the query
            yield json.dumps(list(getattr(thing, field.attname).raw_data))
