"""Querysets of the pages that the public API, the feeds and the sitemap show."""

from django.db.models import Q
from django.http import HttpRequest
from wagtail.models import Page, Site
from wagtail.query import PageQuerySet

from access.languages import DEFAULT_LANGUAGE, LANGUAGES

from ..external_preview import is_in_public_api
from ..models import public_page_models, public_pages


def type_name(model: type[Page]) -> str:
    """Return a page type's name in the API: `content.ArticlePage`."""
    return f"{model._meta.app_label}.{model.__name__}"


def shown_models() -> dict[str, type[Page]]:
    """Return {"content.ArticlePage": model} of every public type that declares `api_fields`; no other is ever shown."""
    return {type_name(model): model for model in public_page_models() if is_in_public_api(model)}


def get_homes() -> PageQuerySet:
    """Return the home page of each language."""
    site = Site.objects.filter(is_default_site=True).select_related("root_page").first()
    return site.root_page.get_translations(inclusive=True) if site else Page.objects.none()


def shown_pages(request: HttpRequest | None = None) -> PageQuerySet:
    """Return the public pages of shown types beneath the site's home pages, in the order of the tree."""
    homes = list(get_homes().values_list("path", flat=True))
    beneath = Q(pk__in=[])
    for path in homes:
        beneath |= Q(path__startswith=path)
    return public_pages(request).filter(beneath).type(*shown_models().values()).order_by("path")


def find_url_path(html_path: str) -> str | None:
    """Return Wagtail's `url_path` of what is read at this address: the home page of its language, then the rest."""
    parts = [part for part in html_path.split("?")[0].split("/") if part]
    language = DEFAULT_LANGUAGE
    # The main language has no prefix in its addresses.
    if parts and parts[0] in LANGUAGES and parts[0] != language:
        language = parts.pop(0)
    home = get_homes().filter(locale__language_code=language).first()
    return home.url_path + "".join(f"{part}/" for part in parts) if home else None
