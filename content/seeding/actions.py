"""Create the first texts of the public site, in each language.

`seed_content()` creates texts, and corrects those that nobody has changed since (`corrections`). What was
seeded once is remembered (`SeededText`), so a page, word or hotline that an editor changed stays changed, and one that
an editor deleted stays deleted. Any room may bring pages: its app config says `seeds_pages = True` and its folder holds
`data/pages/*.json`.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from wagtail.models import Locale, Page, Site

from access.languages import DEFAULT_LANGUAGE, LANGUAGES
from audit.chain import log_event

from ..models import GlossaryTerm, HomePage, Hotline, SearchAnswer, SearchSynonyms
from ..phone_numbers import is_reserved, strip_country_code
from .corrections import SeededPage, correct_hotlines, correct_pages, correct_terms, iter_seeded_pages, propose_page
from .files import create_files, iter_named_files
from .memory import SeedMemory
from .pages import (
    LinkTargets,
    NewPage,
    add_redirects,
    create_pages,
    fill_pages,
    get_locales,
    get_pages_by_key,
    iter_rewritten_pages,
    load_page_specs,
    translation_key,
    write_head,
    write_text,
)
from .revisions import store_missing_revisions, store_seeded_words
from .wording import HOTLINE_TEXTS, fingerprint, get_shipped_hotline_words, get_shipped_term_words

DATA = Path(__file__).parents[1] / "data"
STOCK_TITLE = "Welcome to your new Wagtail site!"


@transaction.atomic
def seed_content() -> dict[str, int]:
    """Create locales, hotlines, glossary terms, pages in each language and the site; return how many of each.

    0. A revision of each page that an earlier release seeded without one, before anything is written over it.
    1. Locales sq and en. 2. Hotlines and glossary terms. 3. Pages, so that texts may link to each other. 4. The
    pictures and files that these pages show. 5. Their texts; now they are live. 6. Synonyms and promoted results of the
    search. 7. The site, in place of Wagtail's welcome page, and redirects from earlier addresses. 8. Corrections of
    texts that an earlier release seeded with other words.
    """
    memory = SeedMemory.load()
    revisions = store_missing_revisions() + _store_seeded_words(memory)
    locales = _seed_locales()
    hotlines = _seed_hotlines(memory)
    words = _seed_glossary(memory)
    made = create_pages(memory)
    to_fill = [*made, *iter_rewritten_pages()]
    named = (name for each in to_fill for name in iter_named_files(each.spec, each.language))
    files, new_files = create_files(named, memory)
    fill_pages(to_fill, files)
    seed_search(memory, get_pages_by_key())
    memory.store()
    made_now = {"locales": locales, "hotlines": hotlines, "words": words, "files": new_files, "pages": len(made)}
    made_now |= {"sites": _seed_site(), "revisions of earlier pages": revisions}
    add_redirects((each.page, each.spec, each.language) for each in made)
    return made_now | _correct_texts(memory, made)


def _store_seeded_words(memory: SeedMemory) -> int:
    pages = get_pages_by_key()

    def write(page: Page, spec: Mapping[str, Any], language: str) -> None:
        files, _new = create_files(iter_named_files(spec, language), memory)
        write_head(page, spec, language)
        write_text(page, spec, language, LinkTargets.load(pages, files))

    return store_seeded_words(pages, load_page_specs(), write)


def _seed_locales() -> int:
    return sum(Locale.objects.get_or_create(language_code=code)[1] for code in LANGUAGES)


def _seed_hotlines(memory: SeedMemory) -> int:
    made = _restore_reserved_numbers()
    for line in _load_hotlines():
        # A hotline that has this key already, whoever entered it, stays as it is.
        if not memory.first_time(f"hotline:{line['key']}") or Hotline.objects.filter(key=line["key"]).exists():
            continue
        memory.prints[f"hotline:{line['key']}"] = fingerprint(get_shipped_hotline_words(line))
        texts = {f"{name}_{language}": text for name in HOTLINE_TEXTS for language, text in line.pop(name).items()}
        Hotline.objects.create(**line, **texts)
        made += 1
    return made


def _restore_reserved_numbers() -> int:
    """Restore emergency numbers that were changed under an earlier release: they are reference data (docs/adr/0076)."""
    done = 0
    for line in _load_hotlines():
        if not is_reserved(line["number"]):
            continue
        others = Hotline.objects.filter(key=line["key"]).exclude(number=line["number"])
        for found in others:
            # Compared by digits: "116111" and "116 111" are one number.
            if strip_country_code(found.number) != strip_country_code(line["number"]):
                found.number, found.verified_on, found.verified_by = line["number"], None, ""
                # It comes from reference data, so no second editor has to call it before readers see it again.
                found.needs_call, found.changed_by = False, None
                found.save()
                log_event("line.put_back", target_kind="hotline", target_id=found.pk)
                done += 1
    return done


def _load_hotlines() -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = json.loads((DATA / "hotlines.json").read_text())["lines"]
    return lines


def _load_terms() -> list[dict[str, Any]]:
    words: list[dict[str, Any]] = json.loads((DATA / "glossary.json").read_text())
    return words


def _seed_glossary(memory: SeedMemory) -> int:
    made = 0
    for word in _load_terms():
        for locale in get_locales():
            language = locale.language_code
            if language not in word["term"] or not memory.first_time(f"word:{word['key']}:{language}"):
                continue
            memory.prints[f"word:{word['key']}:{language}"] = fingerprint(get_shipped_term_words(word, language))
            GlossaryTerm.objects.create(
                locale=locale,
                translation_key=translation_key(f"word:{word['key']}"),
                term=word["term"][language],
                definition=word["definition"][language],
                forms=word["forms"][language],
            )
            made += 1
    return made


def seed_search(memory: SeedMemory, pages: Mapping[tuple[str, str], Page]) -> None:
    """Add what was never seeded here. `pages`: by key and language; a result whose page is missing is left out."""
    settings_by_kind = json.loads((DATA / "search.json").read_text(encoding="utf-8"))
    for locale in Locale.objects.all():
        language = locale.language_code
        for group in settings_by_kind["synonyms"]:
            if language in group and memory.first_time(f"synonyms:{group['key']}:{language}"):
                SearchSynonyms.objects.create(locale=locale, words=group[language])
        for answer in settings_by_kind["answers"]:
            page = pages.get((answer["page"], language))
            if page is not None and language in answer and memory.first_time(f"answer:{answer['page']}:{language}"):
                SearchAnswer.objects.create(page_id=page.pk, words=answer[language])


def get_seeded_pages() -> list[SeededPage]:
    """Return every seeded page that still exists, compared with this release's words for it."""
    return [*iter_seeded_pages(load_page_specs(), get_pages_by_key())]


def propose_update(each: SeededPage, memory: SeedMemory) -> bool:
    """Propose this release's words for one page to the editors.

    Returns False when that isn't possible or was done before.
    """
    return propose_page(each, memory, get_pages_by_key())


def _correct_texts(memory: SeedMemory, made: list[NewPage]) -> dict[str, int]:
    keys = {translation_key(f"word:{word['key']}"): word["key"] for word in _load_terms()}
    done = correct_terms(_load_terms(), keys) + correct_hotlines(_load_hotlines())
    pages = get_pages_by_key()
    # On a new installation every page was made just now, with today's words: nothing to compare.
    before = iter_seeded_pages(load_page_specs(), pages) if len(made) < len(pages) else ()
    proposed = correct_pages(before, memory, pages)
    memory.store()
    return {"corrected texts": done, "pages proposed for approval": proposed}


def _seed_site() -> int:
    """Point the default site at the Albanian home page, if it is missing or still shows Wagtail's welcome page."""
    home = HomePage.objects.filter(locale__language_code=DEFAULT_LANGUAGE).first()
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
        # Only after the site points elsewhere: deleting a site's root page deletes the site with it.
        stock.delete()
    return 1


def _is_stock(page: Page) -> bool:
    return page.specific_class is Page and page.title == STOCK_TITLE and not page.get_children().exists()
