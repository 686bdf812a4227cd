"""What stands around every public page, whichever room it comes from: numbers to call, menu, languages."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page, Site

from ..serving.shared import remembered
from .hotlines import Hotline
from .listing import is_hidden, not_restricted, public_pages

AT_HOME = {"help_page": "helppage", "glossary_page": "glossarypage", "search_page": "searchpage"}
# Ways that are no page of the tree, by the name of their address; their rooms stand above this one.
BEYOND_PAGES: dict[str, str | Promise] = {
    "asking:start": _("Write to us"),
    "asking:back": _("Read the answer"),
    "cards:enter": _("The code on your card"),
}


@dataclass(frozen=True)
class Place:
    """A page as others lead to it: what a link, a card or the menu shows of it. Its address is worked out once."""

    pk: int
    path: str
    depth: int
    language: str
    url: str
    title: str
    search_description: str
    show_in_menus: bool
    kind: int  # the id of its content type

    @classmethod
    def of(cls, page: Page, request: HttpRequest | None) -> "Place":
        return cls(
            pk=page.pk,
            path=page.path,
            depth=page.depth,
            language=page.locale.language_code,
            url=page.get_url(request) or "",
            title=page.title,
            search_description=page.search_description,
            show_in_menus=page.show_in_menus,
            kind=page.content_type_id,
        )


def frame(request: HttpRequest, language: str | None = None, *, twins_of: Page | None = None) -> dict[str, Any]:
    """The context of `content/base.html` in a language (the active one unless told).

    `lines`: every line that may be shown, `strip`: the two on top; `home` and `homes` (by language); `menu`: the places
    of the menu; `help_page`, `glossary_page`, `search_page`: None when there is none; `ways`: what else is there;
    `twins`: where each language is read: the page `twins_of` in it, else its home page.
    """
    code = language or translation.get_language() or settings.LANGUAGE_CODE
    lines = remembered(request, "lines", lambda: list(Hotline.objects.published()))
    homes = _homes(request)
    home = homes.get(code) or homes.get(settings.LANGUAGE_CODE)
    places = remembered(request, ("at_home", home.pk), lambda: _places_at_home(request, home)) if home else []
    known: dict[str, Any] = {name: _get_first(model, places) for name, model in AT_HOME.items()}
    return known | {
        "lines": lines,
        "strip": first_lines(lines),
        "home": home,
        "homes": homes,
        "menu": [place for place in places if place.show_in_menus],
        "ways": remembered(request, ("ways", translation.get_language()), _ways),
        "twins": languages(code, _twins(request, twins_of, homes), homes),
        "public_url": settings.PUBLIC_URL,
    }


def _homes(request: HttpRequest) -> dict[str, Place]:
    """The site's home pages by language: those that may be read."""
    site = Site.find_for_request(request)
    if site is None:
        return {}
    return remembered(request, ("homes", site.pk), lambda: _read_in_each(request, site.root_page))


def _twins(request: HttpRequest, page: Page | None, homes: dict[str, Place]) -> dict[str, Place]:
    """The page itself and its twins by language: those that may be read."""
    if page is None:
        return {}
    if any(home.pk == page.pk for home in homes.values()):
        return homes
    return _read_in_each(request, page)


def _read_in_each(request: HttpRequest, page: Page) -> dict[str, Place]:
    """Of a page that anyone may come across only twins of the same kind: an unlisted one is told to nobody."""
    pages = not_restricted(Page.objects.live(), request) if is_hidden(page, request) else public_pages(request)
    found = pages.filter(translation_key=page.translation_key)
    places = (Place.of(each, request) for each in found.select_related("locale"))
    return {place.language: place for place in places}


def twins_of_view(name: str, *args: str) -> list[dict[str, Any]]:
    """Where a page of no tree is read in each language, by the name of its address; given as `languages` does."""
    current = translation.get_language() or settings.LANGUAGE_CODE
    found = []
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            found.append(_twin(code, reverse(name, args=args), current))
    return found


def languages(current: str, own: dict[str, Place], homes: dict[str, Place]) -> list[dict[str, Any]]:
    """Where each language is read: [{"language", "name", "url", "is_current", "is_same"}].

    `is_same` is False when the page has no twin in that language and the link leads to that language's home page.
    """
    found = []
    for code, _name in settings.LANGUAGES:
        place = own.get(code) or homes.get(code)
        if place is not None:
            found.append(_twin(code, place.url, current, is_same=code in own))
    return found


def _twin(code: str, url: str, current: str, *, is_same: bool = True) -> dict[str, Any]:
    name = translation.get_language_info(code)["name_local"].capitalize()
    return {"language": code, "name": name, "url": url, "is_current": code == current, "is_same": is_same}


def first_lines(lines: list[Hotline]) -> list[Hotline]:
    """The two lines that stand on top of every page: the first for danger, and the first to talk to."""
    danger = next((line for line in lines if line.for_danger), None)
    talk = next((line for line in lines if not line.for_danger), None)
    return [line for line in (danger, talk) if line]


def _places_at_home(request: HttpRequest, home: Place) -> list[Place]:
    """The pages right under the home page that the frame names: those of the menu, and the ones it always knows."""
    under = public_pages(request).filter(path__startswith=home.path, depth=home.depth + 1)
    children = under.filter(Q(show_in_menus=True) | Q(content_type_id__in=_always())).order_by("path")
    return [Place.of(page, request) for page in children.select_related("locale")]


def _always() -> list[int]:
    return [_kind(name).pk for name in AT_HOME.values()]


def _kind(model: str) -> ContentType:
    return ContentType.objects.get_by_natural_key("content", model)


def _get_first(model: str, places: Iterable[Place]) -> Place | None:
    kind = _kind(model).pk
    return next((place for place in places if place.kind == kind), None)


def _ways() -> list[dict[str, str]]:
    """Where else a reader may go, in the active language: [{"url", "words"}]."""
    found = []
    for name, words in BEYOND_PAGES.items():
        try:
            found.append({"url": reverse(name), "words": str(words)})
        except NoReverseMatch:  # that room isn't part of this site
            continue
    return found
