"""Build the context that the checks need besides the page: hotlines, words to avoid, and targets of links."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils import timezone
from wagtail.documents import get_document_model
from wagtail.models import Page

from access.languages import DEFAULT_LANGUAGE

from ..extract import PageParts
from ..models import ExaminedFile, Hotline
from ..phone_numbers import get_digits
from .models import WordsToAvoid
from .words import AvoidedWord, parse_word_list


@dataclass(frozen=True)
class CheckContext:
    """The context for pages of one language. `numbers`: digits of every hotline -> whether readers see it now."""

    numbers: dict[str, bool]
    avoided: tuple[AvoidedWord, ...]
    loud: tuple[AvoidedWord, ...]
    live_pages: frozenset[str] = frozenset()
    known_pages: frozenset[str] = frozenset()
    documents: frozenset[str] = frozenset()
    withheld: frozenset[str] = frozenset()  # documents that can't be cleaned, which readers aren't given
    language: str = field(default=DEFAULT_LANGUAGE)


def build_check_context(language: str, parts: Iterable[PageParts]) -> CheckContext:
    """Build the context in six queries, however many pages of this language are checked."""
    targets: dict[str, set[str]] = {"page": set(), "document": set()}
    for each in parts:
        for kind, target, _text, _place in each.links:
            if kind in targets and target.isdigit():
                targets[kind].add(target)
    found = dict(Page.objects.filter(pk__in=targets["page"]).values_list("pk", "live"))
    documents = dict(get_document_model().objects.filter(pk__in=targets["document"]).values_list("pk", "file_hash"))
    uncleaned = ExaminedFile.objects.filter(file_hash__in=documents.values()).exclude(problem="")
    refused = set(uncleaned.values_list("file_hash", flat=True))
    avoided, loud = _get_words_to_avoid(language)
    return CheckContext(
        numbers=_get_hotline_numbers(),
        avoided=avoided,
        loud=loud,
        live_pages=frozenset(str(pk) for pk, live in found.items() if live),
        known_pages=frozenset(str(pk) for pk in found),
        documents=frozenset(str(pk) for pk in documents),
        withheld=frozenset(str(pk) for pk, file_hash in documents.items() if file_hash in refused),
        language=language,
    )


def _get_hotline_numbers() -> dict[str, bool]:
    today = timezone.localdate()
    known: dict[str, bool] = {}
    for line in Hotline.objects.exclude(number=""):
        digits = get_digits(line.number)
        # Two hotlines may have one number; it may stand in a text as long as one of them is shown.
        known[digits] = known.get(digits, False) or line.is_shown(today)
    return known


def _get_words_to_avoid(language: str) -> tuple[tuple[AvoidedWord, ...], tuple[AvoidedWord, ...]]:
    """Return (words to avoid anywhere, words to avoid where a browser's history shows them)."""
    stored = WordsToAvoid.objects.first() or WordsToAvoid()
    anywhere, in_history = (parse_word_list(getattr(stored, f"{kind}_{language}", "")) for kind in ("avoid", "loud"))
    return anywhere, in_history
