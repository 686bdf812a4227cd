"""The words of a seeded text, taken from its data file or from the database, so that both can be compared.

Where a link leads, which picture stands there and how an editor marks paragraphs count for nothing; the order of the
parts and every word do.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from wagtail.models import Page

from ..models import GlossaryTerm, Hotline
from ..models.hotlines import STORED_LANGUAGES
from ..texts import pick_language

HEAD_FIELDS = ("title", "seo_title", "search_description", "intro")
TAG = re.compile(r"<(/?\w+)[^>]*>")
HOTLINE_TEXTS = ("name", "short", "for_whom", "use", "hours", "cost")

Words = list[str]


def get_shipped_page_words(spec: Mapping[str, Any], language: str) -> Words:
    """Return the words that a page's data file has for this language, one text on each line."""
    texts = pick_language(spec, language)
    streams = {"body": texts["body"], **texts.get("streams", {})}
    fields = {"sources": texts.get("sources", ""), **texts.get("fields", {})}
    return _get_page_words({name: texts[name] for name in HEAD_FIELDS} | fields, streams)


def get_stored_page_words(page: Page, spec: Mapping[str, Any]) -> Words:
    """Return the words of a page (a specific one), of those fields that its data file fills."""
    streams = {name: list(getattr(page, name).raw_data) for name in ("body", *spec.get("streams", {}))}
    fields = {name: getattr(page, name) for name in (*HEAD_FIELDS, "sources", *spec.get("fields", {}))}
    return _get_page_words(fields, streams)


def get_shipped_term_words(word: Mapping[str, Any], language: str) -> Words:
    return _normalize([word["term"][language], word["definition"][language], *word["forms"][language]])


def get_stored_term_words(term: GlossaryTerm) -> Words:
    return _normalize([term.term, term.definition, *term.forms])


def get_shipped_hotline_words(line: Mapping[str, Any]) -> Words:
    return _normalize([line[name][language] for name in HOTLINE_TEXTS for language in STORED_LANGUAGES])


def get_stored_hotline_words(line: Hotline) -> Words:
    return _normalize([getattr(line, f"{name}_{language}") for name in HOTLINE_TEXTS for language in STORED_LANGUAGES])


def fingerprint(words: Words) -> str:
    return hashlib.sha256(json.dumps(words, ensure_ascii=False).encode()).hexdigest()[:24]


def _get_page_words(fields: Mapping[str, str], streams: Mapping[str, list[Any]]) -> Words:
    # Sorted by name: data file and database don't list their fields in the same order.
    texts = [fields[name] for name in sorted(fields)]
    for name in sorted(streams):
        for block in streams[name]:
            if block["type"] != "hotline":  # a number, not a text
                texts += [f"[{block['type']}]", *_iter_texts(block["value"])]
    return _normalize(texts)


def _iter_texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        if {"type", "value", "id"} >= value.keys() >= {"type", "value"}:  # an item of a list, as it is stored
            yield from _iter_texts(value["value"])
        elif not (value.keys() <= {"picture", "file", "page"}):
            for name in sorted(value.keys() - {"line"}):  # a number, not a text
                yield from _iter_texts(value[name])
    elif isinstance(value, list):
        for inner in value:
            yield from _iter_texts(inner)


def _normalize(texts: list[Any]) -> Words:
    # Attributes go, since Draftail adds its own when a page is opened and saved; the tags themselves stay.
    plain = (" ".join(TAG.sub(r"<\1>", str(text or "")).split()) for text in texts)
    return [text for text in plain if text]
