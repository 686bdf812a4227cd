"""Numbers that public texts state of the law or of a service's hours, each with its source (data/numbers.json).

Days, ages, years in prison, amounts, hours: a text that states one must be known here, by the words around it. Where
sources differ, `named_by` says which words of the same text name the source, and `differs` is asked of the lawyer.
Lengths of lessons and what happens in stories are no statements of law.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.urls import reverse
from django.utils import translation
from django.utils.html import strip_tags
from wagtail.models import Page

from access.languages import LANGUAGES, localize

from ..legal_wording import SENTENCE_END, speaks_of_law
from ..models import Hotline, reviewed_page_models

DATA = Path(__file__).parents[1] / "data" / "numbers.json"
WORDS = (
    r"një|dy|tre|tri|katër|pesë|gjashtë|shtatë|tetë|nëntë|dhjetë|dymbëdhjetë|tetëmbëdhjetë|njëzet|tridhjetë|nëntëdhjetë"
    r"|one|two|three|four|five|six|seven|eight|nine|ten|twelve|eighteen|twenty|thirty|ninety"
)
UNITS = (
    r"ditë\w*|jav[ëe]\w*|muaj\w*|vjet\w*|vjeç\w*|vite?\b|orë\b|orëve\b|lekë?\w*|euro\w*|për qind"
    r"|days?|weeks?|months?|years?|hours?|per cent|percent"
)
AMOUNT = r"\d[\d.,]*"
# A number with its unit; a range counts as one.
QUANTITY = re.compile(
    rf"\b(?:{AMOUNT}|{WORDS})(?:(?: deri në | to |[–-])(?:{AMOUNT}|{WORDS}))?[- ](?:{UNITS})"
    r"|\b(?:nën|mbi|under|over|turn|aged) \d+|\b\d+ (?:or|and) over|\d ?%|€ ?\d|\b24/7\b|\b\d{1,2}:\d\d\b",
    re.IGNORECASE,
)
# Stated whatever else the sentence says: an age from which something holds, and hours in digits.
ALWAYS = re.compile(r"\b(?:nën|under|over|mbi) \d+|\d (?:orë|hours)\b|24/7|\b\d{1,2}:\d\d\b", re.IGNORECASE)


@dataclass(frozen=True)
class KnownNumber:
    """A number with its source. Texts are in the active language; `differs` is "" where no source says otherwise."""

    key: str
    value: str
    source: str
    differs: str


@dataclass(frozen=True)
class StatedNumber:
    """A sentence of a public text with a number. `problem`: what isn't as it must be, "" for none.

    Problems: unknown (a number that isn't in the list), unnamed (sources differ, and the text names none).
    """

    title: str
    where: str
    sentence: str
    known: list[KnownNumber]
    problem: str

    @property
    def is_for_lawyer(self) -> bool:
        return bool(self.problem) or any(each.differs for each in self.known)


@cache
def _load() -> list[dict]:
    return json.loads(DATA.read_text())


def get_known_numbers() -> list[KnownNumber]:
    """Return the list in the active language."""
    return [_build(each) for each in _load()]


def _build(entry: dict) -> KnownNumber:
    return KnownNumber(entry["key"], *(localize(entry[name]) for name in ("value", "source", "differs")))


def iter_sentences(text: str) -> Iterator[str]:
    """Yield the sentences of a rich text."""
    plain = strip_tags(re.sub(r"</(?:li|p|h\d|td|th)>|<br ?/?>", "\n", text))
    yield from (part.strip() for part in SENTENCE_END.split(plain) if part.strip())


def states_number(sentence: str) -> bool:
    """Return whether it states a number of law or of a service's hours."""
    return bool(ALWAYS.search(sentence) or (QUANTITY.search(sentence) and speaks_of_law(sentence)))


def examine(sentence: str, language: str) -> tuple[list[str], str]:
    """Return (keys of the known numbers in it, problem), as in StatedNumber."""
    left, keys, problem = sentence, [], ""
    for entry in _load():
        without = re.sub(entry["pattern"][language], " ", left, flags=re.IGNORECASE)
        if without == left:
            continue
        left = without
        keys.append(entry["key"])
        named_by = entry["named_by"][language]
        if named_by and not re.search(named_by, sentence, re.IGNORECASE):
            problem = "unnamed"
    return keys, "unknown" if QUANTITY.search(left) else problem


def iter_stated(texts: Iterable[str], language: str, *, title: str, where: str) -> Iterator[StatedNumber]:
    """Yield each sentence of these texts that states a number, once."""
    by_key = {entry["key"]: entry for entry in _load()}
    for sentence in dict.fromkeys(part for text in texts for part in iter_sentences(text)):
        if states_number(sentence):
            keys, problem = examine(sentence, language)
            yield StatedNumber(title, where, sentence, [_build(by_key[key]) for key in keys], problem)


def collect_numbers(language: str) -> list[StatedNumber]:
    """Return what live pages state in this language; hours of hotlines carry the source of their hotline."""
    names = [model._meta.model_name for model in reviewed_page_models()]
    pages = Page.objects.live().filter(locale__language_code=language, content_type__model__in=names)
    found: list[StatedNumber] = []
    with translation.override(language):
        for page in pages.order_by("path").specific():
            where = reverse("wagtailadmin_pages:edit", args=[page.pk])
            found += iter_stated(page.legal_texts(), language, title=page.title, where=where)
        for line in Hotline.objects.published():
            if line.hours:
                known = [KnownNumber("hours", line.hours, line.source, "")] if line.source.strip() else []
                where = reverse("wagtailsnippets_content_hotline:edit", args=[line.pk])
                found.append(StatedNumber(line.name, where, line.hours, known, "" if known else "unknown"))
    return found


def collect_all() -> dict[str, list[StatedNumber]]:
    return {language: collect_numbers(language) for language in LANGUAGES if language in _load()[0]["value"]}


def render_list() -> str:
    """Return docs/legal-numbers.md."""
    with translation.override("en"):
        rows = [
            f"| {each.value} | {each.source} | {each.differs or '–'} |".replace("\n", " ")
            for each in get_known_numbers()
        ]
    return "\n".join([HEAD, *rows, "", FOOT, ""])


HEAD = """# Numbers of the law, and their sources

Every number that a public text states of the law or of a service's hours: days, ages, years in prison, hours. Generated
from `content/data/numbers.json` (`manage.py legal_numbers`); `content/law/tests/test_numbers.py` fails when a seeded
page, kit, term or paper states one that isn't here, or names no source where sources differ.

| number | source | for the lawyer |
|---|---|---|"""
FOOT = """No lawyer has confirmed any of them yet. Hours of helplines carry the source of their line
(`content/data/hotlines.json`). What editors write is listed in `/cms/`, *Reports*, *Numbers for the lawyer*."""
