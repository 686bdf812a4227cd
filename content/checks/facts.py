"""What the checks need to know besides the page: the lines, the words to avoid, and what its links lead to."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils import timezone
from wagtail.documents import get_document_model
from wagtail.models import Page

from ..models import Hotline
from .pieces import Pieces
from .words import Avoided, avoided_in


def get_digits(number: str) -> str:
    """`+355 4 ...`, `00355 4 ...` and `04 ...` are the same line."""
    digits = "".join(each for each in number if each.isdigit())
    if number.strip().startswith("+355") or digits.startswith("00355"):
        digits = "0" + digits.removeprefix("00").removeprefix("355")
    return digits


@dataclass(frozen=True)
class Facts:
    """For pages of one language. `numbers`: digits of every line -> whether readers see it now."""

    numbers: dict[str, bool]
    avoided: tuple[Avoided, ...]
    loud: tuple[Avoided, ...]
    live_pages: frozenset[str] = frozenset()
    known_pages: frozenset[str] = frozenset()
    documents: frozenset[str] = frozenset()
    language: str = field(default="sq")


def facts_for(language: str, pieces: Iterable[Pieces]) -> Facts:
    """In five queries, however many pages of this language are looked at."""
    targets: dict[str, set[str]] = {"page": set(), "document": set()}
    for each in pieces:
        for kind, target, _text, _place in each.links:
            if kind in targets and target.isdigit():
                targets[kind].add(target)
    found = dict(Page.objects.filter(pk__in=targets["page"]).values_list("pk", "live"))
    documents = get_document_model().objects.filter(pk__in=targets["document"]).values_list("pk", flat=True)
    avoided, loud = avoided_in(language)
    return Facts(
        numbers=_numbers(),
        avoided=avoided,
        loud=loud,
        live_pages=frozenset(str(pk) for pk, live in found.items() if live),
        known_pages=frozenset(str(pk) for pk in found),
        documents=frozenset(str(pk) for pk in documents),
        language=language,
    )


def _numbers() -> dict[str, bool]:
    today = timezone.localdate()
    known: dict[str, bool] = {}
    for line in Hotline.objects.exclude(number=""):
        digits = get_digits(line.number)
        known[digits] = known.get(digits, False) or line.is_shown(today)
    return known
