"""The protocol number of an official paper: counted for each year without a gap, telling neither region nor name.

Which roles' papers have one is data (`data/papers.json`). It is given in the transaction that makes the notice, so a
number is never given to something that doesn't exist. Drills have none.
"""

from collections.abc import Sequence

from django.utils import timezone

from notifications.outbox.models import Notice

from .models import ProtocolNumber, ProtocolYear
from .papers import has_protocol_number


def assign_protocol_numbers(notices: Sequence[Notice]) -> None:
    """Give each of these that has none the next number of its year, in their order. None for papers without.

    The caller is in a transaction; numbers of one year wait for each other in it, so call it late.
    """
    wanted: dict[int, list[Notice]] = {}
    # Two rules of one decision may notify the same recipient: that is one notice, and one paper.
    for notice in {each.pk: each for each in notices}.values():
        if notice.needs_document and not notice.is_drill and has_protocol_number(notice.role):
            wanted.setdefault(timezone.localtime(notice.owed_at).year, []).append(notice)
    for year, those in sorted(wanted.items()):
        _assign(year, those)


def _assign(year: int, notices: Sequence[Notice]) -> None:
    # Whoever else counts in this year waits from here on until this transaction ends.
    counter, _is_new = ProtocolYear.objects.select_for_update().get_or_create(year=year)
    have = set(ProtocolNumber.objects.filter(notice__in=notices).values_list("notice", flat=True))
    without = [notice for notice in notices if notice.pk not in have]
    numbers = range(counter.last + 1, counter.last + 1 + len(without))
    ProtocolNumber.objects.bulk_create(
        ProtocolNumber(notice=each, year=year, number=number) for each, number in zip(without, numbers, strict=True)
    )
    counter.last += len(without)
    counter.save(update_fields=["last"])


def get_protocol_number(notice: Notice) -> str:
    """Return "17/2026", or "" for a notice without one."""
    found = ProtocolNumber.objects.filter(notice=notice).first()
    return str(found) if found is not None else ""
