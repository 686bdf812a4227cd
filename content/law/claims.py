"""Collect everything the public site says of the law, with its sources, for the legal review."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.apps import apps
from django.urls import reverse
from django.utils import translation
from django.utils.html import strip_tags
from wagtail.models import Page

from access.languages import LANGUAGES

from ..legal_wording import iter_legal_sentences, names_law, speaks_of_law
from ..models import GlossaryPage, GlossaryTerm, reviewed_page_models
from ..texts import pick_language


@dataclass(frozen=True)
class Claim:
    """A page, or a part of what is printed and shown besides pages, in one language."""

    title: str
    where: str  # an address of the site, of the editors' form where readers have none, or a data file
    state: str  # LegalCheck, or "" when the mark is missing
    sentences: list[str]
    rests_on: list[str]
    open_questions: list[str] = field(default_factory=list)
    checked_on: str = ""  # against its sources
    lawyer_on: str = ""

    @property
    def missing(self) -> list[str]:
        """Return what a text that speaks of the law must state about itself and doesn't."""
        wanted = {"sources": self.rests_on, "checked_on": self.checked_on, "legal_check": self.state}
        return [name for name, value in wanted.items() if not value]


def collect_claims(language: str, *, whole: bool = False) -> list[Claim]:
    """Return what is live in this language and speaks of the law.

    `whole`: every sentence of every page; else only those of the law, where nothing is asked about the page.
    """
    return [*_iter_page_claims(language, whole), *_iter_data_claims(language)]


def _iter_page_claims(language: str, whole: bool) -> Iterator[Claim]:
    names = [model._meta.model_name for model in reviewed_page_models() if model.in_legal_review]
    pages = Page.objects.live().filter(locale__language_code=language, content_type__model__in=names)
    for page in pages.order_by("path").specific():
        claim = _build_page_claim(page, language, whole)
        if claim is not None:
            yield claim


def _build_page_claim(page: Any, language: str, whole: bool) -> Claim | None:
    texts = [*page.legal_texts()]
    if not page.legal_check and not names_law(texts):
        return None
    rests_on = _split_items(page.sources)
    # The sources are texts of the page too; they are listed apart.
    sentences = [text for text in texts if text not in rests_on]
    if not whole and not page.for_lawyer:  # one that a lawyer is asked about is read from its first word to its last
        # A page that an editor marked by hand may name no law in any sentence: then all of it is shown.
        sentences = [*iter_legal_sentences(sentences)] or sentences
    if isinstance(page, GlossaryPage):
        terms = GlossaryTerm.objects.filter(locale_id=page.locale_id)
        sentences += [f"{term.term}: {strip_tags(term.definition)}" for term in terms if speaks_of_law(term.definition)]
    return Claim(
        title=page.title,
        where=page.url or reverse("wagtailadmin_pages:edit", args=[page.pk]),
        state=page.legal_check,
        sentences=sentences,
        rests_on=rests_on,
        open_questions=_split_lines(page.for_lawyer),
        checked_on=f"{page.checked_on:%d.%m.%Y}" if page.checked_on else "",
        lawyer_on=f"{page.legal_checked_on:%d.%m.%Y}" if page.legal_checked_on else "",
    )


def _iter_data_claims(language: str) -> Iterator[Claim]:
    """Yield texts that are no pages: each room's own list of them, `legal_texts` of its app."""
    for config in apps.get_app_configs():
        name = getattr(config, "legal_texts", None)
        if name is None:
            continue
        listed = Path(config.path) / name
        for about in json.loads(listed.read_text()):
            data = json.loads((listed.parent / about["file"]).read_text())
            texts = [text for part in about["parts"] for text in _iter_texts(pick_language(data[part], language))]
            described = pick_language(about, language)
            yield Claim(
                title=described["title"],
                where=f"{config.label}/{about['file']}",
                state=described["legal_check"],
                sentences=texts,
                rests_on=described["sources"].split("; "),
                open_questions=_split_lines(described["for_lawyer"]),
                checked_on=".".join(reversed(described["checked_on"].split("-"))),
            )


def _iter_texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            # The key of a quiz's right answer, no text.
            if name != "right":
                yield from _iter_texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _iter_texts(inner)
    elif isinstance(value, str):
        yield value


def _split_items(html: str) -> list[str]:
    parts = html.replace("</li>", "\n").replace("</p>", "\n").split("\n")
    return [text for part in parts if (text := " ".join(strip_tags(part).split()))]


def _split_lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def get_unmarked_texts() -> list[tuple[str, list[str]]]:
    """Return live texts that speak of the law without stating it: [(address, what is missing)].

    Missing may be what they rest on, when they were compared with it, or whether a lawyer has read them.
    """
    found = []
    for language in LANGUAGES:
        with translation.override(language):
            found += [(claim.where, claim.missing) for claim in collect_claims(language) if claim.missing]
    return found
