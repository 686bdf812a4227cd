"""Create the seeded pages, fill them with the texts of their data files, and redirect from their earlier addresses."""

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db.models.signals import post_save
from django.utils import timezone
from wagtail.contrib.redirects.models import Redirect
from wagtail.coreutils import find_available_slug
from wagtail.models import Locale, Page
from wagtail.search.index import get_indexed_models
from wagtail.search.signal_handlers import post_save_signal_handler
from wagtail.signal_handlers import disable_reference_index_auto_update

from access.languages import DEFAULT_LANGUAGE
from access.models import Region

from ..models import Hotline
from ..models.page_permissions import DELETED_PAGES_SLUG
from ..texts import build_body, link_pages, pick_language
from .memory import SeedMemory
from .revisions import get_stored_revisions, store_revision
from .wording import HEAD_FIELDS, fingerprint, get_shipped_page_words

NAMESPACE = uuid.UUID("5f1d7c52-6a0f-4c0e-9d55-0d7a2f0f8b11")
Files = dict[tuple[str, str], int]


def translation_key(key: str) -> uuid.UUID:
    """Return a key that is the same in every installation, and shared by a page and its translation."""
    return uuid.uuid5(NAMESPACE, key)


@dataclass(frozen=True)
class LinkTargets:
    """What texts refer to, by key."""

    pages: dict[str, dict[str, int]]
    lines: dict[str, int]
    regions: dict[str, int]
    files: Files

    @classmethod
    def load(cls, found: Mapping[tuple[str, str], Page], files: Files) -> "LinkTargets":
        pages: dict[str, dict[str, int]] = {}
        for (key, language), page in found.items():
            pages.setdefault(language, {})[key] = page.pk
        lines = dict(Hotline.objects.values_list("key", "pk"))
        return cls(pages, lines, dict(Region.objects.values_list("slug", "pk")), files)


# Before the pages stand: their links lead nowhere yet.
NOTHING_YET = LinkTargets({}, {}, {}, {})


def write_head(page: Any, spec: Mapping[str, Any], language: str) -> None:
    """Write title, introduction and what a browser's tab shows."""
    for name, text in pick_language({name: spec[name] for name in HEAD_FIELDS}, language).items():
        setattr(page, name, text)


def write_text(page: Any, spec: Mapping[str, Any], language: str, targets: LinkTargets) -> None:
    """Write everything below the introduction; nothing is saved."""
    _write_streams_and_fields(page, spec, language, targets)
    for name in ("checked_on", "review_by"):
        setattr(page, name, date.fromisoformat(spec[name]) if name in spec else None)
    page.legal_check = spec.get("legal_check", "")
    page.for_lawyer = pick_language(spec.get("for_lawyer", ""), language)
    page.is_sensitive = spec.get("is_sensitive", False)
    if "line" in spec:
        page.line_id = targets.lines.get(spec["line"])
    if "regions" in spec:
        page.regions = [targets.regions[slug] for slug in spec["regions"] if slug in targets.regions]


def _write_streams_and_fields(page: Any, spec: Mapping[str, Any], language: str, targets: LinkTargets) -> None:
    pages = targets.pages.get(language, {})
    for name, blocks in {"body": spec["body"], **spec.get("streams", {})}.items():
        namespace = translation_key(spec["key"] if name == "body" else f"{spec['key']}:{name}")
        stream = build_body(
            blocks, language, pages=pages, lines=targets.lines, files=targets.files, namespace=namespace
        )
        # As JSON: a StreamField reads it like a value from the database, block ids included.
        setattr(page, name, json.dumps(stream))
    for name, text in {"sources": spec.get("sources", ""), **spec.get("fields", {})}.items():
        value = pick_language(text, language)
        setattr(page, name, link_pages(value, pages) if isinstance(value, str) else value)


def get_locales() -> list[Locale]:
    """Return the locales, the site's own language first: a page's translation is made after it."""
    return sorted(Locale.objects.all(), key=lambda each: each.language_code != DEFAULT_LANGUAGE)


@dataclass(frozen=True)
class NewPage:
    """A page created in this run, still without its text."""

    page: Page
    spec: dict[str, Any]
    language: str


def load_page_specs() -> list[dict[str, Any]]:
    files = [
        file
        for config in apps.get_app_configs()
        if getattr(config, "seeds_pages", False)
        for file in sorted((Path(config.path) / "data" / "pages").glob("*.json"))
    ]
    return sorted((json.loads(file.read_text()) for file in files), key=lambda spec: spec["order"])


def create_pages(memory: SeedMemory) -> list[NewPage]:
    # The pages refer to nothing yet: `fill_pages` saves each of them again.
    with disable_reference_index_auto_update(), _search_index_waits():
        return [*_iter_created_pages(memory)]


@contextmanager
def _search_index_waits() -> Iterator[None]:
    """Save pages without entering them into the search index, which takes a third of the time."""
    models = [model for model in get_indexed_models() if issubclass(model, Page)]
    connected = [model for model in models if post_save.disconnect(post_save_signal_handler, sender=model)]
    try:
        yield
    finally:
        for model in connected:
            post_save.connect(post_save_signal_handler, sender=model)


def _iter_created_pages(memory: SeedMemory) -> Iterator[NewPage]:
    found = get_pages_by_key()
    root = Page.get_first_root_node()
    for spec in load_page_specs():
        for locale in get_locales():
            language = locale.language_code
            if language not in spec["title"] or not memory.first_time(f"page:{spec['key']}:{language}"):
                continue
            parent = found.get((spec["parent"], language)) if "parent" in spec else root
            if parent is None or (spec["key"], language) in found:
                continue  # an editor has taken the page above away, or made this one
            memory.prints[f"page:{spec['key']}:{language}"] = fingerprint(get_shipped_page_words(spec, language))
            page = parent.add_child(instance=_build_new_page(spec, locale, parent))
            found[spec["key"], language] = page
            yield NewPage(page, spec, language)


def _build_new_page(spec: dict[str, Any], locale: Locale, parent: Page) -> Page:
    texts = pick_language({name: spec[name] for name in HEAD_FIELDS}, locale.language_code)
    page: Page = apps.get_model(spec["model"])(
        **texts,
        slug=find_available_slug(parent, spec["slug"][locale.language_code]),
        locale=locale,
        translation_key=translation_key(spec["key"]),
        show_in_menus=spec.get("in_menu", "parent" in spec),
        live=False,
    )
    # A page is checked when it is saved: one that must say of which kind it is has its text from the beginning.
    if "fields" in spec:
        _write_streams_and_fields(page, spec, locale.language_code, NOTHING_YET)
    return page


def iter_rewritten_pages() -> Iterator[NewPage]:
    """Yield pages whose earlier content another page holds now, so that they get today's text.

    `was` in a spec names the title of the earlier release. Without this two pages would bear one title. Only pages as
    seeding left them: no editor has saved or hidden them.
    """
    found = get_pages_by_key()
    for spec in load_page_specs():
        for language, title in spec.get("was", {}).items():
            page = found.get((spec["key"], language))
            if page is None or page.title != title or not page.live:
                continue
            if page.latest_revision_id not in get_stored_revisions(page.pk):
                continue  # an editor has saved it
            page = page.specific
            write_head(page, spec, language)
            page.draft_title = page.title
            yield NewPage(page, spec, language)


def get_pages_by_key() -> dict[tuple[str, str], Page]:
    """Return the existing seeded pages by key and language, without deleted ones that wait to be restored."""
    keys = {translation_key(spec["key"]): spec["key"] for spec in load_page_specs()}
    pages = Page.objects.filter(translation_key__in=keys).select_related("locale")
    pages = pages.exclude(url_path__startswith=f"/{DELETED_PAGES_SLUG}/")
    return {(keys[page.translation_key], page.locale.language_code): page for page in pages}


def fill_pages(made: list[NewPage], files: Files) -> None:
    if not made:
        return
    targets = LinkTargets.load(get_pages_by_key(), files)
    for each in made:
        page = each.page
        write_text(page, each.spec, each.language, targets)
        # A draft waits for what only people can do: somebody who speaks a language reads it, say.
        page.live = not each.spec.get("is_draft", False)
        page.has_unpublished_changes = not page.live
        if page.live:
            page.first_published_at = page.last_published_at = timezone.now()
        # Not cleaned again: `add_child` did that, and its place in the tree is the same.
        page.save(clean=False)
        store_revision(page)


def add_redirects(made: Iterable[tuple[Page, dict[str, Any], str]]) -> int:
    """Add redirects from each page's earlier address, and from those below it; return how many.

    Pages that an installation has already stay at their addresses, and need none.
    """
    done = 0
    for page, spec, language in made:
        earlier = spec.get("was_slug", {}).get(language)
        if not earlier:
            continue
        for each in Page.objects.descendant_of(page, inclusive=True).live():
            now = each.url
            # Only the first occurrence: a page below may have a slug of the same words.
            before = now.replace(f"/{page.slug}/", f"/{earlier}/", 1) if now else None
            if before and before != now:
                Redirect.add_redirect(before, redirect_to=each)
                done += 1
    return done
