"""Write the text of a data file into a page."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from wagtail.models import Page

from access.models import Region

from .models import Hotline
from .seeded_words import HEAD
from .texts import body_in, in_one_language, link_pages

NAMESPACE = uuid.UUID("5f1d7c52-6a0f-4c0e-9d55-0d7a2f0f8b11")
Files = dict[tuple[str, str], int]


def translation_key(key: str) -> uuid.UUID:
    """Return a key that is the same in every installation, and shared by a page and its translation."""
    return uuid.uuid5(NAMESPACE, key)


@dataclass(frozen=True)
class Around:
    """What texts refer to, by key."""

    pages: dict[str, dict[str, int]]
    lines: dict[str, int]
    regions: dict[str, int]
    files: Files

    @classmethod
    def now(cls, found: Mapping[tuple[str, str], Page], files: Files) -> "Around":
        pages: dict[str, dict[str, int]] = {}
        for (key, language), page in found.items():
            pages.setdefault(language, {})[key] = page.pk
        lines = dict(Hotline.objects.values_list("key", "pk"))
        return cls(pages, lines, dict(Region.objects.values_list("slug", "pk")), files)


def write_head(page: Any, spec: Mapping[str, Any], language: str) -> None:
    """Write title, introduction and what a browser's tab shows."""
    for name, text in in_one_language({name: spec[name] for name in HEAD}, language).items():
        setattr(page, name, text)


def write_text(page: Any, spec: Mapping[str, Any], language: str, around: Around) -> None:
    """Write everything below the introduction; nothing is saved."""
    pages = around.pages[language]
    for name, blocks in {"body": spec["body"], **spec.get("streams", {})}.items():
        namespace = translation_key(spec["key"] if name == "body" else f"{spec['key']}:{name}")
        stream = body_in(blocks, language, pages=pages, lines=around.lines, files=around.files, namespace=namespace)
        # As JSON: a StreamField reads it like a value from the database, block ids included.
        setattr(page, name, json.dumps(stream))
    for name, text in {"sources": spec.get("sources", ""), **spec.get("fields", {})}.items():
        setattr(page, name, link_pages(in_one_language(text, language), pages))
    for name in ("checked_on", "review_by"):
        setattr(page, name, date.fromisoformat(spec[name]) if name in spec else None)
    page.legal_check = spec.get("legal_check", "")
    page.for_lawyer = in_one_language(spec.get("for_lawyer", ""), language)
    page.is_sensitive = spec.get("is_sensitive", False)
    if "line" in spec:
        page.line_id = around.lines.get(spec["line"])
    if "regions" in spec:
        page.regions = [around.regions[slug] for slug in spec["regions"] if slug in around.regions]
