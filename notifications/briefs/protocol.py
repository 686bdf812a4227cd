"""The protocol number of an official paper: counted for each year without a gap, telling neither region nor name.

Which roles' papers have one is data (`data/papers.json`). It is given in the transaction that makes the notice, so a
number is never given to something that doesn't exist. Drills have none.
"""

from django.utils import timezone

from notifications.outbox.models import Notice

from .models import ProtocolNumber, ProtocolYear
from .papers import has_protocol_number


def assign_protocol_number(notice: Notice) -> ProtocolNumber | None:
    """Give this notice the next number of its year, or return the one it has. None for papers without.

    The caller is in a transaction; numbers of one year wait for each other in it.
    """
    if notice.is_drill or not notice.needs_document or not has_protocol_number(notice.role):
        return None
    found = ProtocolNumber.objects.filter(notice=notice).first()
    if found is not None:
        return found
    year = timezone.localtime(notice.owed_at).year
    ProtocolYear.objects.get_or_create(year=year)
    counter = ProtocolYear.objects.select_for_update().get(year=year)
    # Whoever waited for the counter may find that the other one has done it.
    found = ProtocolNumber.objects.filter(notice=notice).first()
    if found is not None:
        return found
    counter.last += 1
    counter.save(update_fields=["last"])
    return ProtocolNumber.objects.create(notice=notice, year=year, number=counter.last)


def get_protocol_number(notice: Notice) -> str:
    """Return "17/2026", or "" for a notice without one."""
    found = ProtocolNumber.objects.filter(notice=notice).first()
    return str(found) if found is not None else ""
