"""Correct texts that an earlier release seeded (docs/adr/0061).

A text that still has, word for word, what was seeded is nobody's but ours. A page of that kind which says something of
the law, or which its data file marks (`propose`), is proposed to the editors in its new words: a draft that waits for
approval as any other, for nobody publishes a page alone. A glossary term or a hotline's texts, which take one editor,
are corrected at once. A text that anybody has changed stays as it is, and is listed (`manage.py seeded_texts`).
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.utils import translation
from django.utils.translation import gettext
from wagtail.models import Page, Revision

from access.languages import DEFAULT_LANGUAGE
from audit.chain import log_event

from ..models import GlossaryTerm, Hotline, SeededText
from ..models.hotlines import STORED_LANGUAGES
from ..models.legal_mark import LegalCheck
from ..review.models import EditorNews
from ..review.news import queue_news
from .files import create_files, iter_named_files
from .memory import SeedMemory
from .pages import LinkTargets, write_head, write_text
from .wording import (
    HOTLINE_TEXTS,
    Words,
    fingerprint,
    get_shipped_hotline_words,
    get_shipped_page_words,
    get_shipped_term_words,
    get_stored_hotline_words,
    get_stored_page_words,
    get_stored_term_words,
)

# Fingerprints of what releases seeded before each row stored its own: {key: [fingerprint]}.
EARLIER = Path(__file__).parents[1] / "data" / "earlier.json"
CURRENT, UNTOUCHED, BLOCKED, EDITED = "current", "untouched", "waits", "own"


@dataclass(frozen=True)
class SeededPage:
    """A page that was seeded once, beside the words that this release has for it. `status`: how the two compare."""

    page: Page
    spec: Mapping[str, Any]
    language: str
    status: str

    @property
    def key(self) -> str:
        return f"page:{self.spec['key']}:{self.language}"

    @property
    def shipped(self) -> Words:
        return get_shipped_page_words(self.spec, self.language)

    @property
    def is_legal(self) -> bool:
        return bool(self.spec.get("legal_check"))

    @property
    def is_proposed(self) -> bool:
        """Whether new words of it are proposed: what it says of the law, and what the data file marks (`propose`)."""
        return self.is_legal or bool(self.spec.get("propose"))


@cache
def _load_earlier_fingerprints() -> dict[str, list[str]]:
    found: dict[str, list[str]] = json.loads(EARLIER.read_text())
    return found


def get_known_fingerprints() -> dict[str, set[str]]:
    """Return {key: fingerprints of words that seeding has created under it, here or in an earlier release}."""
    known = {key: set(prints) for key, prints in _load_earlier_fingerprints().items()}
    for key, own in SeededText.objects.exclude(fingerprint="").values_list("key", "fingerprint"):
        known.setdefault(key, set()).add(own)
    return known


def iter_seeded_pages(specs: list[dict[str, Any]], pages: Mapping[tuple[str, str], Page]) -> Iterator[SeededPage]:
    """Yield every page of these data files that exists, with how it compares to what the files have now."""
    known = get_known_fingerprints()
    by_key = {spec["key"]: spec for spec in specs}
    for (key, language), page in pages.items():
        spec = by_key[key]
        if language in spec["title"]:
            specific = page.specific
            yield SeededPage(specific, spec, language, _get_status(specific, spec, language, known))


def _get_status(page: Page, spec: Mapping[str, Any], language: str, known: Mapping[str, set[str]]) -> str:
    now = fingerprint(get_stored_page_words(page, spec))
    if now == fingerprint(get_shipped_page_words(spec, language)):
        return CURRENT
    if now not in known.get(f"page:{spec['key']}:{language}", ()):
        return EDITED
    if page.has_unpublished_changes or page.workflow_in_progress or not page.live or page.locked:
        return BLOCKED  # somebody is working on it, or has hidden it
    return UNTOUCHED


def correct_pages(before: Iterable[SeededPage], memory: SeedMemory, pages: Mapping[tuple[str, str], Page]) -> int:
    """Propose what this release says of the law; return how many pages now wait for approval.

    What was published since is remembered as ours.
    """
    proposed = 0
    for each in before:
        if each.status == CURRENT:
            store_fingerprint(each.key, each.shipped)
        elif each.is_proposed:
            if each.is_legal:
                # Also where an editor changed the words: marking takes nothing away from a reader (docs/adr/0061).
                _mark_legal_check(each.page)
            proposed += propose_page(each, memory, pages)
    return proposed


def propose_page(each: SeededPage, memory: SeedMemory, pages: Mapping[tuple[str, str], Page]) -> bool:
    """Submit a draft with this release's words for approval, once for each wording.

    Returns False when the page isn't untouched, when these words were proposed before, or when no approval workflow
    covers it.
    """
    key = f"proposed:{each.key}:{fingerprint(each.shipped)}"
    workflow = each.page.get_workflow()
    # `first_time` comes last: it remembers the key, and a page that isn't ready must be tried again at the next start.
    if each.status != UNTOUCHED or workflow is None or not memory.first_time(key):
        return False
    page, spec, language = each.page, each.spec, each.language
    files, _new = create_files(iter_named_files(spec, language), memory)
    write_head(page, spec, language)
    write_text(page, spec, language, LinkTargets.load(pages, files))
    with translation.override(DEFAULT_LANGUAGE):
        page.change_note = gettext("Corrected text of a new release; the earlier one stood here unchanged.")
    revision: Revision = page.save_revision(clean=False)
    # Without an author, so that any one reviewer may approve it: no editor wrote these words.
    workflow.start(page, None)
    queue_news(EditorNews.What.PROPOSED, title=page.get_admin_display_title(), by=None)
    log_event("page.correction_proposed", target_kind="page", target_id=page.pk, revision=revision.pk)
    return True


def _mark_legal_check(page: Page) -> None:
    """Mark a page that says something of the law as open, whoever wrote its words."""
    if not page.legal_check:
        page.legal_check = LegalCheck.OPEN
        # Not a save: the page's content and its revisions stay as the editors left them.
        type(page)._base_manager.filter(pk=page.pk).update(legal_check=page.legal_check)


def correct_terms(words: list[dict[str, Any]], keys: Mapping[Any, str]) -> int:
    """Correct glossary terms that nobody has changed; return how many. `keys`: of the terms, by translation key."""
    known, shipped = get_known_fingerprints(), {word["key"]: word for word in words}
    done = 0
    for term in GlossaryTerm.objects.filter(translation_key__in=keys).select_related("locale"):
        word, language = shipped[keys[term.translation_key]], term.locale.language_code
        if language not in word["term"]:
            continue  # an editor's translation into a language that isn't shipped
        key = f"word:{word['key']}:{language}"
        if not _is_to_be_corrected(key, get_stored_term_words(term), get_shipped_term_words(word, language), known):
            continue
        term.term, term.definition = word["term"][language], word["definition"][language]
        term.forms = word["forms"][language]
        term.save()
        store_fingerprint(key, get_shipped_term_words(word, language))
        log_event("seeded_text.corrected", target_kind="glossary_term", target_id=term.pk)
        done += 1
    return done


def correct_hotlines(lines: list[dict[str, Any]]) -> int:
    """Correct the texts of hotlines that nobody has changed; return how many.

    Numbers, and whether a hotline is shown, are never touched.
    """
    known, found = get_known_fingerprints(), {line.key: line for line in Hotline.objects.all()}
    done = 0
    for shipped in lines:
        line, key = found.get(shipped["key"]), f"hotline:{shipped['key']}"
        if line is None or not _is_to_be_corrected(
            key, get_stored_hotline_words(line), get_shipped_hotline_words(shipped), known
        ):
            continue
        for name in HOTLINE_TEXTS:
            for language in STORED_LANGUAGES:
                setattr(line, f"{name}_{language}", shipped[name][language])
        line.save()
        store_fingerprint(key, get_shipped_hotline_words(shipped))
        log_event("seeded_text.corrected", target_kind="hotline", target_id=line.pk)
        done += 1
    return done


def _is_to_be_corrected(key: str, stored: Words, shipped: Words, known: Mapping[str, set[str]]) -> bool:
    return stored != shipped and fingerprint(stored) in known.get(key, ())


def store_fingerprint(key: str, words: Words) -> None:
    """Record these words as ours, seeded or approved."""
    new = fingerprint(words)
    SeededText.objects.filter(key=key).exclude(fingerprint=new).update(fingerprint=new)
