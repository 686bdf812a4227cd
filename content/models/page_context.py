"""Template context that every public page shares, whichever room it comes from: helplines, menu, languages."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page, Site

from access.languages import DEFAULT_LANGUAGE, LANGUAGES, get_current_language

from ..page_cache.shared import get_shared
from ..page_listing import is_hidden, not_restricted, public_pages
from .hotlines import Hotline

AT_HOME = {"help_page": "helppage", "glossary_page": "glossarypage", "search_page": "searchpage"}
# Places that are no page of the tree, by their URL names: their rooms stand above this one and can't be imported.
OTHER_ROUTES: dict[str, str | Promise] = {
    "asking:start": _("Write to us"),
    "asking:back": _("Read the answer"),
    "cards:enter": _("The code on your card"),
}


@dataclass(frozen=True)
class PageLink:
    """A page as others lead to it: what a link, a card or the menu shows of it.

    Its URL is computed once.
    """

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
    def of(cls, page: Page, request: HttpRequest | None) -> "PageLink":
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


def build_page_context(
    request: HttpRequest, language: str | None = None, *, twins_of: Page | None = None
) -> dict[str, Any]:
    """Build the context of `content/base.html` in a language, by default the active one.

    `lines`: every hotline that may be shown, `strip`: the two on top; `home` and `homes` (by language); `menu`: the
    pages of the menu; `foot`: those that the foot names; `help_page`, `glossary_page`, `search_page`: None when there
    is none; `other_languages`: the short pages in other languages; `ways`: what else is there; `twins`: where each
    language is read: the page `twins_of` in it, else its home page.
    """
    code = language or get_current_language()
    lines = get_shared(request, "lines", lambda: list(Hotline.objects.published()))
    homes = _get_homes(request)
    # Without a home page in this language the main one: a reader must find menu and help page anywhere.
    home = homes.get(code) or homes.get(DEFAULT_LANGUAGE)
    places = get_shared(request, ("at_home", home.pk), lambda: _get_pages_at_home(request, home)) if home else []
    known: dict[str, Any] = {name: _get_first(model, places) for name, model in AT_HOME.items()}
    return known | {
        "lines": lines,
        "strip": get_top_hotlines(lines),
        "home": home,
        "homes": homes,
        "menu": [place for place in places if place.show_in_menus],
        "foot": get_shared(request, ("foot", home.pk), lambda: _get_foot(request, home)) if home else [],
        "other_languages": get_shared(request, "other_languages", lambda: _get_other_languages(request)),
        # By the active language and not by `code`: `reverse` gives addresses in the active one.
        "ways": get_shared(request, ("ways", translation.get_language()), _get_other_routes),
        "twins": build_language_links(code, _get_translations(request, twins_of, homes), homes),
        "public_url": settings.PUBLIC_URL,
    }


def _get_homes(request: HttpRequest) -> dict[str, PageLink]:
    """Return the site's home pages by language, as far as readers may see them."""
    site = Site.find_for_request(request)
    if site is None:
        return {}
    return get_shared(request, ("homes", site.pk), lambda: _get_readable_translations(request, site.root_page))


def _get_translations(request: HttpRequest, page: Page | None, homes: dict[str, PageLink]) -> dict[str, PageLink]:
    """Return the page itself and its translations by language, as far as readers may see them."""
    if page is None:
        return {}
    # A home page's translations are the homes already read.
    if any(home.pk == page.pk for home in homes.values()):
        return homes
    return _get_readable_translations(request, page)


def _get_readable_translations(request: HttpRequest, page: Page) -> dict[str, PageLink]:
    """Return a page's readable translations by language.

    Of a listed page only listed ones count: an unlisted page is revealed to nobody.
    """
    pages = not_restricted(Page.objects.live(), request) if is_hidden(page, request) else public_pages(request)
    found = pages.filter(translation_key=page.translation_key)
    places = (PageLink.of(each, request) for each in found.select_related("locale"))
    return {place.language: place for place in places}


def get_view_translations(name: str, *args: str) -> list[dict[str, Any]]:
    """Return where a page outside the tree is read in each language, by its URL name: as `build_language_links`."""
    current = get_current_language()
    found = []
    for code in LANGUAGES:
        # `reverse` takes the language prefix from the active language.
        with translation.override(code):
            found.append(_build_language_link(code, reverse(name, args=args), current))
    return found


def build_language_links(current: str, own: dict[str, PageLink], homes: dict[str, PageLink]) -> list[dict[str, Any]]:
    """Return where each language is read: [{"language", "name", "url", "is_current", "is_same"}].

    `is_same` is False when the page has no translation in that language and the link leads to that language's home
    page.
    """
    found = []
    for code in LANGUAGES:
        place = own.get(code) or homes.get(code)
        if place is not None:
            found.append(_build_language_link(code, place.url, current, is_same=code in own))
    return found


def _build_language_link(code: str, url: str, current: str, *, is_same: bool = True) -> dict[str, Any]:
    name = translation.get_language_info(code)["name_local"].capitalize()
    return {"language": code, "name": name, "url": url, "is_current": code == current, "is_same": is_same}


def get_top_hotlines(lines: list[Hotline]) -> list[Hotline]:
    """Return the two hotlines on top of every page: the first for danger, and the first to talk to."""
    danger = next((line for line in lines if line.for_danger), None)
    talk = next((line for line in lines if not line.for_danger), None)
    return [line for line in (danger, talk) if line]


def _get_pages_at_home(request: HttpRequest, home: PageLink) -> list[PageLink]:
    """Return the pages right under the home page that the frame names: those of the menu, and AT_HOME."""
    under = public_pages(request).filter(path__startswith=home.path, depth=home.depth + 1)
    children = under.filter(Q(show_in_menus=True) | Q(content_type_id__in=_get_always_shown_types())).order_by("path")
    return [PageLink.of(page, request) for page in children.select_related("locale")]


def _get_foot(request: HttpRequest, home: PageLink) -> list[PageLink]:
    """Return the pages that editors chose for the foot of every page of this language, in their order."""
    # By its name: the page types are built on this module.
    blocks = apps.get_model("content.HomePage")._base_manager.filter(pk=home.pk).values_list("foot", flat=True).first()
    keys = [block.value.pk for block in blocks or () if block.value is not None]
    if not keys:
        return []
    pages = public_pages(request).filter(path__startswith=home.path, pk__in=keys).select_related("locale")
    found = {page.pk: PageLink.of(page, request) for page in pages}
    return [found[key] for key in dict.fromkeys(keys) if key in found]


def _get_other_languages(request: HttpRequest) -> list[dict[str, str]]:
    """Return the short pages in other languages: [{"language", "name", "url"}]."""
    model = apps.get_model("content.LanguagePage")
    pages = model.objects.filter(pk__in=public_pages(request).values("pk")).select_related("locale").order_by("path")
    return [
        {"language": page.spoken, "name": page.get_spoken_display(), "url": page.get_url(request) or ""}
        for page in pages
    ]


def _get_always_shown_types() -> list[int]:
    return [_get_content_type(name).pk for name in AT_HOME.values()]


def _get_content_type(model: str) -> ContentType:
    return ContentType.objects.get_by_natural_key("content", model)


def _get_first(model: str, places: Iterable[PageLink]) -> PageLink | None:
    kind = _get_content_type(model).pk
    return next((place for place in places if place.kind == kind), None)


def _get_other_routes() -> list[dict[str, str]]:
    """Return where else a reader may go, in the active language: [{"url", "words"}]."""
    found = []
    for name, words in OTHER_ROUTES.items():
        try:
            found.append({"url": reverse(name), "words": str(words)})
        except NoReverseMatch:  # that room isn't part of this site
            continue
    return found
