"""Turn what somebody types into search terms: stop words left out, endings taken off, synonyms beside each word.

Nothing of it is stored, in no cache either: what is kept are the words of editors.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from wagtail.models import Locale

from .fulltext import Term
from .models.search import SearchSynonyms
from .stems import MIN_STEM, build_forms, fold, is_same_word, stem

WORD = re.compile(r"[^\W_]+")
MAX_TYPED = 24  # words looked at
MAX_WORDS = 6  # words looked for
MAX_MEANINGS = 24  # synonyms of one word
PREFIX_FROM = 3  # letters; shorter words are looked for as they are
STOP_WORDS = Path(__file__).parent / "data" / "stop_words.json"


@dataclass(frozen=True)
class SearchQuery:
    """A question, prepared for the search.

    `groups`: for each word what may stand for it in a page. `keys`: for each word its stem and those of its synonyms,
    folded. `language`: in which the editors' lines are read.
    """

    groups: tuple[tuple[Term, ...], ...]
    keys: tuple[frozenset[str], ...]
    language: str

    def fits(self, line: str) -> int:
        """Return how many words of an editor's line were typed: all, or 0."""
        wanted = [_read_editors(word, self.language)[1] for word in get_content_words(line, self.language)]
        return len(wanted) if wanted and all(self._has(key) for key in wanted) else 0

    def _has(self, wanted: str) -> bool:
        return any(is_same_word(wanted, key) for keys in self.keys for key in keys)


def parse_query(words: str, locale: Locale) -> SearchQuery:
    language = locale.language_code
    typed = get_content_words(words, language)[:MAX_WORDS]
    meanings = _get_synonym_groups(locale) if typed else []
    groups, keys = [], []
    for word in typed:
        others = _get_synonyms(word, language, meanings)
        groups.append(tuple(dict.fromkeys(_iter_terms([word, *others], language))))
        keys.append(frozenset(_key(each, language) for each in [word, *others]))
    return SearchQuery(tuple(groups), tuple(keys), language)


def get_content_words(words: str, language: str) -> list[str]:
    """Return the words that carry meaning, in their order, each once; all of them where none does."""
    found = [*dict.fromkeys(WORD.findall(words.lower())[:MAX_TYPED])]
    return [word for word in found if fold(word) not in load_stop_words(language)] or found


@cache
def load_stop_words(language: str) -> frozenset[str]:
    """Return the stop words of this language, folded."""
    words = json.loads(STOP_WORDS.read_text(encoding="utf-8")).get(language, "")
    return frozenset(fold(word) for word in words.split())


def _get_synonym_groups(locale: Locale) -> list[list[str]]:
    return [*SearchSynonyms.objects.filter(locale=locale).values_list("words", flat=True)]


def _get_synonyms(word: str, language: str, meanings: Iterable[list[str]]) -> list[str]:
    """Return the synonyms of this word or one of its forms."""
    mine, plain = _key(word, language), fold(word)
    found = []
    for group in meanings:
        known = (_read_editors(each, language) for each in group)
        if any(plain == folded or is_same_word(mine, key) for folded, key in known):
            found += [each.lower() for each in group]
    return [*dict.fromkeys(found)][:MAX_MEANINGS]


def _key(word: str, language: str) -> str:
    return fold(stem(word, language))


@lru_cache(maxsize=4096)
def _read_editors(word: str, language: str) -> tuple[str, str]:
    """Return an editor's word, folded, and its key. Each search reads some hundred of them; none that was typed."""
    return fold(word), _key(word, language)


def _iter_terms(words: Iterable[str], language: str) -> Iterable[Term]:
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
            yield from (Term(form, False) for form in build_forms(beginning, language))
