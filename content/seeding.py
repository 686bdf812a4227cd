"""The first texts of the public site, in Albanian and English.

`seed_content()` only ever creates. What was once laid down is remembered (`SeededText`), so a page or line that an
editor changed stays changed, and one that an editor deleted stays deleted. Any room may bring pages: its app config
says `seeds_pages = True` and its folder holds `data/pages/*.json`.
"""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.apps import apps
from django.conf import settings
from django.db import transaction
from wagtail.coreutils import find_available_slug
from wagtail.models import Locale, Page, Site

from .models import HomePage, Hotline, SeededText
from .texts import body_in, in_one_language, link_pages

HOTLINES = Path(__file__).parent / "data" / "hotlines.json"
NAMESPACE = uuid.UUID("5f1d7c52-6a0f-4c0e-9d55-0d7a2f0f8b11")
STOCK_TITLE = "Welcome to your new Wagtail site!"
BILINGUAL = ("name", "short", "for_whom", "use", "hours", "cost")


@transaction.atomic
def seed_content() -> dict[str, int]:
    """Lays down locales, telephone lines, pages in each language, and the site. Returns how many of each were made.

    1. Locales sq and en. 2. Telephone lines. 3. Empty pages, so that texts may link to each other.
    4. Their texts, published. 5. The site, in place of Wagtail's welcome page.
    """
    locales = _seed_locales()
    hotlines = _seed_hotlines()
    made = [*_make_pages()]
    _fill(made)
    return {"locales": locales, "hotlines": hotlines, "pages": len(made), "sites": _seed_site()}


def _seed_locales() -> int:
    return sum(Locale.objects.get_or_create(language_code=code)[1] for code, _name in settings.LANGUAGES)


def _seed_hotlines() -> int:
    made = 0
    for line in json.loads(HOTLINES.read_text())["lines"]:
        if not _first_time(f"hotline:{line['key']}") or Hotline.objects.filter(key=line["key"]).exists():
            continue
        texts = {f"{name}_{language}": text for name in BILINGUAL for language, text in line.pop(name).items()}
        Hotline.objects.create(**line, **texts)
        made += 1
    return made


@dataclass(frozen=True)
class Made:
    """One page made in this run, still without its text."""

    page: Page
    spec: dict[str, Any]
    language: str


def _page_specs() -> list[dict[str, Any]]:
    files = [
        file
        for config in apps.get_app_configs()
        if getattr(config, "seeds_pages", False)
        for file in sorted((Path(config.path) / "data" / "pages").glob("*.json"))
    ]
    return sorted((json.loads(file.read_text()) for file in files), key=lambda spec: spec["order"])


def _make_pages() -> Iterator[Made]:
    for spec in _page_specs():
        for locale in sorted(Locale.objects.all(), key=lambda each: each.language_code != settings.LANGUAGE_CODE):
            language = locale.language_code
            if language not in spec["title"] or not _first_time(f"page:{spec['key']}:{language}"):
                continue
            parent = _parent_of(spec, locale)
            if parent is None or _page(spec["key"], language) is not None:
                continue
            page = apps.get_model(spec["model"])(
                title=spec["title"][language],
                slug=find_available_slug(parent, spec["slug"][language]),
                seo_title=spec["seo_title"][language],
                search_description=spec["search_description"][language],
                intro=spec["intro"][language],
                locale=locale,
                translation_key=_translation_key(spec["key"]),
                show_in_menus="parent" in spec,
                live=False,
            )
            yield Made(parent.add_child(instance=page), spec, language)


def _parent_of(spec: dict[str, Any], locale: Locale) -> Page | None:
    """The page it stands under; None when an editor has taken that one away."""
    if "parent" in spec:
        return _page(spec["parent"], locale.language_code)
    return Page.get_first_root_node()


def _page(key: str, language: str) -> Page | None:
    return Page.objects.filter(translation_key=_translation_key(key), locale__language_code=language).first()


def _translation_key(key: str) -> uuid.UUID:
    """The same in every installation, and shared by a page and its twin."""
    return uuid.uuid5(NAMESPACE, key)


def _fill(made: list[Made]) -> None:
    lines = dict(Hotline.objects.values_list("key", "pk"))
    keys = [spec["key"] for spec in _page_specs()]
    for each in made:
        pages = {key: found.pk for key in keys if (found := _page(key, each.language))}
        namespace = _translation_key(each.spec["key"])
        body = body_in(each.spec["body"], each.language, pages=pages, lines=lines, namespace=namespace)
        page = Page.objects.get(pk=each.page.pk).specific
        page.body = json.dumps(body)
        if "sources" in each.spec:
            page.sources = link_pages(in_one_language(each.spec["sources"], each.language), pages)
        page.save_revision(log_action=False).publish(log_action=False)


def _seed_site() -> int:
    """Points the site at the Albanian home page, if it still shows Wagtail's welcome page or doesn't exist."""
    home = HomePage.objects.filter(locale__language_code=settings.LANGUAGE_CODE).first()
    site = Site.objects.filter(is_default_site=True).first()
    if home is None or (site is not None and not _is_stock(site.root_page)):
        return 0
    stock = site.root_page if site else None
    address = urlsplit(settings.PUBLIC_URL)
    site = site or Site(is_default_site=True)
    site.hostname = address.hostname or "localhost"
    site.port = address.port or (443 if address.scheme == "https" else 80)
    site.site_name = settings.WAGTAIL_SITE_NAME
    site.root_page = home
    site.save()
    if stock is not None:
        stock.delete()
    return 1


def _is_stock(page: Page) -> bool:
    return page.specific_class is Page and page.title == STOCK_TITLE and not page.get_children().exists()


def _first_time(key: str) -> bool:
    """True once in the life of this database."""
    return SeededText.objects.get_or_create(key=key)[1]
