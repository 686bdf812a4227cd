"""The first texts of the public site, in Albanian and English.

`seed_content()` creates texts, and corrects those that nobody has changed since (`seeding_corrections`). What was
seeded once is remembered (`SeededText`), so a page, word or hotline that an editor changed stays changed, and one that
an editor deleted stays deleted. Any room may bring pages: its app config says `seeds_pages = True` and its folder holds
`data/pages/*.json`.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from wagtail.coreutils import find_available_slug
from wagtail.models import Locale, Page, Site
from wagtail.signal_handlers import disable_reference_index_auto_update

from access.languages import DEFAULT_LANGUAGE, LANGUAGES
from audit.chain import log_event

from .models import GlossaryTerm, HomePage, Hotline, SeededText
from .phone_numbers import is_reserved, plain
from .seeded_words import HEAD, fingerprint, line_as_shipped, page_as_shipped, word_as_shipped
from .seeding_addresses import lead_on
from .seeding_corrections import Seeded, correct_lines, correct_pages, correct_words, propose, seeded_pages
from .seeding_files import lay_down_files, named_in
from .seeding_search import seed_search
from .seeding_writing import Around, Files, translation_key, write_head, write_text
from .texts import in_one_language

DATA = Path(__file__).parent / "data"
STOCK_TITLE = "Welcome to your new Wagtail site!"
BILINGUAL = ("name", "short", "for_whom", "use", "hours", "cost")


@transaction.atomic
def seed_content() -> dict[str, int]:
    """Create locales, hotlines, glossary terms, pages in each language and the site; return how many of each.

    1. Locales sq and en. 2. Hotlines and glossary terms. 3. Empty pages, so that texts may link to each other.
    4. The pictures and files that these pages show. 5. Their texts; now they are live. 6. Synonyms and promoted
    results of the search. 7. The site, in place of Wagtail's welcome page, and redirects from earlier addresses.
    8. Corrections of texts that an earlier release seeded with other words.
    """
    locales = _seed_locales()
    memory = Memory.recalled()
    hotlines = _seed_hotlines(memory)
    words = _seed_glossary(memory)
    made = _make_pages(memory)
    to_fill = [*made, *_rewritten()]
    named = (name for each in to_fill for name in named_in(each.spec, each.language))
    files, new_files = lay_down_files(named, memory)
    _fill(to_fill, files)
    seed_search(memory, _pages_by_key())
    memory.keep()
    made_now = {"locales": locales, "hotlines": hotlines, "words": words, "files": new_files, "pages": len(made)}
    made_now["sites"] = _seed_site()
    lead_on((each.page, each.spec, each.language) for each in made)
    return made_now | _correct(memory, made)


@dataclass
class Memory:
    """Keys of everything that was ever seeded into this database, whatever became of it since."""

    known: set[str]
    new: list[str] = field(default_factory=list)
    prints: dict[str, str] = field(default_factory=dict)  # fingerprints of the seeded words, by key

    @classmethod
    def recalled(cls) -> "Memory":
        return cls(set(SeededText.objects.values_list("key", flat=True)))

    def first_time(self, key: str) -> bool:
        """Return True once for each key in the life of this database."""
        if key in self.known:
            return False
        self.known.add(key)
        # Only noted here; `keep` writes the rows, in the transaction that creates the texts.
        self.new.append(key)
        return True

    def keep(self) -> None:
        rows = [SeededText(key=key, fingerprint=self.prints.get(key, "")) for key in self.new]
        SeededText.objects.bulk_create(rows)
        self.new.clear()


def _seed_locales() -> int:
    return sum(Locale.objects.get_or_create(language_code=code)[1] for code in LANGUAGES)


def _seed_hotlines(memory: Memory) -> int:
    made = _put_back_reserved()
    for line in _lines():
        # A hotline that has this key already, whoever entered it, stays as it is.
        if not memory.first_time(f"hotline:{line['key']}") or Hotline.objects.filter(key=line["key"]).exists():
            continue
        memory.prints[f"hotline:{line['key']}"] = fingerprint(line_as_shipped(line))
        texts = {f"{name}_{language}": text for name in BILINGUAL for language, text in line.pop(name).items()}
        Hotline.objects.create(**line, **texts)
        made += 1
    return made


def _put_back_reserved() -> int:
    """Restore emergency numbers that were changed under an earlier release: they are reference data (docs/adr/0076)."""
    done = 0
    for line in _lines():
        if not is_reserved(line["number"]):
            continue
        others = Hotline.objects.filter(key=line["key"]).exclude(number=line["number"])
        for found in others:
            # Compared by digits: "116111" and "116 111" are one number.
            if plain(found.number) != plain(line["number"]):
                found.number, found.verified_on, found.verified_by = line["number"], None, ""
                # It comes from reference data, so no second editor has to call it before readers see it again.
                found.needs_call, found.changed_by = False, None
                found.save()
                log_event("line.put_back", target_kind="hotline", target_id=found.pk)
                done += 1
    return done


def _lines() -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = json.loads((DATA / "hotlines.json").read_text())["lines"]
    return lines


def _words() -> list[dict[str, Any]]:
    words: list[dict[str, Any]] = json.loads((DATA / "glossary.json").read_text())
    return words


def _seed_glossary(memory: Memory) -> int:
    made = 0
    for word in _words():
        for locale in _locales():
            language = locale.language_code
            if not memory.first_time(f"word:{word['key']}:{language}"):
                continue
            memory.prints[f"word:{word['key']}:{language}"] = fingerprint(word_as_shipped(word, language))
            GlossaryTerm.objects.create(
                locale=locale,
                translation_key=translation_key(f"word:{word['key']}"),
                term=word["term"][language],
                definition=word["definition"][language],
                forms=word["forms"][language],
            )
            made += 1
    return made


def _locales() -> list[Locale]:
    """Return the locales, the site's own language first: a page's translation is made after it."""
    return sorted(Locale.objects.all(), key=lambda each: each.language_code != DEFAULT_LANGUAGE)


@dataclass(frozen=True)
class Made:
    """A page created in this run, still without its text."""

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


def _make_pages(memory: Memory) -> list[Made]:
    with disable_reference_index_auto_update():  # the pages refer to nothing yet
        return [*_made_pages(memory)]


def _made_pages(memory: Memory) -> Iterator[Made]:
    found = _pages_by_key()
    root = Page.get_first_root_node()
    for spec in _page_specs():
        for locale in _locales():
            language = locale.language_code
            if language not in spec["title"] or not memory.first_time(f"page:{spec['key']}:{language}"):
                continue
            parent = found.get((spec["parent"], language)) if "parent" in spec else root
            if parent is None or (spec["key"], language) in found:
                continue  # an editor has taken the page above away, or made this one
            memory.prints[f"page:{spec['key']}:{language}"] = fingerprint(page_as_shipped(spec, language))
            page = parent.add_child(instance=_empty_page(spec, locale, parent))
            found[spec["key"], language] = page
            yield Made(page, spec, language)


def _empty_page(spec: dict[str, Any], locale: Locale, parent: Page) -> Page:
    texts = in_one_language({name: spec[name] for name in HEAD}, locale.language_code)
    page: Page = apps.get_model(spec["model"])(
        **texts,
        slug=find_available_slug(parent, spec["slug"][locale.language_code]),
        locale=locale,
        translation_key=translation_key(spec["key"]),
        show_in_menus=spec.get("in_menu", "parent" in spec),
        live=False,
    )
    return page


def _rewritten() -> Iterator[Made]:
    """Yield pages whose earlier content another page holds now, so that they get today's text.

    `was` in a spec names the title of the earlier release. Without this two pages would bear one title. Only pages as
    seeding left them: no editor has saved or hidden them.
    """
    found = _pages_by_key()
    for spec in _page_specs():
        for language, title in spec.get("was", {}).items():
            page = found.get((spec["key"], language))
            # A revision means that an editor has saved the page; seeding itself writes none (`_fill`).
            if page is None or page.title != title or page.latest_revision_id or not page.live:
                continue
            page = page.specific
            write_head(page, spec, language)
            page.draft_title = page.title
            yield Made(page, spec, language)


def _pages_by_key() -> dict[tuple[str, str], Page]:
    """Return the existing seeded pages by key and language."""
    keys = {translation_key(spec["key"]): spec["key"] for spec in _page_specs()}
    pages = Page.objects.filter(translation_key__in=keys).select_related("locale")
    return {(keys[page.translation_key], page.locale.language_code): page for page in pages}


def _fill(made: list[Made], files: Files) -> None:
    if not made:
        return
    around = Around.now(_pages_by_key(), files)
    for each in made:
        page = each.page
        write_text(page, each.spec, each.language, around)
        page.live = True
        page.has_unpublished_changes = False
        page.first_published_at = page.last_published_at = timezone.now()
        # Saved once, without a revision: the first one is an editor's. Not cleaned again: `add_child` did that, and its
        # place in the tree is the same.
        page.save(clean=False)


def seeded() -> list[Seeded]:
    """Return every seeded page that still exists, compared with this release's words for it."""
    return [*seeded_pages(_page_specs(), _pages_by_key())]


def propose_words(each: Seeded, memory: Memory) -> bool:
    """Propose this release's words for one page to the editors.

    Returns False when that isn't possible or was done before.
    """
    return propose(each, memory, _pages_by_key())


def _correct(memory: Memory, made: list[Made]) -> dict[str, int]:
    keys = {translation_key(f"word:{word['key']}"): word["key"] for word in _words()}
    done = correct_words(_words(), keys) + correct_lines(_lines())
    pages = _pages_by_key()
    # On a new installation every page was made just now, with today's words: nothing to compare.
    before = seeded_pages(_page_specs(), pages) if len(made) < len(pages) else ()
    proposed = correct_pages(before, memory, pages)
    memory.keep()
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
