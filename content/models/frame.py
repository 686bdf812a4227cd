"""What stands around every public page, whichever room it comes from: numbers to call, menu, languages."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from django.http import HttpRequest
from django.utils import translation
from wagtail.models import Page, Site

from ..serving.shared import remembered
from .hotlines import Hotline
from .listing import not_restricted, public_pages

AT_HOME = {"help_page": "helppage", "glossary_page": "glossarypage", "search_page": "searchpage"}


def frame(request: HttpRequest, language: str | None = None, *, twins_of: Page | None = None) -> dict[str, Any]:
    """The context of `content/base.html` in a language (the active one unless told).

    `lines`: every line that may be shown, `strip`: the two on top; `home` and `homes` (by language); `menu`: the pages
    of the menu; `help_page`, `glossary_page`, `search_page`: None when there is none; `twins`: where each language is
    read: the page `twins_of` in it, else its home page.
    """
    code = language or translation.get_language() or settings.LANGUAGE_CODE
    lines = remembered(request, "lines", lambda: list(Hotline.objects.published()))
    homes, own = _homes_and_twins(request, twins_of)
    home = homes.get(code) or homes.get(settings.LANGUAGE_CODE)
    pages = remembered(request, ("at_home", home.pk), lambda: _pages_at_home(request, home)) if home else []
    known: dict[str, Any] = {name: _first_of(model, pages) for name, model in AT_HOME.items()}
    return known | {
        "lines": lines,
        "strip": first_lines(lines),
        "home": home,
        "homes": homes,
        "menu": [page for page in pages if page.show_in_menus],
        "twins": languages(request, code, own, homes),
        "public_url": settings.PUBLIC_URL,
    }


def _homes_and_twins(request: HttpRequest, page: Page | None) -> tuple[dict[str, Page], dict[str, Page]]:
    """The site's home pages, and this page's own twins, by language: those that may be read."""
    site = Site.find_for_request(request)
    home_key = site.root_page.translation_key if site else None
    own_key = page.translation_key if page else None
    keys = [key for key in (home_key, own_key) if key]
    found = not_restricted(Page.objects.live(), request).filter(translation_key__in=keys).select_related("locale")
    homes, own = {}, {}
    for each in found:
        if each.translation_key == home_key:
            homes[each.locale.language_code] = each
        if each.translation_key == own_key:
            own[each.locale.language_code] = each
    return homes, own


def languages(request: HttpRequest, current: str, own: dict[str, Page], homes: dict[str, Page]) -> list[dict[str, Any]]:
    """Where each language is read: [{"language", "name", "url", "is_current", "is_same"}].

    `is_same` is False when the page has no twin in that language and the link leads to that language's home page.
    """
    found = []
    for code, _name in settings.LANGUAGES:
        page = own.get(code) or homes.get(code)
        if page is not None:
            found.append(
                {
                    "language": code,
                    "name": translation.get_language_info(code)["name_local"].capitalize(),
                    "url": page.get_url(request),
                    "is_current": code == current,
                    "is_same": code in own,
                }
            )
    return found


def first_lines(lines: list[Hotline]) -> list[Hotline]:
    """The two lines that stand on top of every page: the first for danger, and the first to talk to."""
    danger = next((line for line in lines if line.for_danger), None)
    talk = next((line for line in lines if not line.for_danger), None)
    return [line for line in (danger, talk) if line]


def _pages_at_home(request: HttpRequest, home: Page) -> list[Page]:
    """The pages right under the home page that the frame names: those of the menu, and the ones it always knows."""
    children = public_pages(request).child_of(home).filter(Q(show_in_menus=True) | Q(content_type_id__in=_always()))
    return list(children.select_related("locale"))


def _always() -> list[int]:
    return [_kind(name).pk for name in AT_HOME.values()]


def _kind(model: str) -> ContentType:
    return ContentType.objects.get_by_natural_key("content", model)


def _first_of(model: str, pages: Iterable[Page]) -> Page | None:
    kind = _kind(model).pk
    return next((page for page in pages if page.content_type_id == kind), None)
