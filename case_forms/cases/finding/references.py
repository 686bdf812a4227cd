"""Cases whose reference is like what somebody typed: the beginning of one, or one with a slip of the pen.

Only among cases that the person may open, so it says nothing that their lists don't.
"""

from collections.abc import Iterator

from django.db.models import Q

from access.models import User
from access.short_lists import ShortList, shorten

from ..models import REFERENCE_ALPHABET, Case
from .links import normalize_reference

MIN_LETTERS = 3
MAX_LIKE = 10
LAST_LETTER = "\uffff"  # after every letter of a reference


def find_alike(typed: str, user: User) -> ShortList[Case]:
    """Return the person's cases with a reference like this one, the newest first, at most MAX_LIKE."""
    written = normalize_reference(typed)
    if len(written) < MIN_LETTERS:
        return ShortList()
    begins = Q(reference__gte=written, reference__lt=written + LAST_LETTER)
    alike = Case.objects.seen_now_by(user).filter(begins | Q(reference__in=set(_iter_slips(written))))
    return shorten(alike.select_related("unit", "municipality").order_by("-opened_at", "-pk"), MAX_LIKE)


def _iter_slips(written: str) -> Iterator[str]:
    """Yield what it would be with one letter changed, too many, left out, or two neighbours exchanged."""
    for place in range(len(written) + 1):
        before, after = written[:place], written[place:]
        yield from (before + letter + after for letter in REFERENCE_ALPHABET)
        if after:
            yield before + after[1:]
            yield from (before + letter + after[1:] for letter in REFERENCE_ALPHABET)
        if len(after) > 1:
            yield before + after[1] + after[0] + after[2:]
