"""The terms that the texts of both languages must use (`locale/terms.json`), and a check of the texts.

    python -m config.terms           writes docs/glossary.md
    python -m config.terms --check   names each text of the catalogues with a forbidden variant, and a stale glossary
    python -m config.terms --data    the same for the texts that ship as data: forms, procedure, pages, papers, sessions

A term: {sq, en, code, from, not_sq, not_en}; the last two are regular expressions of whole words, any case. An entry of
`allowed` {language, text, why} exempts every text that contains `text`.
"""

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

import polib

from .catalogs import LANGUAGES, ROOT

TERMS = ROOT / "locale" / "terms.json"
GLOSSARY = ROOT / "docs" / "glossary.md"
# The folders whose JSON ships texts as {"sq": ..., "en": ...}.
DATA = (
    "case_forms/form_builder/data",
    "case_forms/procedures/data",
    "content/data",
    "outreach_pages/data",
)
HEAD = """# Glossary: the words that Vatra Outreach uses

Written by `python -m config.terms` from `locale/terms.json`; a test holds the texts of both languages to it.
"Code" is the word that forms, the API and the code use. Change the file, not this page.

| Albanian | English | code | where it comes from | not |
|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Text:
    """A text in one language, and its file."""

    where: str
    language: str
    text: str


@dataclass(frozen=True)
class Hit:
    """A forbidden variant in a text, and the term to use."""

    text: Text
    found: str
    term: str

    def __str__(self) -> str:
        return f"{self.text.where}: {self.found!r} in {self.text.text[:100]!r} (say: {self.term})"


@cache
def load() -> dict[str, Any]:
    return json.loads(TERMS.read_text())


def catalog_texts() -> Iterator[Text]:
    """Yield every translation of our own catalogues, each plural form separately."""
    for language in LANGUAGES:
        path = ROOT / "locale" / language / "LC_MESSAGES" / "django.po"
        for entry in polib.pofile(str(path)):
            if not entry.obsolete:
                for text in entry.msgstr_plural.values() if entry.msgid_plural else [entry.msgstr]:
                    yield Text(f"{path.relative_to(ROOT)}:{entry.linenum}", language, text)


def data_texts() -> Iterator[Text]:
    """Yield every text of the shipped data that stands under the code of its language."""
    for folder in DATA:
        for path in sorted((ROOT / folder).rglob("*.json")):
            yield from _texts_in(json.loads(path.read_text()), str(path.relative_to(ROOT)), None)


def _texts_in(value: Any, where: str, language: str | None) -> Iterator[Text]:
    """Yield the texts under a key that is a language's code, without markup."""
    if isinstance(value, str) and language:
        yield Text(where, language, unescape(re.sub(r"<[^>]*>", " ", value)))
    elif isinstance(value, list):
        for item in value:
            yield from _texts_in(item, where, language)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts_in(item, where, key if key in LANGUAGES else language)


def hits(texts: Iterator[Text]) -> Iterator[Hit]:
    """Yield each forbidden variant in `texts` that no exception allows."""
    rules = {language: list(_rules(language)) for language in LANGUAGES}
    for text in texts:
        for pattern, term in rules[text.language]:
            found = pattern.search(text.text)
            if found and not is_allowed(text):
                yield Hit(text, found[0], term)


def _rules(language: str) -> Iterator[tuple[re.Pattern[str], str]]:
    for term in load()["terms"]:
        for variant in term.get(f"not_{language}", ()):
            yield re.compile(rf"(?<!\w)(?:{variant})(?!\w)", re.IGNORECASE), term[language]


def is_allowed(text: Text) -> bool:
    return any(entry["language"] == text.language and entry["text"] in text.text for entry in load()["allowed"])


def glossary() -> str:
    """Return the text of docs/glossary.md, made from the terms."""
    rows = []
    for term in load()["terms"]:
        variants = [*term.get("not_sq", ()), *term.get("not_en", ())]
        not_ = ", ".join(f"`{variant}`" for variant in variants).replace("|", "\\|")
        code = f"`{term['code']}`" if term["code"] else ""
        rows.append(f"| {term['sq']} | {term['en']} | {code} | {term['from']} | {not_} |\n")
    return HEAD + "".join(rows)


def main() -> int:
    """Write the glossary, or check texts; returns the exit code."""
    arguments = sys.argv[1:]
    if not arguments:
        Path(GLOSSARY).write_text(glossary())
        return 0
    found = [str(hit) for hit in hits(data_texts() if "--data" in arguments else catalog_texts())]
    if "--check" in arguments and GLOSSARY.read_text() != glossary():
        found.append(f"{GLOSSARY.relative_to(ROOT)} is older than locale/terms.json (python -m config.terms)")
    sys.stdout.writelines(f"{line}\n" for line in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
