"""The rules of the page checks: each takes the page's parts and the context, and yields findings.

Headings, the quality of alt texts and how hard a text is to read are Wagtail's own content checks (docs/adr/0089).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.translation import gettext_lazy as _

from ..extract import PageParts
from ..phone_numbers import find_numbers, get_digits
from .context import CheckContext

STOP = "stop"
WARN = "warn"
WEIGHTS = {STOP: _("can't be published"), WARN: _("look again")}


@dataclass(frozen=True)
class Finding:
    """One thing to look at. `words` says what it is and how to correct it, `excerpt` where to find it."""

    code: str
    words: Any
    place: str
    excerpt: str = ""
    weight: str = WARN

    @property
    def stops(self) -> bool:
        return self.weight == STOP

    def __str__(self) -> str:
        shown = f"{self.place}: {self.words}"
        return f"{shown} ({self.excerpt})" if self.excerpt else shown


PHONE_SCHEMES = ("tel:", "sms:", "callto:", "whatsapp:")
EMPTY_LINK_TEXTS = {
    "këtu",
    "klikoni këtu",
    "kliko këtu",
    "lexo më shumë",
    "here",
    "click here",
    "read more",
    "more",
    "link",
}
MAX_SENTENCE_WORDS = 28
WORD = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")
SENTENCE_END = re.compile(r"(?<=[.!?…])[\s\"”»)]+|\n+|[;:]\s")


def check_numbers(parts: PageParts, context: CheckContext) -> Iterator[Finding]:
    """Find telephone numbers in running text, where they can't disappear by themselves."""
    # Not in slugs: `extract` writes spaces for their hyphens, so digits in them would look like a number to call.
    for each in [*parts.words, *(seen for seen in parts.seen if not seen.is_address)]:
        for number in find_numbers(each.text, known=context.numbers):
            yield _build_number_finding(number, each.place, context)
    for kind, target, _text, place in parts.links:
        if kind == "address" and target.lower().startswith(PHONE_SCHEMES):
            yield _build_number_finding(target.partition(":")[2], place, context)


def _build_number_finding(number: str, place: str, context: CheckContext) -> Finding:
    # True: readers see the hotline now; False: they don't; None: nobody has entered it.
    shown = context.numbers.get(get_digits(number))
    if shown:
        words = _("A telephone number in the text. Use the block “Helpline”: it disappears when it must.")
        return Finding("number_in_text", words, place, number, WARN)
    if shown is None:
        words = _("Nobody has verified this number. Enter it under “Helplines”, or remove it.")
    else:
        words = _("This helpline may not be shown to readers now. Remove the number, or have the helpline tested.")
    return Finding("unverified_number", words, place, number, STOP)


def check_hotlines(parts: PageParts, context: CheckContext) -> Iterator[Finding]:
    """Find blocks of hotlines that readers don't see."""
    for hotline, place in parts.hotlines:
        if hotline is None:
            yield Finding(
                "line_gone",
                _("No helpline is chosen here, or it was deleted. Choose one or remove the block."),
                place,
            )
        elif not hotline.is_shown():
            words = _(
                "Readers can't see this helpline now: “show to readers” isn't set to yes, or it hasn't been tested "
                "recently."
            )
            yield Finding("line_hidden", words, place, str(hotline))


def check_pictures(parts: PageParts, context: CheckContext) -> Iterator[Finding]:
    """Find pictures without words for those who don't see them."""
    for alt, _image, place in parts.pictures:
        if not alt:
            yield Finding("no_alt", _("Say in words what the picture shows."), place, weight=STOP)


def check_speaker(parts: PageParts, context: CheckContext) -> Iterator[Finding]:
    """Find a text in another language whose words nobody who speaks it has read."""
    for place in parts.unread:
        words = _("Nobody who speaks this language has read exactly these words. Write who has, and on which day.")
        yield Finding("unread", words, place, weight=STOP)


def check_words(parts: PageParts, context: CheckContext) -> Iterator[Finding]:
    """Find words that hurt, frighten or label, and words that give a reader away in the browser's history."""
    for each in parts.words:
        for avoided in context.avoided:
            for found in avoided.pattern.findall(each.text):
                yield Finding("word", _with_advice(_("Avoid this word."), avoided.advice), each.place, found)
    for each in parts.seen:
        for loud in context.loud:
            for found in loud.pattern.findall(each.text):
                words = _("This stays in the history of the reader's phone. Use discreet words.")
                yield Finding("loud", _with_advice(words, loud.advice), each.place, found)


def _with_advice(words: object, advice: str) -> str:
    return f"{words} → {advice}" if advice else str(words)


def check_links(parts: PageParts, context: CheckContext) -> Iterator[Finding]:
    """Find links that lead nowhere. Other sites are never asked: only how their address is written can be checked."""
    for kind, target, text, place in parts.links:
        words = _get_link_problem(kind, target, context)
        if words is not None:
            yield Finding("link", words, place, text or target)
        elif text.lower() in EMPTY_LINK_TEXTS:
            yield Finding("link_text", _("Make the link text say where it leads."), place, text)


def _get_link_problem(kind: str, target: str, context: CheckContext) -> object | None:
    if kind == "page":
        if target not in context.known_pages:
            return _("The link leads to a page that was deleted.")
        return None if target in context.live_pages else _("The link leads to a page that readers can't see.")
    if kind == "document" and target in context.withheld:
        return _("The link leads to a file that can’t be cleaned, so readers don’t get it. Upload another one.")
    if kind == "document":
        return None if target in context.documents else _("The link leads to a file that was deleted.")
    return _get_address_problem(target)


def _get_address_problem(address: str) -> object | None:
    lowered = address.strip().lower()
    # Numbers in links are `check_numbers`' business; an anchor stays on the page.
    if lowered.startswith((*PHONE_SCHEMES, "#")):
        return None
    if lowered.startswith("mailto:"):
        try:
            # A subject may follow the address: mailto:a@b.al?subject=...
            EmailValidator()(address.strip()[7:].partition("?")[0])
        except ValidationError:
            return _("This e-mail address is not valid.")
        return None
    try:
        parts = urlsplit(address.strip())
        host = parts.hostname or ""
    # urlsplit raises for brackets that don't belong to an IPv6 address.
    except ValueError:
        return _("This address is not valid.")
    if not parts.scheme and not host:
        return _("Link to our own pages by choosing them, so that the link still works when they move.")
    if parts.scheme == "http":
        return _("Use https:// so that nobody can read along on the way.")
    if parts.scheme != "https" or "." not in host or " " in address.strip():
        return _("This address is not valid.")
    return None


def check_files(parts: PageParts, context: CheckContext) -> Iterator[Finding]:
    """Find films, recordings, documents and pictures that a block requires and doesn't have."""
    for place in parts.missing:
        yield Finding(
            "file_gone", _("No file is chosen here, or it was deleted. Choose one or remove the block."), place
        )


def check_sentences(parts: PageParts, context: CheckContext) -> Iterator[Finding]:
    """Find long sentences. A warning, never more: a number doesn't know what a reader needs."""
    for each in parts.words:
        if not each.is_prose:
            continue
        for sentence in SENTENCE_END.split(each.text):
            count = len(WORD.findall(sentence or ""))
            if count > MAX_SENTENCE_WORDS:
                advice = _("A sentence of %(count)s words. Split it in two.") % {"count": count}
                yield Finding("long_sentence", advice, each.place, sentence[:80] + "…")


RULES = (
    check_numbers,
    check_hotlines,
    check_pictures,
    check_speaker,
    check_words,
    check_links,
    check_files,
    check_sentences,
)
# What these find stops a publication: a wrong number sends somebody in danger to a stranger (docs/adr/0020, 0021).
STOPPING = (check_numbers, check_pictures, check_speaker)
