"""Correct texts that an earlier release seeded (docs/adr/0061).

A text that still has, word for word, what was seeded is nobody's but ours. A page of that kind which says something of
the law is proposed to the editors in its new words: a draft that waits for approval as any other, for nobody publishes
a page alone. A glossary term or a hotline's texts, which take one editor, are corrected at once. A text that anybody
has changed stays as it is, and is listed (`manage.py seeded_texts`).
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

from access.languages import DEFAULT_LANGUAGE, LANGUAGES
from audit.chain import log_event

from .models import GlossaryTerm, Hotline, SeededText
from .models.legal_mark import LegalCheck
from .seeded_words import (
    WORDS_OF_LINES,
    Words,
    fingerprint,
    line_as_it_stands,
    line_as_shipped,
    page_as_it_stands,
    page_as_shipped,
    word_as_it_stands,
    word_as_shipped,
)
from .seeding_files import lay_down_files, named_in
from .seeding_search import Remembers
from .seeding_writing import Around, write_head, write_text

# Fingerprints of what releases seeded before each row stored its own: {key: [fingerprint]}.
EARLIER = Path(__file__).parent / "data" / "earlier.json"
CURRENT, UNTOUCHED, WAITS, OWN = "current", "untouched", "waits", "own"


@dataclass(frozen=True)
class Seeded:
    """A page that was seeded once, beside the words that this release has for it. `standing`: how the two compare."""

    page: Page
    spec: Mapping[str, Any]
    language: str
    standing: str

    @property
    def key(self) -> str:
        return f"page:{self.spec['key']}:{self.language}"

    @property
    def shipped(self) -> Words:
        return page_as_shipped(self.spec, self.language)

    @property
    def is_legal(self) -> bool:
        return bool(self.spec.get("legal_check"))


@cache
def _earlier() -> dict[str, list[str]]:
    found: dict[str, list[str]] = json.loads(EARLIER.read_text())
    return found


def known_fingerprints() -> dict[str, set[str]]:
    """Return {key: fingerprints of words that seeding has created under it, here or in an earlier release}."""
    known = {key: set(prints) for key, prints in _earlier().items()}
    for key, own in SeededText.objects.exclude(fingerprint="").values_list("key", "fingerprint"):
        known.setdefault(key, set()).add(own)
    return known


def seeded_pages(specs: list[dict[str, Any]], pages: Mapping[tuple[str, str], Page]) -> Iterator[Seeded]:
    """Yield every page of these data files that exists, with how it compares to what the files have now."""
    known = known_fingerprints()
    by_key = {spec["key"]: spec for spec in specs}
    for (key, language), page in pages.items():
        spec = by_key[key]
        if language in spec["title"]:
            specific = page.specific
            yield Seeded(specific, spec, language, _standing(specific, spec, language, known))


def _standing(page: Page, spec: Mapping[str, Any], language: str, known: Mapping[str, set[str]]) -> str:
    now = fingerprint(page_as_it_stands(page, spec))
    if now == fingerprint(page_as_shipped(spec, language)):
        return CURRENT
    if now not in known.get(f"page:{spec['key']}:{language}", ()):
        return OWN
    if page.has_unpublished_changes or page.workflow_in_progress or not page.live or page.locked:
        return WAITS  # somebody is working on it, or has hidden it
    return UNTOUCHED


def correct_pages(before: Iterable[Seeded], memory: Remembers, pages: Mapping[tuple[str, str], Page]) -> int:
    """Propose what this release says of the law; return how many pages now wait for approval.

    What was published since is remembered as ours.
    """
    proposed = 0
    for each in before:
        if each.standing == CURRENT:
            remember(each.key, each.shipped)
        elif each.is_legal:
            # Also where an editor changed the words: marking takes nothing away from a reader (docs/adr/0061).
            _mark(each.page)
            proposed += propose(each, memory, pages)
    return proposed


def propose(each: Seeded, memory: Remembers, pages: Mapping[tuple[str, str], Page]) -> bool:
    """Submit a draft with this release's words for approval, once for each wording.

    Returns False when the page isn't untouched, when these words were proposed before, or when no approval workflow
    covers it.
    """
    key = f"proposed:{each.key}:{fingerprint(each.shipped)}"
    workflow = each.page.get_workflow()
    # `first_time` comes last: it remembers the key, and a page that isn't ready must be tried again at the next start.
    if each.standing != UNTOUCHED or workflow is None or not memory.first_time(key):
        return False
    page, spec, language = each.page, each.spec, each.language
    files, _new = lay_down_files(named_in(spec, language), memory)
    write_head(page, spec, language)
    write_text(page, spec, language, Around.now(pages, files))
    with translation.override(DEFAULT_LANGUAGE):
        page.change_note = gettext("Corrected text of a new release; the earlier one stood here unchanged.")
    revision: Revision = page.save_revision(clean=False)
    # Without an author, so that any one reviewer may approve it: no editor wrote these words.
    workflow.start(page, None)
    log_event("page.correction_proposed", target_kind="page", target_id=page.pk, revision=revision.pk)
    return True


def _mark(page: Page) -> None:
    """Mark a page that says something of the law as open, whoever wrote its words."""
    if not page.legal_check:
        page.legal_check = LegalCheck.OPEN
        # Not a save: the page's content and its revisions stay as the editors left them.
        type(page)._base_manager.filter(pk=page.pk).update(legal_check=page.legal_check)


def correct_words(words: list[dict[str, Any]], keys: Mapping[Any, str]) -> int:
    """Correct glossary terms that nobody has changed; return how many. `keys`: of the terms, by translation key."""
    known, shipped = known_fingerprints(), {word["key"]: word for word in words}
    done = 0
    for term in GlossaryTerm.objects.filter(translation_key__in=keys).select_related("locale"):
        word, language = shipped[keys[term.translation_key]], term.locale.language_code
        key = f"word:{word['key']}:{language}"
        if not _to_correct(key, word_as_it_stands(term), word_as_shipped(word, language), known):
            continue
        term.term, term.definition = word["term"][language], word["definition"][language]
        term.forms = word["forms"][language]
        term.save()
        remember(key, word_as_shipped(word, language))
        log_event("seeded_text.corrected", target_kind="glossary_term", target_id=term.pk)
        done += 1
    return done


def correct_lines(lines: list[dict[str, Any]]) -> int:
    """Correct the texts of hotlines that nobody has changed; return how many.

    Numbers, and whether a hotline is shown, are never touched.
    """
    known, found = known_fingerprints(), {line.key: line for line in Hotline.objects.all()}
    done = 0
    for shipped in lines:
        line, key = found.get(shipped["key"]), f"hotline:{shipped['key']}"
        if line is None or not _to_correct(key, line_as_it_stands(line), line_as_shipped(shipped), known):
            continue
        for name in WORDS_OF_LINES:
            for language in LANGUAGES:
                setattr(line, f"{name}_{language}", shipped[name][language])
        line.save()
        remember(key, line_as_shipped(shipped))
        log_event("seeded_text.corrected", target_kind="hotline", target_id=line.pk)
        done += 1
    return done


def _to_correct(key: str, stands: Words, shipped: Words, known: Mapping[str, set[str]]) -> bool:
    return stands != shipped and fingerprint(stands) in known.get(key, ())


def remember(key: str, words: Words) -> None:
    """Record these words as ours, seeded or approved."""
    mine = fingerprint(words)
    SeededText.objects.filter(key=key).exclude(fingerprint=mine).update(fingerprint=mine)
