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
    for notice in notices:
        if notice.needs_document and not notice.is_drill and has_protocol_number(notice.role):
            wanted.setdefault(timezone.localtime(notice.owed_at).year, []).append(notice)
    for year, those in sorted(wanted.items()):
        if _find_without(those):
            _assign(year, those)


def _assign(year: int, notices: Sequence[Notice]) -> None:
    counter = ProtocolYear.objects.select_for_update().filter(year=year).first()
    if counter is None:
        ProtocolYear.objects.get_or_create(year=year)
        counter = ProtocolYear.objects.select_for_update().get(year=year)
    # Whoever waited for the counter may find that the other one has done it.
    without = _find_without(notices)
    numbered = [ProtocolNumber(notice=each, year=year, number=counter.last + n) for n, each in enumerate(without, 1)]
    counter.last += len(without)
    counter.save(update_fields=["last"])
    ProtocolNumber.objects.bulk_create(numbered)


def _find_without(notices: Sequence[Notice]) -> list[Notice]:
    have = set(ProtocolNumber.objects.filter(notice__in=notices).values_list("notice", flat=True))
    return [notice for notice in notices if notice.pk not in have]


def get_protocol_number(notice: Notice) -> str:
    """Return "17/2026", or "" for a notice without one."""
    found = ProtocolNumber.objects.filter(notice=notice).first()
    return str(found) if found is not None else ""
