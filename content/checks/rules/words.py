"""Words that hurt, frighten or label, and words that give a reader away in the browser's history."""

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from ...extract import PageParts
from ..facts import CheckContext
from ..findings import Finding


def check(pieces: PageParts, facts: CheckContext) -> Iterator[Finding]:
    for each in pieces.words:
        for avoided in facts.avoided:
            for found in avoided.pattern.findall(each.text):
                yield Finding("word", _with_advice(_("Avoid this word."), avoided.advice), each.place, found)
    for each in pieces.seen:
        for loud in facts.loud:
            for found in loud.pattern.findall(each.text):
                words = _("This stays in the history of the reader's phone. Use discreet words.")
                yield Finding("loud", _with_advice(words, loud.advice), each.place, found)


def _with_advice(words: object, advice: str) -> str:
    return f"{words} → {advice}" if advice else str(words)
