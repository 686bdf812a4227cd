"""How hard a text is to read. A warning, never more: a number doesn't know what a reader needs.

LIX (Björnsson 1968): words in a sentence + percentage of words longer than six letters. It needs no list of syllables
and no dictionary, which is why it serves Albanian too. Albanian words carry their articles as endings, so the same
plain text scores higher there than in English. The limits are ours, set by the site's first texts, and no science.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from ...extract import PageParts, prose
from ..facts import CheckContext
from ..findings import Finding

LIMITS = {"sq": 42, "en": 34}
MAX_SENTENCE_WORDS = 28
MIN_WORDS = 60  # below that the number says nothing
LONG_WORD = 6
WORD = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")
END = re.compile(r"(?<=[.!?…])[\s\"”»)]+|\n+|[;:]\s")


@dataclass(frozen=True)
class Readability:
    words: int
    sentences: int
    lix: int | None


def sentences_in(texts: Iterator[str]) -> list[str]:
    return [part for text in texts for part in END.split(text) if part and WORD.search(part)]


def readability(pieces: PageParts) -> Readability:
    sentences = sentences_in(prose(pieces))
    words = [word for sentence in sentences for word in WORD.findall(sentence)]
    if len(words) < MIN_WORDS:
        return Readability(len(words), len(sentences), None)
    long = sum(len(word) > LONG_WORD for word in words)
    return Readability(len(words), len(sentences), round(len(words) / len(sentences) + 100 * long / len(words)))


def check(pieces: PageParts, facts: CheckContext) -> Iterator[Finding]:
    score, limit = readability(pieces).lix, LIMITS.get(facts.language, LIMITS["sq"])
    if score is not None and score > limit:
        words = _("Hard to read (%(score)s, aim for %(limit)s or less): shorter sentences, shorter words.")
        yield Finding("hard", words % {"score": score, "limit": limit}, str(_("the whole text")))
    for each in pieces.words:
        if not each.is_prose:
            continue
        for sentence in sentences_in(iter([each.text])):
            count = len(WORD.findall(sentence))
            if count > MAX_SENTENCE_WORDS:
                advice = _("A sentence of %(count)s words. Split it in two.") % {"count": count}
                yield Finding("long_sentence", advice, each.place, sentence[:80] + "…")
