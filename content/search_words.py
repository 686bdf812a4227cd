"""Turn what somebody types into search terms: stop words left out, endings taken off, synonyms beside each word.

Nothing of it is stored.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from wagtail.models import Locale

from .fulltext import Term
from .models.search import SearchSynonyms
from .stems import MIN_STEM, folded, forms, same, stem

WORD = re.compile(r"[^\W_]+")
MAX_TYPED = 24  # words looked at
MAX_WORDS = 6  # words looked for
MAX_MEANINGS = 24  # synonyms of one word
PREFIX_FROM = 3  # letters; shorter words are looked for as they are
STOP_WORDS = Path(__file__).parent / "data" / "stop_words.json"


@dataclass(frozen=True)
class Asked:
    """A question, prepared for the search.

    `groups`: for each word what may stand for it in a page. `keys`: for each word its stem and those of its synonyms,
    folded. `language`: in which the editors' lines are read.
    """

    groups: tuple[tuple[Term, ...], ...]
    keys: tuple[frozenset[str], ...]
    language: str

    def fits(self, line: str) -> int:
        """Return how many words of an editor's line were typed: all, or 0."""
        wanted = [_key(word, self.language) for word in content_words(line, self.language)]
        return len(wanted) if wanted and all(self._has(key) for key in wanted) else 0

    def _has(self, wanted: str) -> bool:
        return any(same(wanted, key) for keys in self.keys for key in keys)


def asked_for(words: str, locale: Locale) -> Asked:
    language = locale.language_code
    typed = content_words(words, language)[:MAX_WORDS]
    meanings = _meanings(locale) if typed else []
    groups, keys = [], []
    for word in typed:
        others = _others(word, language, meanings)
        groups.append(tuple(dict.fromkeys(_terms([word, *others], language))))
        keys.append(frozenset(_key(each, language) for each in [word, *others]))
    return Asked(tuple(groups), tuple(keys), language)


def content_words(words: str, language: str) -> list[str]:
    """Return the words that carry meaning, in their order, each once; all of them where none does."""
    found = [*dict.fromkeys(WORD.findall(words.lower())[:MAX_TYPED])]
    return [word for word in found if folded(word) not in stop_words(language)] or found


@cache
def stop_words(language: str) -> frozenset[str]:
    """Return the stop words of this language, folded."""
    said = json.loads(STOP_WORDS.read_text(encoding="utf-8")).get(language, "")
    return frozenset(folded(word) for word in said.split())


def _meanings(locale: Locale) -> list[list[str]]:
    return [*SearchSynonyms.objects.filter(locale=locale).values_list("words", flat=True)]


def _others(word: str, language: str, meanings: Iterable[list[str]]) -> list[str]:
    """Return the synonyms of this word or one of its forms."""
    mine, plain = _key(word, language), folded(word)
    found = []
    for group in meanings:
        if any(plain == folded(each) or same(mine, _key(each, language)) for each in group):
            found += [each.lower() for each in group]
    return [*dict.fromkeys(found)][:MAX_MEANINGS]


def _key(word: str, language: str) -> str:
    return folded(stem(word, language))


def _terms(words: Iterable[str], language: str) -> Iterable[Term]:
    for word in words:
        # Synonyms are typed by editors; anything but letters and digits would be syntax in the full-text query.
        clean = "".join(WORD.findall(word))
        if not clean:
            continue
        yield Term(clean, len(clean) >= PREFIX_FROM)
        beginning = stem(clean, language)
        if beginning == clean:
            continue
        if len(beginning) > MIN_STEM:
            yield Term(beginning)
        else:
            # A stem of three letters as a beginning would find half the dictionary.
            yield from (Term(form, False) for form in forms(beginning, language))
