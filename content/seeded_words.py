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

from access.languages import LANGUAGES

from .models import GlossaryTerm, Hotline
from .texts import in_one_language

HEAD = ("title", "seo_title", "search_description", "intro")
TAG = re.compile(r"<(/?\w+)[^>]*>")
WORDS_OF_LINES = ("name", "short", "for_whom", "use", "hours", "cost")

Words = list[str]


def page_as_shipped(spec: Mapping[str, Any], language: str) -> Words:
    """Return the words that a page's data file has for this language, one text on each line."""
    said = in_one_language(spec, language)
    streams = {"body": said["body"], **said.get("streams", {})}
    fields = {"sources": said.get("sources", ""), **said.get("fields", {})}
    return _page({name: said[name] for name in HEAD} | fields, streams)


def page_as_it_stands(page: Page, spec: Mapping[str, Any]) -> Words:
    """Return the words of a page (a specific one), of those fields that its data file fills."""
    streams = {name: list(getattr(page, name).raw_data) for name in ("body", *spec.get("streams", {}))}
    fields = {name: getattr(page, name) for name in (*HEAD, "sources", *spec.get("fields", {}))}
    return _page(fields, streams)


def word_as_shipped(word: Mapping[str, Any], language: str) -> Words:
    return _clean([word["term"][language], word["definition"][language], *word["forms"][language]])


def word_as_it_stands(term: GlossaryTerm) -> Words:
    return _clean([term.term, term.definition, *term.forms])


def line_as_shipped(line: Mapping[str, Any]) -> Words:
    return _clean([line[name][language] for name in WORDS_OF_LINES for language in LANGUAGES])


def line_as_it_stands(line: Hotline) -> Words:
    return _clean([getattr(line, f"{name}_{language}") for name in WORDS_OF_LINES for language in LANGUAGES])


def fingerprint(words: Words) -> str:
    return hashlib.sha256(json.dumps(words, ensure_ascii=False).encode()).hexdigest()[:24]


def _page(fields: Mapping[str, str], streams: Mapping[str, list[Any]]) -> Words:
    # Sorted by name: data file and database don't list their fields in the same order.
    said = [fields[name] for name in sorted(fields)]
    for name in sorted(streams):
        for block in streams[name]:
            if block["type"] != "hotline":  # a number, not a text
                said += [f"[{block['type']}]", *_leaves(block["value"])]
    return _clean(said)


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        if {"type", "value", "id"} >= value.keys() >= {"type", "value"}:  # an item of a list, as it is stored
            yield from _leaves(value["value"])
        elif not (value.keys() <= {"picture", "file"}):
            for name in sorted(value):
                yield from _leaves(value[name])
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)


def _clean(texts: list[Any]) -> Words:
    # Attributes go, since Draftail adds its own when a page is opened and saved; the tags themselves stay.
    plain = (" ".join(TAG.sub(r"<\1>", str(text or "")).split()) for text in texts)
    return [text for text in plain if text]
