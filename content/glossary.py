"""Mark glossary terms in running text, each where it first occurs on a page (docs/adr/0019).

Runs in every rendering that isn't cached, so it looks words up in a table instead of trying each form as a pattern.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from operator import itemgetter
from typing import Protocol, TypeVar

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

WORD = re.compile(r"(?<![\w&])\w+")
TAG = re.compile(r"(<[^>]*>)")
TAG_NAME = re.compile(r"</?([a-z][a-z0-9]*)")
# Nothing is marked within these: a heading names a part, and a link or button leads somewhere already.
UNMARKED_TAGS = frozenset({"a", "button", "h1", "h2", "h3", "h4", "h5", "h6", "summary", "label", "code"})
BETWEEN_PARAGRAPHS = re.compile(r"</(?:p|li)>\s*(?=<(?:p|li)\b)")
BLOCK_TAGS = re.compile(r"</?(?:p|ul|ol|li|div|h[1-6])\b[^>]*>")

# As Wagtail stores them: a page is linked to by its id, everything else by an address or as another kind.
OTHER_LINK = re.compile(r"""<a\b(?!(?![^>]*\bhref\s*=)[^>]*\blinktype\s*=\s*["']?page\b)[^>]*>""", re.IGNORECASE)


@dataclass(frozen=True)
class GlossaryEntry:
    """A term with its explanation as it may stand within a sentence."""

    slug: str
    term: str
    definition: str  # safe HTML, links not yet resolved


@dataclass(frozen=True)
class TermForm:
    text: str  # lower case, escaped as in HTML text
    explained: GlossaryEntry
    has_capitals: bool


@dataclass(frozen=True)
class Glossary:
    """The terms of one language: for each first word the forms that begin with it, the longest first."""

    forms: dict[str, tuple[TermForm, ...]]
    terms: tuple[GlossaryEntry, ...]

    def look_up(self, words: str) -> GlossaryEntry | None:
        """Return the term that is written like this, in any of its forms."""
        text = _fold(" ".join(words.split()))
        first = WORD.search(text)
        candidates = self.forms.get(first[0], ()) if first else ()
        return next((form.explained for form in candidates if form.text == text), None)


@lru_cache(maxsize=16)
def build_glossary(rows: tuple[tuple[str, str, str, tuple[str, ...]], ...]) -> Glossary:
    """Build the table from (slug, term, definition, other forms) of each term; cached until a term changes."""
    found: dict[str, dict[str, TermForm]] = {}
    terms = []
    for slug, term, definition, forms in rows:
        explained = GlossaryEntry(slug, term, _strip_blocks(unlink_other_sites(definition)))
        terms.append(explained)
        for form in (term, *forms):
            text = _fold(" ".join(str(form).split()))
            if first := WORD.search(text):
                found.setdefault(first[0], {}).setdefault(
                    text, TermForm(text, explained, str(form) != str(form).lower())
                )
    # The longest first: "viktimë e trafikimit" must win over "viktimë".
    by_length = {
        first: tuple(sorted(forms.values(), key=lambda form: -len(form.text))) for first, forms in found.items()
    }
    return Glossary(by_length, tuple(terms))


def unlink_other_sites(html: str) -> str:
    """Unlink every link that doesn't lead to a page of ours; its words stay.

    What is stored may be older than the rule.
    """
    return OTHER_LINK.sub("<a>", html)


def _fold(text: str) -> str:
    return escape(text, quote=False).lower()


def _strip_blocks(html: str) -> str:
    """Remove paragraphs and lists, which can't stand within a paragraph."""
    return BLOCK_TAGS.sub("", BETWEEN_PARAGRAPHS.sub(" ", html)).strip()


class TermMarker:
    """Marker of terms in the texts of one page; remembers which it has marked."""

    def __init__(self, glossary: Glossary, *, page_of_words: str = "") -> None:
        self.glossary = glossary
        self.page_of_words = page_of_words
        self.marked: set[str] = set()

    def mark(self, html: str) -> str:
        """Return the text with each term marked where it first occurs on the page, and only there."""
        if not self.glossary.forms:
            return html
        parts = TAG.split(html)
        closed = 0
        for number, part in enumerate(parts):
            if number % 2:
                name = TAG_NAME.match(part)
                if name and name[1] in UNMARKED_TAGS:
                    # Never below zero: a stray closing tag in an editor's text must not unlock what stands in a link.
                    closed = max(0, closed - 1) if part.startswith("</") else closed + 1
            elif not closed and part:
                parts[number] = self._marked_text(part)
        return "".join(parts)

    def _marked_text(self, text: str) -> str:
        small = text.lower()
        if len(small) != len(text):  # a letter whose lower case is longer: positions would no longer agree
            return text
        found, reached = [], 0
        for word in WORD.finditer(small):
            # Part of a longer term that was marked just now.
            if word.start() < reached:
                continue
            form = self._form_at(small, word)
            if form is None:
                continue
            end = word.start() + len(form.text)
            if not form.has_capitals and _is_a_name(text, word.start(), end):
                continue
            self.marked.add(form.explained.slug)
            found += [text[reached : word.start()], self._note(text[word.start() : end], form.explained)]
            reached = end
        return "".join([*found, text[reached:]]) if found else text

    def _form_at(self, small: str, word: re.Match[str]) -> TermForm | None:
        for form in self.glossary.forms.get(word[0], ()):
            end = word.start() + len(form.text)
            if (
                form.explained.slug not in self.marked
                and small.startswith(form.text, word.start())
                # The form must end where a word ends; "punë" isn't marked in "punëdhënësi".
                and not (end < len(small) and (small[end].isalnum() or small[end] == "_"))
            ):
                return form
        return None

    def _note(self, shown: str, explained: GlossaryEntry) -> SafeString:
        """Return a button that opens the explanation by the browser alone; old browsers show it in brackets.

        The words are the button's label, because a button is one box: it can't break within a line as words do.
        """
        more = (
            format_html('<a href="{}#{}">{}</a>', self.page_of_words, explained.slug, _("Full glossary"))
            if self.page_of_words
            else ""
        )
        return format_html(
            '<button type="button" class="term-open visually-hidden" id="e-{slug}" popovertarget="w-{slug}" '
            'aria-label="{name}"></button><label class="term" for="e-{slug}" aria-hidden="true">{shown}</label>'
            '<span class="term-note" id="w-{slug}" popover><strong class="term-name">{term}</strong>'
            '<span class="term-text">{definition}</span><span class="term-more">{more}'
            '<button type="button" class="btn btn-small" popovertarget="w-{slug}" popovertargetaction="hide">{close}'
            "</button></span></span>",
            slug=explained.slug,
            shown=mark_safe(shown),  # noqa: S308 (a piece of the text it stands in, escaped as that is)
            name=mark_safe(shown.replace('"', "&quot;")),  # noqa: S308 (as above, and no end of the attribute)
            term=explained.term,
            definition=mark_safe(explained.definition),  # noqa: S308 (an editor's rich text)
            more=more,
            close=_("Close"),
        )


def _is_a_name(text: str, start: int, end: int) -> bool:
    """Return whether it is written with capitals where the word has none.

    Then it is part of a name ("Linja e Këshillimit"), which means itself.
    """
    shown = text[start:end]
    if shown[1:] != shown[1:].lower():
        return True
    before = text[:start].rstrip()[-1:]
    return shown[0].isupper() and (before.isalnum() or before == ",")


class HasTerm(Protocol):
    """What is sorted by the alphabet: a GlossaryTerm."""

    term: str


T = TypeVar("T", bound=HasTerm)
# In Albanian digraphs such as "dh" are one letter each, with a place of their own in the alphabet.
ALBANIAN = ["a", "b", "c", "ç", "d", "dh", "e", "ë", "f", "g", "gj", "h", "i", "j", "k", "l", "ll", "m", "n", "nj", "o"]
ALBANIAN += ["p", "q", "r", "rr", "s", "sh", "t", "th", "u", "v", "x", "xh", "y", "z", "zh"]
ENGLISH = list("abcdefghijklmnopqrstuvwxyz")
ALPHABETS = {"sq": ALBANIAN, "en": ENGLISH}


def group_by_letter(terms: Iterable[T], language: str) -> list[tuple[str, list[T]]]:
    """Group terms under their first letter, in the order of the language's alphabet."""
    alphabet = {letter: place for place, letter in enumerate(ALPHABETS.get(language, ENGLISH))}
    letters: dict[str, list[T]] = {}
    for word, term in sorted(((_letters(term.term, alphabet), term) for term in terms), key=itemgetter(0)):
        letters.setdefault(word[0][1].upper() if word else "", []).append(term)
    return list(letters.items())


def _letters(word: str, alphabet: dict[str, int]) -> list[tuple[int, str]]:
    """Return the word's letters with their places in the alphabet; what is no letter of it comes last."""
    small, found, at = word.lower(), [], 0
    while at < len(small):
        width = 2 if small[at : at + 2] in alphabet else 1
        letter = small[at : at + width]
        found.append((alphabet.get(letter, len(alphabet)), letter))
        at += width
    return found
